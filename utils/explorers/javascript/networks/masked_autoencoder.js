// The masked autoencoder of chapter 7 in the page: utils/vision/masked_autoencoder.py, one picture at a
// time. Weights carry the names that PyTorch gives them.

import { linear, sigmoid } from "./tensors.js";
import { throughStack } from "./transformer.js";

/** A picture of side x side pixels as square patches, a Float32Array each, row by row. */
export function toPatches(pixels, side, patchSize) {
  const columns = side / patchSize;
  return Array.from({ length: columns ** 2 }, (_, place) => {
    const top = Math.floor(place / columns) * patchSize;
    const left = (place % columns) * patchSize;
    return Float32Array.from({ length: patchSize ** 2 }, (_, i) => {
      const y = top + Math.floor(i / patchSize);
      return pixels[y * side + left + (i % patchSize)];
    });
  });
}

/** toPatches() undone. */
export function fromPatches(patches, side, patchSize) {
  const columns = side / patchSize;
  return Float32Array.from({ length: side ** 2 }, (_, at) => {
    const [y, x] = [Math.floor(at / side), at % side];
    const place = Math.floor(y / patchSize) * columns + Math.floor(x / patchSize);
    return patches[place][(y % patchSize) * patchSize + (x % patchSize)];
  });
}

/**
 * What the network says of all patches, having seen those of `patches` that stand at the places
 * `visible`: `MaskedAutoencoder.forward`. `network` is what utils/explorers/packed_transformers.py
 * packed, its weights read.
 */
export function restorePatches(
  { weights, read_by: reading, written_by: writing },
  patches,
  visible,
) {
  const learnt = (name, vector) =>
    linear(weights[`${name}.weight`], weights[`${name}.bias`], vector);
  const reader = { weights, name: "encoder.stack", ...reading };
  const embedded = visible.map((place) => learnt("encoder.embedding", patches[place]));
  const seen = throughStack(reader, embedded, { places: visible }).outputs;
  const everywhere = patches.map(() => weights.hidden_vector.data);
  visible.forEach((place, i) => {
    everywhere[place] = learnt("to_decoder", seen[i]);
  });
  const writer = { weights, name: "decoder", ...writing };
  const decoded = throughStack(writer, everywhere).outputs;
  return decoded.map((vector) => learnt("to_pixels", vector).map(sigmoid));
}
