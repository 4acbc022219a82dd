// The networks of chapters 4 and 5 in the page: utils/models/seq2seq.py and utils/models/attention.py, one step
// and one sentence at a time. Weights carry the names that PyTorch gives them.

import { scaledDotScores, weightedMean } from "./attention.js";
import { writeGreedily } from "./greedy.js";
import { dot, linear, row, sigmoid, softmax } from "./tensors.js";

/** The state of a GRU after one more input, as PyTorch's nn.GRU has it (Cho et al. 2014). */
export function gruStep(weights, prefix, suffix, input, hidden) {
  const named = (part) => weights[`${prefix}.${part}_l0${suffix}`];
  const size = hidden.length;
  const fromInput = linear(named("weight_ih"), named("bias_ih"), input); // (3 * size)
  const fromHidden = linear(named("weight_hh"), named("bias_hh"), hidden); // (3 * size)
  const next = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const reset = sigmoid(fromInput[i] + fromHidden[i]);
    const update = sigmoid(fromInput[size + i] + fromHidden[size + i]);
    const fresh = Math.tanh(fromInput[2 * size + i] + reset * fromHidden[2 * size + i]);
    next[i] = (1 - update) * fresh + update * hidden[i];
  }
  return next;
}

/**
 * Read a sentence, given as token ids. Returns {outputs, state}: the hidden state at each token, and
 * the one that is handed to the decoder. Two directions are joined, the forward half first.
 */
export function encode(weights, tokenIds) {
  const inputs = tokenIds.map((tokenId) => row(weights["encoder.embedding.weight"], tokenId));
  const forwards = readThrough(weights, "", inputs);
  if (!("encoder.recurrent.network.weight_hh_l0_reverse" in weights))
    return { outputs: forwards, state: forwards.at(-1) };
  const backwards = readThrough(weights, "_reverse", [...inputs].reverse()).reverse();
  return {
    outputs: forwards.map((half, i) => joined(half, backwards[i])),
    state: joined(forwards.at(-1), backwards[0]),
  };
}

function readThrough(weights, suffix, inputs) {
  const prefix = "encoder.recurrent.network";
  let hidden = new Float32Array(weights[`${prefix}.weight_hh_l0${suffix}`].shape[1]);
  return inputs.map((input) => {
    hidden = gruStep(weights, prefix, suffix, input, hidden);
    return hidden;
  });
}

/**
 * One step of the decoder: it reads `tokenId` and says what comes after it. `kind` is "no attention"
 * or the name of a score, `encoded` what encode() returned, `hidden` the state before. Returns
 * {hidden, logits, weights}; weights is null without attention.
 */
export function decodeStep(weights, kind, tokenId, encoded, hidden, temperature = 1) {
  let input = row(weights["decoder.embedding.weight"], tokenId);
  const width = weights["decoder.recurrent.network.weight_ih_l0"].shape[1];
  if (width > input.length) input = joined(input, encoded.state); // context at every step
  const next = gruStep(weights, "decoder.recurrent.network", "", input, hidden);
  let read = next;
  let looked = null;
  if (kind !== "no attention") {
    looked = softmax(attentionScores(weights, kind, next, encoded.outputs), temperature);
    const context = weightedMean(looked, encoded.outputs);
    const both = joined(context, next);
    read = linear(weights["decoder.join.weight"], weights["decoder.join.bias"], both);
    read = read.map(Math.tanh);
  }
  const bias = weights["decoder.to_logits.bias"];
  const logits = linear(weights["decoder.to_logits.weight"], bias, read);
  return { hidden: next, logits, weights: looked };
}

/** How well each key answers the query, by one of the scores of utils/models/attention.py. */
function attentionScores(weights, kind, query, keys) {
  if (kind === "dot") return keys.map((key) => dot(query, key));
  if (kind === "scaled dot") return scaledDotScores(query, keys);
  const part = (name) => weights[`decoder.attention.score.${name}`];
  if (kind === "general") {
    const projected = keys.map((key) => linear(part("project_keys.weight"), null, key));
    return scaledDotScores(query, projected);
  }
  if (kind !== "additive") throw new Error(`expected the name of a score, got ${kind}`);
  const asked = linear(part("project_query.weight"), part("project_query.bias"), query);
  return keys.map((key) => {
    const answer = linear(part("project_keys.weight"), null, key);
    const units = answer.map((value, i) => Math.tanh(value + asked[i]));
    return dot(row(part("to_score.weight"), 0), units);
  });
}

/**
 * Translate by taking the likeliest token at every step. Returns {encoded, steps, finished}: what
 * encode() and writeGreedily() return, a step with {hidden, weights} besides.
 */
export function translateGreedily(weights, kind, source, limits) {
  const encoded = encode(weights, source);
  return { encoded, ...writeEncoded(weights, kind, encoded, limits) };
}

/** The steps of translateGreedily(), and whether they came to an end, of a source that has been read. */
export function writeEncoded(weights, kind, encoded, { longest, temperature = 1 }) {
  const read = (tokenId, before) => {
    const hidden = before?.hidden ?? encoded.state;
    return decodeStep(weights, kind, tokenId, encoded, hidden, temperature);
  };
  return writeGreedily(read, longest);
}

function joined(first, second) {
  const both = new Float32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
