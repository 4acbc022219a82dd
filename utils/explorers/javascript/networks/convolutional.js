// Convolutional networks in the page: utils/models/convolutional.py, one picture at a time. Weights carry
// the names that PyTorch gives them. Feature maps are tensors of shape [channels, height, width].

import { rowProducts, sigmoid } from "./tensors.js";

const EPSILON = 1e-5; // added to each variance, as PyTorch's nn.BatchNorm2d does

/** The code of a picture of 28 x 28 numbers, by a ResidualEncoder: 4 maps of 7 x 7. */
export function encodePicture(weights, pixels) {
  const side = Math.sqrt(pixels.length);
  const picture = { shape: [1, side, side], data: pixels };
  const features = convolve(weights, "shrink", picture, { stride: 4, padding: 2 });
  const refined = normalise(weights, "normalise", residualBlocks(weights, features));
  return convolve(weights, "to_code", refined, { padding: 1 });
}

/** The picture that a ResidualDecoder makes of a code; 28 x 28 numbers in (0, 1). */
export function decodePicture(weights, code) {
  const features = convolve(weights, "from_code", code, { padding: 1 });
  const refined = normalise(weights, "normalise", residualBlocks(weights, features));
  const grown = convolveTransposed(weights, "grow", refined, { stride: 4, padding: 2 });
  return grown.data.map(sigmoid);
}

/** Each block adds to its input what two convolutions make of it. */
function residualBlocks(weights, features) {
  let current = features;
  for (let i = 0; `blocks.${i}.change.0.weight` in weights; i++) {
    const part = (number) => `blocks.${i}.change.${number}`;
    let change = normalise(weights, part(0), current);
    change = convolve(weights, part(2), change, { padding: 1 });
    change = normalise(weights, part(3), change);
    change = convolve(weights, part(5), change, { padding: 1 });
    const sum = change.data.map((value, at) => value + current.data[at]);
    current = { shape: current.shape, data: sum };
  }
  return current;
}

/** nn.Conv2d: each output channel is a bias, if there is one, and the sum of what one small pattern
 * finds in each. */
export function convolve(weights, name, input, { stride = 1, padding = 0 } = {}) {
  const kernel = weights[`${name}.weight`]; // (outputs, inputs, rows, columns)
  const bias = weights[`${name}.bias`];
  const [outputs, inputs, rows, columns] = kernel.shape;
  const framed = padded(input, padding);
  const [channels, height, width] = framed.shape;
  if (channels !== inputs) throw new Error(`expected ${inputs} channels, got ${channels}`);
  const newHeight = Math.floor((height - rows) / stride) + 1;
  const newWidth = Math.floor((width - columns) / stride) + 1;
  const places = newHeight * newWidth;

  // What lies under the kernel at each place, one place after another.
  const under = new Float64Array(places * inputs * rows * columns);
  let count = 0;
  for (let y = 0; y < newHeight; y++)
    for (let x = 0; x < newWidth; x++)
      for (let c = 0; c < inputs; c++)
        for (let r = 0; r < rows; r++) {
          const start = (c * height + y * stride + r) * width + x * stride;
          for (let k = 0; k < columns; k++) under[count++] = framed.data[start + k];
        }
  const found = rowProducts(kernel.data, under, inputs * rows * columns);
  const data = new Float32Array(outputs * places);
  for (let o = 0; o < outputs; o++) {
    const base = bias ? bias.data[o] : 0;
    for (let at = o * places; at < (o + 1) * places; at++) data[at] = base + found[at];
  }
  return { shape: [outputs, newHeight, newWidth], data };
}

/** nn.ConvTranspose2d: each number paints a small patch into the output; where they overlap, they
 * add up. */
export function convolveTransposed(weights, name, input, { stride = 1, padding = 0 } = {}) {
  const kernel = weights[`${name}.weight`]; // (inputs, outputs, rows, columns)
  const bias = weights[`${name}.bias`];
  const [inputs, outputs, rows, columns] = kernel.shape;
  const [channels, height, width] = input.shape;
  if (channels !== inputs) throw new Error(`expected ${inputs} channels, got ${channels}`);
  const newHeight = (height - 1) * stride - 2 * padding + rows;
  const newWidth = (width - 1) * stride - 2 * padding + columns;
  const data = new Float32Array(outputs * newHeight * newWidth);
  for (let o = 0; o < outputs; o++) {
    const painted = data.subarray(o * newHeight * newWidth, (o + 1) * newHeight * newWidth);
    painted.fill(bias?.data[o] ?? 0);
    for (let c = 0; c < inputs; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const value = input.data[(c * height + y) * width + x];
          if (value === 0) continue; // most are, behind a ReLU
          const [top, left] = [y * stride - padding, x * stride - padding];
          const end = Math.min(columns, newWidth - left);
          for (let r = Math.max(-top, 0); r < Math.min(rows, newHeight - top); r++) {
            const weightsAt = ((c * outputs + o) * rows + r) * columns;
            const paintedAt = (top + r) * newWidth + left;
            for (let k = Math.max(-left, 0); k < end; k++)
              painted[paintedAt + k] += value * kernel.data[weightsAt + k];
          }
        }
  }
  return { shape: [outputs, newHeight, newWidth], data };
}

/** nn.BatchNorm2d with the mean and variance of training, and a ReLU behind it. */
export function normalise(weights, name, { shape, data }) {
  const [channels, height, width] = shape;
  const part = (suffix) => weights[`${name}.${suffix}`].data;
  const places = height * width;
  const result = new Float32Array(data.length);
  const scales = normalisingScales(weights, name);
  for (let c = 0; c < channels; c++) {
    const scale = scales[c];
    const shift = part("bias")[c] - part("running_mean")[c] * scale;
    for (let at = c * places; at < (c + 1) * places; at++)
      result[at] = Math.max(data[at] * scale + shift, 0);
  }
  return { shape, data: result };
}

/** nn.MaxPool2d(2): of every two by two numbers the greatest. What is left over at an edge is dropped. */
export function maxPool({ shape, data }) {
  const [channels, height, width] = shape;
  const [newHeight, newWidth] = [Math.floor(height / 2), Math.floor(width / 2)];
  const pooled = new Float32Array(channels * newHeight * newWidth);
  let count = 0;
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < newHeight; y++) {
      const start = (c * height + 2 * y) * width;
      for (let at = start; at < start + 2 * newWidth; at += 2)
        pooled[count++] = Math.max(data[at], data[at + 1], data[at + width], data[at + width + 1]);
    }
  return { shape: [channels, newHeight, newWidth], data: pooled };
}

/** By what normalise() multiplies each channel. */
export function normalisingScales(weights, name) {
  const variances = weights[`${name}.running_var`].data;
  return weights[`${name}.weight`].data.map(
    (weight, c) => weight / Math.sqrt(variances[c] + EPSILON),
  );
}

/** A frame of zeros around every map. */
function padded({ shape, data }, padding) {
  const [channels, height, width] = shape;
  if (padding === 0) return { shape, data };
  const newHeight = height + 2 * padding;
  const newWidth = width + 2 * padding;
  const framed = new Float32Array(channels * newHeight * newWidth);
  for (let line = 0; line < channels * height; line++) {
    const channel = Math.floor(line / height);
    const start = (channel * newHeight + (line % height) + padding) * newWidth + padding;
    framed.set(data.subarray(line * width, (line + 1) * width), start);
  }
  return { shape: [channels, newHeight, newWidth], data: framed };
}
