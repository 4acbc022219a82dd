// The translator of chapter 6 in the page: utils/transformers/stack.py and translator.py, one
// sentence at a time. Weights carry the names that PyTorch gives them.
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
  const reader = { weights, name: "encoder", ...encoder };
  const writer = { weights, name: "decoder", ...decoder };
  const read = throughStack(reader, source, emptyCache(reader));
  const encoded = {
    outputs: read.outputs,
    weights: read.weights,
    source: emptyCache(writer).map((_, i) => keysAndValues(writer, sourceName(i), read.outputs)),
  };
  const step = (tokenId, before) => {
    const cache = before?.cache ?? emptyCache(writer);
    const passed = throughStack(writer, [tokenId], cache, encoded.source);
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

/** `Stack.forward`: all blocks, with positions, on tokens that come after those of the cache. */
function throughStack(half, tokenIds, cache, source = null) {
  const first = cache[0].keys.length;
  let vectors = tokenIds.map((tokenId, i) => embedded(half, tokenId, first + i));
  const passed = cache.map((past, layer) => {
    const block = throughBlock(half, `stack.blocks.${layer}`, vectors, past, source?.[layer]);
    vectors = block.outputs;
    return block;
  });
  return {
    outputs: half.norm === "before" ? normalised(half, "stack.last_norm", vectors) : vectors,
    cache: passed.map(({ keys, values }) => ({ keys, values })),
    weights: passed.map(({ weights }) => weights),
    sourceWeights: passed.map(({ sourceWeights }) => sourceWeights),
  };
}

/** A token's vector, with its place if that is added. */
function embedded({ weights, name, embedding_factor: factor, positions }, tokenId, place) {
  const vector = row(weights[`${name}.embedding.weight`], tokenId).map((value) => factor * value);
  if (positions === "sines") return added(vector, sineCode(place, vector.length));
  if (positions === "learnt")
    return added(vector, row(weights[`${name}.stack.positions.embedding.weight`], place));
  return vector; // nothing tells the place, or queries and keys are turned by it
}

/** `Block.forward`. Weights are [query][head][key]. */
function throughBlock(half, name, inputs, past, source) {
  const attention = `${name}.attention`;
  const first = past.keys.length;
  const entered = entering(half, `${name}.around_attention`, inputs);
  const fresh = keysAndValues(half, attention, entered, first);
  const keys = [...past.keys, ...fresh.keys];
  const values = [...past.values, ...fresh.values];
  const looked = entered.map((vector, i) => {
    const query = headsOf(half, `${attention}.to_queries`, vector);
    return attended(half, attention, turnedHeads(half, query, first + i), keys, values);
  });
  let vectors = leaving(half, `${name}.around_attention`, inputs, looked);

  let fromSource = null;
  if (source) {
    const around = `${name}.around_source_attention`;
    fromSource = entering(half, around, vectors).map((vector) => {
      const query = headsOf(half, `${name}.source_attention.to_queries`, vector);
      return attended(half, `${name}.source_attention`, query, source.keys, source.values);
    });
    vectors = leaving(half, around, vectors, fromSource);
  }

  const changes = entering(half, `${name}.around_feed_forward`, vectors).map((vector) => {
    const inner = relu(learnt(half, `${name}.feed_forward.0`, vector));
    return { change: learnt(half, `${name}.feed_forward.2`, inner) };
  });
  return {
    outputs: leaving(half, `${name}.around_feed_forward`, vectors, changes),
    keys,
    values,
    weights: looked.map(({ weights }) => weights),
    sourceWeights: fromSource?.map(({ weights }) => weights) ?? null,
  };
}

function sourceName(layer) {
  return `stack.blocks.${layer}.source_attention`;
}

/** Keys and values of vectors, each cut into heads; keys turned by their places if they have any. */
function keysAndValues(half, attention, vectors, first = null) {
  const keys = vectors.map((vector, i) => {
    const key = headsOf(half, `${attention}.to_keys`, vector);
    return first === null ? key : turnedHeads(half, key, first + i);
  });
  return { keys, values: vectors.map((vector) => headsOf(half, `${attention}.to_values`, vector)) };
}

/** `MultiHeadAttention.attend` for one query. */
function attended(half, attention, query, keys, values) {
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
  return { change: learnt(half, `${attention}.to_output`, context), weights };
}

/** A learnt layer's output, cut into as many parts as there are heads. */
function headsOf(half, layer, vector) {
  const whole = learnt(half, layer, vector);
  const size = whole.length / half.heads;
  return Array.from({ length: half.heads }, (_, head) =>
    whole.subarray(head * size, (head + 1) * size),
  );
}

function turnedHeads({ positions, pairing }, parts, place) {
  return positions === "rotary" ? parts.map((part) => turnedVector(part, place, pairing)) : parts;
}

/** `Residual.enter` for each vector. */
function entering(half, around, vectors) {
  return half.norm === "before" ? normalised(half, `${around}.norm`, vectors) : vectors;
}

/** `Residual.leave` for each vector. */
function leaving(half, around, vectors, changes) {
  const sums = vectors.map((vector, i) => added(vector, changes[i].change));
  return half.norm === "before" ? sums : normalised(half, `${around}.norm`, sums);
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
