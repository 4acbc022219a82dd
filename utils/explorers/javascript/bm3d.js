// Block matching and 3-D filtering in the page: bm3d() of utils/baselines/denoisers.py, one picture
// at a time, with its rules and its thresholds.

const THRESHOLD = 2.7; // of the first pass, in standard deviations of the noise
const WINDOW = 2; // shape of the Kaiser window
const TIE = 1e-9; // between patches that are alike, the first is taken

/**
 * A square picture without noise of standard deviation `sigma`, cut to [0, 1]. Patches of
 * `patchSize` pixels a side are stacked in groups of `groupSize`, a power of 2, one for every
 * `step`-th place.
 */
export function bm3d(noisy, sigma, { patchSize, groupSize, step }) {
  const side = Math.sqrt(noisy.length);
  const grid = patchGrid(side, patchSize, step);
  const [across, along] = [cosineMatrix(patchSize), haarMatrix(groupSize)];
  const window = kaiserWindow(patchSize);
  const noisyPatches = patchesOf(noisy, grid);
  const noisySpectra = transformed(noisyPatches, across);
  const size = grid.pixels;

  /** The groups' spectra, changed by change(group, members), are laid back where they came from. */
  const pass = (members, change) => {
    const sums = new Float64Array(grid.places * size);
    const weights = new Float64Array(grid.places);
    for (let g = 0; g < grid.references.length; g++) {
      const group = members.subarray(g * groupSize, (g + 1) * groupSize);
      const stacked = gathered(noisySpectra, group, along, size);
      // The less noise a group kept, the more it counts; one without any counts as one number.
      const weight = 1 / Math.max(change(stacked, group), 1);
      for (let i = 0; i < groupSize; i++) {
        weights[group[i]] += weight;
        for (let j = 0; j < groupSize; j++) {
          const share = weight * along[j * groupSize + i];
          const [from, to] = [j * size, group[i] * size];
          for (let p = 0; p < size; p++) sums[to + p] += share * stacked[from + p];
        }
      }
    }
    return overlaid(transformed(sums, transposed(across)), weights, window, grid);
  };

  const limit = THRESHOLD * sigma;
  const basic = pass(mostSimilar(noisyPatches, grid, groupSize), (stacked) => {
    let kept = 0;
    for (let i = 0; i < stacked.length; i++) {
      if (Math.abs(stacked[i]) > limit) kept++;
      else stacked[i] = 0;
    }
    return kept;
  });

  const basicPatches = patchesOf(basic, grid);
  const basicSpectra = transformed(basicPatches, across);
  const restored = pass(mostSimilar(basicPatches, grid, groupSize), (stacked, group) => {
    const signal = gathered(basicSpectra, group, along, size);
    let kept = 0;
    for (let i = 0; i < stacked.length; i++) {
      const gain = signal[i] ** 2 / (signal[i] ** 2 + sigma ** 2);
      stacked[i] *= gain;
      kept += gain ** 2;
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
  const members = new Int32Array(references.length * groupSize);
  const distances = new Float64Array(members.length).fill(Infinity);
  references.forEach((reference, g) => {
    distances[g * groupSize] = -1;
    members[g * groupSize] = reference;
  });
  /** Puts a place among the group's, which stand in the order of their distances. */
  const insert = (g, place, squared) => {
    const [first, last] = [g * groupSize, (g + 1) * groupSize - 1];
    const distance = squared + TIE * place;
    if (!(distance < distances[last]) || place === references[g]) return;
    let i = last;
    for (; i > first && distances[i - 1] > distance; i--) {
      distances[i] = distances[i - 1];
      members[i] = members[i - 1];
    }
    distances[i] = distance;
    members[i] = place;
  };
  // Each patch is read once for four references, which is faster than one after another.
  for (let g = 0; g < references.length; g += 4) {
    const [r0, r1, r2, r3] = [0, 1, 2, 3].map((i) => (references[g + i] ?? references[g]) * pixels);
    for (let place = 0; place < places; place++) {
      let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
      const from = place * pixels;
      for (let p = 0; p < pixels; p++) {
        const value = patches[from + p];
        sum0 += (patches[r0 + p] - value) * (patches[r0 + p] - value);
        sum1 += (patches[r1 + p] - value) * (patches[r1 + p] - value);
        sum2 += (patches[r2 + p] - value) * (patches[r2 + p] - value);
        sum3 += (patches[r3 + p] - value) * (patches[r3 + p] - value);
      }
      insert(g, place, sum0);
      if (g + 1 < references.length) insert(g + 1, place, sum1);
      if (g + 2 < references.length) insert(g + 2, place, sum2);
      if (g + 3 < references.length) insert(g + 3, place, sum3);
    }
  }
  return members;
}

/** A group's spectra, transformed along the stack as well. */
function gathered(spectra, group, along, size) {
  const stacked = new Float64Array(group.length * size);
  for (let j = 0; j < group.length; j++)
    for (let i = 0; i < group.length; i++) {
      const share = along[j * group.length + i];
      if (share === 0) continue;
      const [from, to] = [group[i] * size, j * size];
      for (let p = 0; p < size; p++) stacked[to + p] += share * spectra[from + p];
    }
  return stacked;
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

/** Each row of `size` numbers, multiplied by a matrix of size x size. */
function transformed(rows, matrix) {
  const size = Math.sqrt(matrix.length);
  const result = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += size)
    for (let k = 0; k < size; k++) {
      let sum = 0;
      for (let p = 0; p < size; p++) sum += matrix[k * size + p] * rows[start + p];
      result[start + k] = sum;
    }
  return result;
}

function transposed(matrix) {
  const size = Math.sqrt(matrix.length);
  return matrix.map((_, i) => matrix[(i % size) * size + Math.floor(i / size)]);
}

/** The orthonormal 2-D cosine transform of a patch written row by row. */
function cosineMatrix(size) {
  const line = (k, i) =>
    Math.sqrt((k ? 2 : 1) / size) * Math.cos((Math.PI * k * (2 * i + 1)) / (2 * size));
  const pixels = size ** 2;
  return Float64Array.from({ length: pixels ** 2 }, (_, at) => {
    const [k, p] = [Math.floor(at / pixels), at % pixels];
    return (
      line(Math.floor(k / size), Math.floor(p / size)) * line(k % size, p % size)
    );
  });
}

/** The orthonormal Haar transform of `size` numbers, a power of 2: means, then differences. */
function haarMatrix(size) {
  let rows = [[1]];
  while (rows.length < size) {
    const differences = rows.map((_, i) =>
      rows.flatMap((_, j) => (i === j ? [1, -1] : [0, 0])),
    );
    rows = [...rows.map((row) => row.flatMap((value) => [value, value])), ...differences];
  }
  return Float64Array.from(
    rows.flatMap((row) => {
      const length = Math.hypot(...row);
      return row.map((value) => value / length);
    }),
  );
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
