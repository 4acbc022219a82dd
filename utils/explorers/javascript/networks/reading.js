// The networks of chapter 7 that read numbers aloud, in the page: utils/vision/reading.py, one canvas at
// a time. Weights are those of utils/explorers/packed_readers.py, whose convolutions have taken in their
// batch normalisations.

import { convolve, maxPool } from "./convolutional.js";
import { linear, relu, row } from "./tensors.js";

const EYE = "reader.";

/** {eye, speakers: {language: weights}} of all weights: the speakers' named as seq2seq.js has them. */
export function partsOfReader(weights) {
  const eye = {};
  const speakers = {};
  for (const [name, tensor] of Object.entries(weights)) {
    if (name.startsWith(EYE)) eye[name.slice(EYE.length)] = tensor;
    else {
      const [, language, ...part] = name.split(".");
      speakers[language] ??= {};
      speakers[language][`decoder.${part.join(".")}`] = tensor;
    }
  }
  return { eye, speakers };
}

/**
 * What a CanvasReader makes of a canvas, a tensor of shape [1, height, width]: {outputs, state}, a
 * vector for each place, row by row, and the state that a speaker begins with.
 */
export function readCanvas(eye, canvas) {
  let features = canvas;
  for (let i = 0; `features.layers.${i}.0.weight` in eye; i++) {
    const isLast = !(`features.layers.${i + 1}.0.weight` in eye);
    const { shape, data } = convolve(eye, `features.layers.${i}.0`, features, { padding: 1 });
    features = { shape, data: relu(data) };
    if (!isLast) features = maxPool(features);
  }
  const outputs = placesOf(features);
  const codes = eye["positions.embedding.weight"];
  if (codes)
    outputs.forEach((output, place) => {
      const code = row(codes, place);
      for (let i = 0; i < output.length; i++) output[i] += code[i];
    });
  return { outputs, state: stateOf(eye, outputs) };
}

/** A feature map [size, rows, columns] as a vector of `size` numbers for each place. */
function placesOf({ shape: [size, rows, columns], data }) {
  const count = rows * columns;
  return Array.from({ length: count }, (_, place) =>
    Float32Array.from({ length: size }, (_, i) => data[i * count + place]),
  );
}

/** What the whole canvas is to a speaker before its first word: of the mean of all places. */
function stateOf(eye, outputs) {
  const mean = new Float32Array(outputs[0].length);
  for (const output of outputs)
    for (let i = 0; i < mean.length; i++) mean[i] += output[i] / outputs.length;
  return linear(eye["to_state.weight"], eye["to_state.bias"], mean).map(Math.tanh);
}
