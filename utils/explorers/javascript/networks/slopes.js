// How strongly each pixel of a decoder depends on each number of one code: its derivatives, in
// either direction. A layer is called with a tensor and returns its output, along() and back():
// a small change of the input becomes one of the output, and the slopes of some number at the output
// become those at the input.

import { convolve, convolveTransposed, normalise, normalisingScales } from "./convolutional.js";
import { sigmoid } from "./tensors.js";

/** A ResidualDecoder of utils/models/convolutional.py. */
export function residualLayers(weights) {
  const blocks = [];
  for (let i = 0; `blocks.${i}.change.0.weight` in weights; i++) {
    const part = (number) => `blocks.${i}.change.${number}`;
    blocks.push(
      added(
        inTurn(
          normalising(weights, part(0)),
          convolving(weights, part(2), { padding: 1 }),
          normalising(weights, part(3)),
          convolving(weights, part(5), { padding: 1 }),
        ),
      ),
    );
  }
  return inTurn(
    convolving(weights, "from_code", { padding: 1 }),
    ...blocks,
    normalising(weights, "normalise"),
    painting(weights, "grow", { stride: 4, padding: 2 }),
    sigmoids,
  );
}

/** A PlainDecoder of utils/models/convolutional.py. */
export function plainLayers(weights) {
  const options = { stride: 2 };
  return inTurn(
    painting(weights, "first", options),
    rectified,
    painting(weights, "second", options),
    sigmoids,
  );
}

/** The decoder of chapter 2's one_patch_a_cell(), an nn.Sequential: with or without a hidden layer. */
export function patchLayers(weights) {
  const hidden = "2.weight" in weights ? [convolving(weights, "0"), rectified] : [];
  const name = hidden.length ? "2" : "0";
  const side = weights[`${name}.weight`].shape[2];
  const paint = painting(weights, name, { stride: 4, padding: (side - 4) / 2 });
  return inTurn(...hidden, paint, sigmoids);
}

/** PCA: a picture for each number, and the mean of all, which has the shape (pixels,). Components have
 * the shape (numbers, length of `inked`): of the pixels that are listed there; at others they are 0. */
export function componentLayers({ components, inked, mean }) {
  const [count, length] = components.shape;
  const pixels = mean.data.length;
  const side = Math.sqrt(pixels);
  const weights = new Float32Array(count * pixels);
  components.data.forEach((weight, at) => {
    weights[Math.floor(at / length) * pixels + inked.data[at % length]] = weight;
  });
  const sum = (numbers, start) => {
    const data = Float32Array.from(start);
    numbers.forEach((number, k) => {
      if (number === 0) return;
      for (let i = 0; i < pixels; i++) data[i] += number * weights[k * pixels + i];
    });
    return { shape: [1, side, side], data };
  };
  return ({ shape, data }) => ({
    output: sum(data, mean.data),
    along: (changes) => sum(changes.data, new Float32Array(pixels)),
    back(slopes) {
      const result = new Float32Array(count);
      slopes.data.forEach((slope, i) => {
        if (slope === 0) return;
        for (let k = 0; k < count; k++) result[k] += slope * weights[k * pixels + i];
      });
      return { shape, data: result };
    },
  });
}

/** |d pixel / d number| for the pixel at [x, y], added up over the numbers of each cell. */
export function cellsBehind({ output, back }, [x, y]) {
  const width = output.shape[2];
  const slopes = { shape: output.shape, data: new Float32Array(output.data.length) };
  slopes.data[y * width + x] = 1;
  const { shape, data } = back(slopes);
  const places = shape[1] * shape[2];
  const sums = new Float32Array(places);
  data.forEach((slope, at) => {
    sums[at % places] += Math.abs(slope);
  });
  return sums;
}

/** The same for the cell at [x, y]: how strongly each pixel depends on its numbers, in all. */
export function pixelsPainted({ output, along }, code, [x, y]) {
  const [channels, height, width] = code.shape;
  const sums = new Float32Array(output.data.length);
  for (let c = 0; c < channels; c++) {
    const changes = { shape: code.shape, data: new Float32Array(code.data.length) };
    changes.data[(c * height + y) * width + x] = 1;
    along(changes).data.forEach((change, i) => {
      sums[i] += Math.abs(change);
    });
  }
  return sums;
}

function inTurn(...layers) {
  return (input) => {
    const passed = [];
    let output = input;
    for (const layer of layers) {
      const pass = layer(output);
      passed.push(pass);
      output = pass.output;
    }
    return {
      output,
      along: (changes) => passed.reduce((current, pass) => pass.along(current), changes),
      back: (slopes) => passed.reduceRight((current, pass) => pass.back(current), slopes),
    };
  };
}

/** Adds to its input what the layer makes of it. */
function added(layer) {
  const sum = (a, b) => ({ shape: a.shape, data: a.data.map((value, i) => value + b.data[i]) });
  return (input) => {
    const pass = layer(input);
    return {
      output: sum(input, pass.output),
      along: (changes) => sum(changes, pass.along(changes)),
      back: (slopes) => sum(slopes, pass.back(slopes)),
    };
  };
}

// A convolution and a transposed one with the same kernel undo each other's shapes, and each is the
// way back through the other. A change knows no bias.

function convolving(weights, name, options) {
  const kernel = { [`${name}.weight`]: weights[`${name}.weight`] };
  return (input) => ({
    output: convolve(weights, name, input, options),
    along: (changes) => convolve(kernel, name, changes, options),
    back: (slopes) => convolveTransposed(kernel, name, slopes, options),
  });
}

function painting(weights, name, options) {
  const kernel = { [`${name}.weight`]: weights[`${name}.weight`] };
  return (input) => ({
    output: convolveTransposed(weights, name, input, options),
    along: (changes) => convolveTransposed(kernel, name, changes, options),
    back: (slopes) => convolve(kernel, name, slopes, options),
  });
}

/** What treats every number by itself is multiplied by its slope, whichever way one goes. */
function pointwise({ shape, data }, slope) {
  const slopes = data.map(slope);
  const times = (given) => ({ shape, data: given.data.map((value, i) => value * slopes[i]) });
  return { output: { shape, data }, along: times, back: times };
}

function rectified({ shape, data }) {
  const output = { shape, data: data.map((value) => Math.max(value, 0)) };
  return pointwise(output, (value) => (value > 0 ? 1 : 0));
}

function sigmoids({ shape, data }) {
  return pointwise({ shape, data: data.map(sigmoid) }, (value) => value * (1 - value));
}

function normalising(weights, name) {
  const scales = normalisingScales(weights, name);
  return (input) => {
    const places = input.shape[1] * input.shape[2];
    const output = normalise(weights, name, input);
    return pointwise(output, (value, at) => (value > 0 ? scales[Math.floor(at / places)] : 0));
  };
}
