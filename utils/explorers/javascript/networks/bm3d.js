// Block matching and 3-D filtering in the page: bm3d() of utils/baselines/denoisers.py, one picture
// at a time, with its rules and its thresholds.

const THRESHOLD = 2.7; // of the first pass, in standard deviations of the noise
const WINDOW = 2; // shape of the Kaiser window
const TIE = 1e-13; // between patches that are alike, the first is taken

/**
 * A square picture without noise of standard deviation `sigma`, cut to [0, 1]. Patches of
 * `patchSize` pixels a side are stacked in groups of `groupSize`, a power of 2, one for every
 * `step`-th place.
 */
export function bm3d(noisy, sigma, { patchSize, groupSize, step }) {
  const side = Math.sqrt(noisy.length);
  const grid = patchGrid(side, patchSize, step);
  const along = haarMatrix(groupSize);
  const down = cosineMatrix(patchSize);
  const across = transposed(down);
  const spectra = (patches) => transformed(patches, down, across, patchSize);
  const window = kaiserWindow(patchSize);
  const noisyPatches = patchesOf(noisy, grid);
  const noisySpectra = spectra(noisyPatches);
  const size = grid.pixels;

  const stacked = new Float64Array(groupSize * size);
  /** Each group is stacked, changed, and laid back to where its patches came from. */
  const pass = (members, change) => {
    const sums = new Float64Array(grid.places * size);
    const weights = new Float64Array(grid.places);
    for (let g = 0; g < grid.references.length; g++) {
      const group = members.subarray(g * groupSize, (g + 1) * groupSize);
      gather(stacked, noisySpectra, group, along, size);
      // The less noise a group kept, the more it counts; one without any counts as one number.
      const weight = 1 / Math.max(change(group), 1);
      for (let i = 0; i < groupSize; i++) {
        weights[group[i]] += weight;
        for (let j = 0; j < groupSize; j++) {
          const share = weight * along[j * groupSize + i];
          if (share === 0) continue;
          const from = j * size;
          const to = group[i] * size;
          for (let p = 0; p < size; p++) sums[to + p] += share * stacked[from + p];
        }
      }
    }
    return overlaid(transformed(sums, across, down, patchSize), weights, window, grid);
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
  const basicSpectra = spectra(basicPatches);
  const signal = new Float64Array(groupSize * size);
  const restored = pass(mostSimilar(basicPatches, grid, groupSize), (group) => {
    gather(signal, basicSpectra, group, along, size);
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
  const squares = new Float64Array(places);
  for (let place = 0, at = 0; place < places; place++)
    for (let p = 0; p < pixels; p++, at++) squares[place] += patches[at] * patches[at];
  const members = new Int32Array(references.length * groupSize);
  const distances = new Float64Array(members.length).fill(Infinity);
  references.forEach((reference, g) => {
    members[g * groupSize] = reference;
    distances[g * groupSize] = -Infinity;
  });
  const [one, two] = [new Float64Array(pixels), new Float64Array(pixels)];
  // Two references at once: they share what is read, and neither waits for the other's sum.
  for (let g = 0; g < references.length; g += 2) {
    const other = Math.min(g + 1, references.length - 1);
    for (let p = 0; p < pixels; p++) {
      one[p] = patches[references[g] * pixels + p];
      two[p] = patches[references[other] * pixels + p];
    }
    const [last1, last2] = [(g + 1) * groupSize - 1, (other + 1) * groupSize - 1];
    let at = 0;
    for (let place = 0; place < places; place++) {
      let product1 = 0;
      let product2 = 0;
      for (let p = 0; p < pixels; p++) {
        const value = patches[at++];
        product1 += one[p] * value;
        product2 += two[p] * value;
      }
      // Squared distances, less the squares of the references, which are the same for all.
      const rest = squares[place] + TIE * place;
      const distance1 = rest - 2 * product1;
      const distance2 = rest - 2 * product2;
      if (distance1 < distances[last1] && place !== references[g])
        insert(members, distances, last1 - groupSize + 1, last1, place, distance1);
      if (other > g && distance2 < distances[last2] && place !== references[other])
        insert(members, distances, last2 - groupSize + 1, last2, place, distance2);
    }
  }
  return members;
}

/** Puts a place among the nearest ones, which begin at `start`, in the order of their distances. */
function insert(members, distances, start, last, place, distance) {
  let i = last;
  for (; i > start && distances[i - 1] > distance; i--) {
    distances[i] = distances[i - 1];
    members[i] = members[i - 1];
  }
  distances[i] = distance;
  members[i] = place;
}

/** Fill `stacked` with a group's spectra, transformed along the stack as well. */
function gather(stacked, spectra, group, along, size) {
  stacked.fill(0);
  for (let j = 0; j < group.length; j++)
    for (let i = 0; i < group.length; i++) {
      const share = along[j * group.length + i];
      if (share === 0) continue;
      const from = group[i] * size;
      const to = j * size;
      for (let p = 0; p < size; p++) stacked[to + p] += share * spectra[from + p];
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

/** Every patch between two matrices: rows first, then columns. */
function transformed(patches, left, right, size) {
  const result = new Float64Array(patches.length);
  const half = new Float64Array(size ** 2);
  for (let start = 0; start < patches.length; start += half.length) {
    for (let y = 0; y < size; y++)
      for (let k = 0; k < size; k++) {
        let sum = 0;
        for (let x = 0; x < size; x++) sum += patches[start + y * size + x] * right[x * size + k];
        half[y * size + k] = sum;
      }
    for (let j = 0; j < size; j++)
      for (let k = 0; k < size; k++) {
        let sum = 0;
        for (let y = 0; y < size; y++) sum += left[j * size + y] * half[y * size + k];
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

/** The orthonormal Haar transform of `size` numbers, a power of 2: means, then differences. */
function haarMatrix(size) {
  let rows = [[1]];
  while (rows.length < size) {
    const differences = rows.map((_, i) => rows.flatMap((_, j) => (i === j ? [1, -1] : [0, 0])));
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
