// The translator of chapter 6 in the page: utils/transformers/stack.py and translator.py, one
// sentence at a time, and its stack for other networks. Weights carry the names that PyTorch gives them.
//
// A stack is {weights, name, ...}: its name among the weights, and what
// utils/explorers/packed_transformers.py says of its architecture.
//
// There is no mask: the encoder sees all of its one sentence, and the decoder reads token by token,
// so that nothing later is there to be seen.

import { scaledDotScores, weightedMean } from "./attention.js";
import { writeGreedily } from "./greedy.js";
import { sineCode, turnedVector } from "./positions.js";
import { linear, relu, row, softmax } from "./tensors.js";

const EPSILON = 1e-5; // of layer normalisation, as torch.nn.LayerNorm has it

/**
 * Translate by taking the likeliest token at every step. `network` is what
 * utils/explorers/packed_transformers.py packed, its weights read; `source` are token ids. Returns
 *   encoded: {outputs, weights, source}: a vector for each token; what all heads looked at,
 *     [layer][query][head][key]; and of each layer of the decoder the source's {keys, values}.
 *   steps, finished: as writeGreedily() does; a step has besides
 *     cache: of each layer {keys, values}, one of each for every token that was read, the new one
 *       last, each cut into heads;
 *     heads, sourceHeads: what this step looked at, [layer][head][key], of the tokens that it had
 *       read and of the source.
 */
export function translateByTransformer({ weights, encoder, decoder }, source, { longest }) {
  const reader = { weights, name: "encoder.stack", ...encoder };
  const writer = { weights, name: "decoder.stack", ...decoder };
  const embed = (half, stack, tokenIds) =>
    tokenIds.map((tokenId) =>
      row(weights[`${half}.embedding.weight`], tokenId).map(
        (value) => stack.embedding_factor * value,
      ),
    );
  const read = throughStack(reader, embed("encoder", reader, source));
  const encoded = {
    outputs: read.outputs,
    weights: read.weights,
    source: emptyCache(writer).map((_, i) => keysAndValues(writer, sourceName(i), read.outputs)),
  };
  const step = (tokenId, before) => {
    const cache = before?.cache ?? emptyCache(writer);
    const vectors = embed("decoder", writer, [tokenId]);
    const passed = throughStack(writer, vectors, { cache, source: encoded.source });
    // A last layer that is tied has the embedding's numbers.
    const rows = weights["decoder.to_logits.weight"] ?? weights["decoder.embedding.weight"];
    return {
      logits: linear(rows, weights["decoder.to_logits.bias"], passed.outputs[0]),
      cache: passed.cache,
      heads: passed.weights.map(([query]) => query),
      sourceHeads: passed.sourceWeights.map(([query]) => query),
    };
  };
  return { encoded, ...writeGreedily(step, longest) };
}

function emptyCache({ layers }) {
  return Array.from({ length: layers }, () => ({ keys: [], values: [] }));
}

/**
 * `Stack.forward`: positions and all blocks, on embedded tokens. They stand at `places`, without which
 * they come after those of the `cache`, and look at these too; and at the `source`, if there is one.
 */
export function throughStack(stack, embedded, { places, cache = emptyCache(stack), source } = {}) {
  const first = cache[0].keys.length;
  const at = places ?? embedded.map((_, i) => first + i);
  let vectors = embedded.map((vector, i) => placed(stack, vector, at[i]));
  const passed = cache.map((past, layer) => {
    const block = throughBlock(stack, `blocks.${layer}`, vectors, at, past, source?.[layer]);
    vectors = block.outputs;
    return block;
  });
  return {
    outputs: stack.norm === "before" ? normalised(stack, "last_norm", vectors) : vectors,
    cache: passed.map(({ keys, values }) => ({ keys, values })),
    weights: passed.map(({ weights }) => weights),
    sourceWeights: passed.map(({ sourceWeights }) => sourceWeights),
  };
}

/** A token's vector, with its place if that is added. */
function placed({ weights, name, positions }, vector, place) {
  if (positions === "sines") return added(vector, sineCode(place, vector.length));
  if (positions === "learnt")
    return added(vector, row(weights[`${name}.positions.embedding.weight`], place));
  return vector; // nothing tells the place, or queries and keys are turned by it
}

/** `Block.forward`. Weights are [query][head][key]. */
function throughBlock(stack, name, inputs, places, past, source) {
  const attention = `${name}.attention`;
  const entered = entering(stack, `${name}.around_attention`, inputs);
  const fresh = keysAndValues(stack, attention, entered, places);
  const keys = [...past.keys, ...fresh.keys];
  const values = [...past.values, ...fresh.values];
  const looked = entered.map((vector, i) => {
    const query = headsOf(stack, `${attention}.to_queries`, vector);
    return attended(stack, attention, turnedHeads(stack, query, places[i]), keys, values);
  });
  let vectors = leaving(stack, `${name}.around_attention`, inputs, looked);

  let fromSource = null;
  if (source) {
    const around = `${name}.around_source_attention`;
    fromSource = entering(stack, around, vectors).map((vector) => {
      const query = headsOf(stack, `${name}.source_attention.to_queries`, vector);
      return attended(stack, `${name}.source_attention`, query, source.keys, source.values);
    });
    vectors = leaving(stack, around, vectors, fromSource);
  }

  const changes = entering(stack, `${name}.around_feed_forward`, vectors).map((vector) => {
    const inner = relu(learnt(stack, `${name}.feed_forward.0`, vector));
    return { change: learnt(stack, `${name}.feed_forward.2`, inner) };
  });
  return {
    outputs: leaving(stack, `${name}.around_feed_forward`, vectors, changes),
    keys,
    values,
    weights: looked.map(({ weights }) => weights),
    sourceWeights: fromSource?.map(({ weights }) => weights) ?? null,
  };
}

function sourceName(layer) {
  return `blocks.${layer}.source_attention`;
}

/** Keys and values of vectors, each cut into heads; keys turned by their places if they have any. */
function keysAndValues(stack, attention, vectors, places = null) {
  const keys = vectors.map((vector, i) => {
    const key = headsOf(stack, `${attention}.to_keys`, vector);
    return places ? turnedHeads(stack, key, places[i]) : key;
  });
  return {
    keys,
    values: vectors.map((vector) => headsOf(stack, `${attention}.to_values`, vector)),
  };
}

/** `MultiHeadAttention.attend` for one query. */
function attended(stack, attention, query, keys, values) {
  const weights = query.map((part, head) =>
    softmax(
      scaledDotScores(
        part,
        keys.map((key) => key[head]),
      ),
    ),
  );
  const size = query[0].length;
  const context = new Float32Array(size * query.length);
  weights.forEach((looks, head) => {
    const found = weightedMean(
      looks,
      values.map((value) => value[head]),
    );
    context.set(found, head * size);
  });
  return { change: learnt(stack, `${attention}.to_output`, context), weights };
}

/** A learnt layer's output, cut into as many parts as there are heads. */
function headsOf(stack, layer, vector) {
  const whole = learnt(stack, layer, vector);
  const size = whole.length / stack.heads;
  return Array.from({ length: stack.heads }, (_, head) =>
    whole.subarray(head * size, (head + 1) * size),
  );
}

function turnedHeads({ positions, pairing }, parts, place) {
  return positions === "rotary" ? parts.map((part) => turnedVector(part, place, pairing)) : parts;
}

/** `Residual.enter` for each vector. */
function entering(stack, around, vectors) {
  return stack.norm === "before" ? normalised(stack, `${around}.norm`, vectors) : vectors;
}

/** `Residual.leave` for each vector. */
function leaving(stack, around, vectors, changes) {
  const sums = vectors.map((vector, i) => added(vector, changes[i].change));
  return stack.norm === "before" ? sums : normalised(stack, `${around}.norm`, sums);
}

/** Layer normalisation of each vector: mean 0 and deviation 1, then times and plus what is learnt. */
function normalised({ weights, name }, norm, vectors) {
  const gain = weights[`${name}.${norm}.weight`].data;
  const shift = weights[`${name}.${norm}.bias`].data;
  return vectors.map((vector) => {
    const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
    const variance = vector.reduce((sum, value) => sum + (value - mean) ** 2, 0) / vector.length;
    const deviation = Math.sqrt(variance + EPSILON);
    return vector.map((value, i) => ((value - mean) / deviation) * gain[i] + shift[i]);
  });
}

function learnt({ weights, name }, layer, vector) {
  return linear(weights[`${name}.${layer}.weight`], weights[`${name}.${layer}.bias`], vector);
}

function added(vector, change) {
  return vector.map((value, i) => value + change[i]);
}
