// Block matching and 3-D filtering in the page: bm3d() of utils/baselines/denoisers.py, one picture
// at a time, with its rules and its thresholds.

import { sourceOf } from "./beside.js";
import { rowProducts } from "./tensors.js";

const THRESHOLD = 2.7; // of the first pass, in standard deviations of the noise
const WINDOW = 2; // shape of the Kaiser window
const TIE = 1e-13; // between patches that are alike, the first is taken
const CHUNK = 4; // references whose products are in memory at once

/**
 * A square picture without noise of standard deviation `sigma`, cut to [0, 1]. Patches of
 * `patchSize` pixels a side are stacked in groups of `groupSize`, a power of 2, one for every
 * `step`-th place.
 */
export function bm3d(noisy, sigma, { patchSize, groupSize, step }) {
  const side = Math.sqrt(noisy.length);
  const grid = patchGrid(side, patchSize, step);
  const down = cosineMatrix(patchSize);
  const across = transposed(down);
  const window = kaiserWindow(patchSize);
  const noisyPatches = patchesOf(noisy, grid);
  const size = grid.pixels;

  const stacked = new Float64Array(groupSize * size);
  const spectra = (patches, members) => {
    const isMember = new Uint8Array(grid.places);
    for (const place of members) isMember[place] = 1;
    return transformed(patches, isMember, down, across, patchSize);
  };
  /** Each group is stacked, changed, and laid back to where its patches came from. */
  const pass = (members, change) => {
    const noisySpectra = spectra(noisyPatches, members);
    const sums = new Float64Array(grid.places * size);
    const weights = new Float64Array(grid.places);
    for (let g = 0; g < grid.references.length; g++) {
      const group = members.subarray(g * groupSize, (g + 1) * groupSize);
      gather(stacked, noisySpectra, group, size);
      // The less noise a group kept, the more it counts; one without any counts as one number.
      const weight = 1 / Math.max(change(group), 1);
      haarBack(stacked, groupSize, size);
      for (let i = 0; i < groupSize; i++) {
        const to = group[i] * size;
        weights[group[i]] += weight;
        for (let p = 0; p < size; p++) sums[to + p] += weight * stacked[i * size + p];
      }
    }
    return overlaid(transformed(sums, weights, across, down, patchSize), weights, window, grid);
  };

  const limit = THRESHOLD * sigma;
  const basic = pass(mostSimilar(noisyPatches, grid, groupSize), () => {
    let kept = 0;
    for (let i = 0; i < stacked.length; i++) {
      if (Math.abs(stacked[i]) > limit) kept++;
      else stacked[i] = 0;
    }
    return kept;
  });

  const basicPatches = patchesOf(basic, grid);
  const alike = mostSimilar(basicPatches, grid, groupSize);
  const basicSpectra = spectra(basicPatches, alike);
  const signal = new Float64Array(groupSize * size);
  const variance = sigma * sigma;
  const restored = pass(alike, (group) => {
    gather(signal, basicSpectra, group, size);
    let kept = 0;
    for (let i = 0; i < stacked.length; i++) {
      const power = signal[i] * signal[i]; // ** 2 would take five times as long
      const gain = power / (power + variance);
      stacked[i] *= gain;
      kept += gain * gain;
    }
    return kept;
  });
  return Float32Array.from(restored, (value) => Math.min(Math.max(value, 0), 1));
}

/** Where the patches lie, counted row by row, and which of them have a group of their own. */
function patchGrid(side, patchSize, step) {
  const count = side - patchSize + 1;
  const line = [];
  for (let i = 0; i < count; i += step) line.push(i);
  if (line.at(-1) !== count - 1) line.push(count - 1);
  return {
    ...{ side, patchSize, count, places: count ** 2, pixels: patchSize ** 2 },
    references: line.flatMap((y) => line.map((x) => y * count + x)),
  };
}

/** The pixels of every patch, one patch after another. */
function patchesOf(picture, { side, patchSize, count, places, pixels }) {
  const patches = new Float64Array(places * pixels);
  let at = 0;
  for (let place = 0; place < places; place++) {
    const corner = Math.floor(place / count) * side + (place % count);
    for (let y = 0; y < patchSize; y++)
      for (let x = 0; x < patchSize; x++) patches[at++] = picture[corner + y * side + x];
  }
  return patches;
}

/** For every reference the `groupSize` patches most similar to it, itself first. */
function mostSimilar(patches, { places, pixels, references }, groupSize) {
  const squares = new Float64Array(places);
  for (let place = 0, at = 0; place < places; place++)
    for (let p = 0; p < pixels; p++, at++) squares[place] += patches[at] * patches[at];
  const members = new Int32Array(references.length * groupSize);
  const sought = new Float64Array(references.length * pixels);
  references.forEach((place, g) => {
    sought.set(patches.subarray(place * pixels, (place + 1) * pixels), g * pixels);
  });
  const nearest = new Float64Array(groupSize);
  const products = new Float64Array(CHUNK * places);
  references.forEach((reference, g) => {
    const turn = g % CHUNK;
    if (turn === 0)
      rowProducts(sought.subarray(g * pixels, (g + CHUNK) * pixels), patches, pixels, products);
    const first = g * groupSize;
    const last = first + groupSize - 1;
    members[first] = reference;
    nearest.fill(Infinity);
    nearest[0] = -Infinity;
    let limit = nearest[groupSize - 1];
    for (let place = 0, at = turn * places; place < places; place++, at++) {
      // Squared distances, less the squares of the references, which are the same for all.
      const distance = squares[place] + TIE * place - 2 * products[at];
      if (distance >= limit || place === reference) continue;
      let i = groupSize - 1;
      for (let to = last; i > 0 && nearest[i - 1] > distance; i--, to--) {
        nearest[i] = nearest[i - 1];
        members[to] = members[to - 1];
      }
      nearest[i] = distance;
      members[first + i] = place;
      limit = nearest[groupSize - 1];
    }
  });
  return members;
}

/** Fill `stacked` with a group's spectra, transformed along the stack as well. */
function gather(stacked, spectra, group, size) {
  for (let i = 0; i < group.length; i++)
    for (let p = 0; p < size; p++) stacked[i * size + p] = spectra[group[i] * size + p];
  for (let length = group.length; length > 1; length /= 2) haarLevel(stacked, length, size);
}

// The orthonormal Haar transform of a stack whose height is a power of 2: means, then differences, and
// the same with the means again.

function haarLevel(stacked, length, size) {
  const middle = (length / 2) * size;
  const half = new Float64Array(middle); // the differences, while what they come from is read
  for (let i = 0; i < length / 2; i++)
    for (let p = 0; p < size; p++) {
      const one = stacked[2 * i * size + p];
      const other = stacked[(2 * i + 1) * size + p];
      half[i * size + p] = (one - other) * Math.SQRT1_2;
      stacked[i * size + p] = (one + other) * Math.SQRT1_2;
    }
  stacked.set(half, middle);
}

function haarBack(stacked, groupSize, size) {
  for (let length = 2; length <= groupSize; length *= 2) {
    const middle = (length / 2) * size;
    const half = stacked.slice(middle, 2 * middle);
    for (let i = length / 2 - 1; i >= 0; i--)
      for (let p = 0; p < size; p++) {
        const mean = stacked[i * size + p];
        const difference = half[i * size + p];
        stacked[2 * i * size + p] = (mean + difference) * Math.SQRT1_2;
        stacked[(2 * i + 1) * size + p] = (mean - difference) * Math.SQRT1_2;
      }
  }
}

/** The weighted mean of overlapping patches; they are multiplied by their weights already. */
function overlaid(patches, weights, window, { side, patchSize, count, places, pixels }) {
  const [sums, totals] = [new Float64Array(side ** 2), new Float64Array(side ** 2)];
  for (let place = 0; place < places; place++) {
    const corner = Math.floor(place / count) * side + (place % count);
    for (let p = 0; p < pixels; p++) {
      const at = corner + Math.floor(p / patchSize) * side + (p % patchSize);
      sums[at] += window[p] * patches[place * pixels + p];
      totals[at] += window[p] * weights[place];
    }
  }
  return sums.map((sum, i) => sum / totals[i]);
}

/** Every patch that `isUsed`, between two matrices: rows first, then columns. Others are zeros. */
function transformed(patches, isUsed, left, right, size) {
  const result = new Float64Array(patches.length);
  const between = new Float64Array(size ** 2);
  for (let place = 0; place < isUsed.length; place++) {
    if (!isUsed[place]) continue;
    const start = place * between.length;
    for (let y = 0; y < size; y++)
      for (let k = 0; k < size; k++) {
        let sum = 0;
        for (let x = 0; x < size; x++) sum += patches[start + y * size + x] * right[x * size + k];
        between[y * size + k] = sum;
      }
    for (let j = 0; j < size; j++)
      for (let k = 0; k < size; k++) {
        let sum = 0;
        for (let y = 0; y < size; y++) sum += left[j * size + y] * between[y * size + k];
        result[start + j * size + k] = sum;
      }
  }
  return result;
}

/** The orthonormal cosine transform of `size` numbers. */
function cosineMatrix(size) {
  return Float64Array.from({ length: size ** 2 }, (_, at) => {
    const [k, i] = [Math.floor(at / size), at % size];
    const angle = (Math.PI * k * (2 * i + 1)) / (2 * size);
    return Math.sqrt((k ? 2 : 1) / size) * Math.cos(angle);
  });
}

function transposed(matrix) {
  const size = Math.sqrt(matrix.length);
  return matrix.map((_, i) => matrix[(i % size) * size + Math.floor(i / size)]);
}

/** A patch's window, which fades it out towards its rim (Kaiser). */
function kaiserWindow(size) {
  const line = Array.from({ length: size }, (_, i) => {
    const place = size > 1 ? (2 * i) / (size - 1) - 1 : 0;
    return bessel(WINDOW * Math.sqrt(1 - place ** 2)) / bessel(WINDOW);
  });
  return Float64Array.from({ length: size ** 2 }, (_, i) => {
    return line[Math.floor(i / size)] * line[i % size];
  });
}

/** The modified Bessel function of order 0, by its series. */
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-16 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** All that bm3d() needs where there is nothing of this page. */
export const BM3D_SOURCE = sourceOf(
  { THRESHOLD, WINDOW, TIE, CHUNK },
  ...[bm3d, patchGrid, patchesOf, mostSimilar, gather, haarLevel, haarBack, overlaid],
  ...[transformed, cosineMatrix, transposed, kaiserWindow, bessel, rowProducts],
);
