// Numbers that lie in the page as base64, as utils/explorers/packed_tensors.py wrote them, and what is done to them.

// The characters of the kind "ascii", from the one for its least number.
const ASCII_LIMIT = 45;
const CHARACTERS = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
  .filter((character) => !'"\\<'.includes(character))
  .join("");

/** {shape, kind, values[, scales]} -> {shape, data}, data a Float32Array, row after row. */
export function readTensor({ shape, kind, values, scales }) {
  const bytes = kind === "ascii" ? readCharacters(values) : readBytes(values);
  const size = shape.reduce((product, length) => product * length, 1);
  const view = new DataView(bytes.buffer);
  const data = new Float32Array(size);
  if (kind === "float32") {
    for (let i = 0; i < size; i++) data[i] = view.getFloat32(4 * i, true);
  } else if (kind === "float16") {
    for (let i = 0; i < size; i++) data[i] = readHalf(view.getUint16(2 * i, true));
  } else if (kind === "uint16") {
    for (let i = 0; i < size; i++) data[i] = view.getUint16(2 * i, true);
  } else if (kind === "uint8") {
    data.set(bytes);
  } else if (kind === "int8" || kind === "ascii") {
    // One scale for each row: each number is a multiple of its row's.
    const scale = new DataView(readBytes(scales).buffer);
    const rows = scale.byteLength / 4;
    const numbers = new Int8Array(bytes.buffer);
    for (let row = 0, i = 0; row < rows; row++) {
      const factor = scale.getFloat32(4 * row, true);
      for (const end = ((row + 1) * size) / rows; i < end; i++) data[i] = numbers[i] * factor;
    }
  } else {
    throw new Error(`expected float32, float16, int8, ascii, uint8 or uint16, got ${kind}`);
  }
  return { shape, data };
}

/** All tensors of a packed network, by name. */
export function readWeights(packed) {
  return Object.fromEntries(
    Object.entries(packed).map(([name, tensor]) => [name, readTensor(tensor)]),
  );
}

/** Row i of a tensor of two or more dimensions; not a copy. */
export function row({ shape, data }, i) {
  const length = data.length / shape[0];
  return data.subarray(i * length, (i + 1) * length);
}

export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** W x + b, W of shape (outputs, inputs); without b if there is none. */
export function linear(weight, bias, x) {
  const [outputs, inputs] = weight.shape;
  if (x.length !== inputs) throw new Error(`expected ${inputs} numbers, got ${x.length}`);
  const { data } = weight;
  const y = new Float32Array(outputs);
  // Four outputs at once, so that none waits for its own last sum.
  let o = 0;
  for (; o + 4 <= outputs; o += 4) {
    let at = o * inputs;
    let sum0 = bias ? bias.data[o] : 0;
    let sum1 = bias ? bias.data[o + 1] : 0;
    let sum2 = bias ? bias.data[o + 2] : 0;
    let sum3 = bias ? bias.data[o + 3] : 0;
    for (let i = 0; i < inputs; i++, at++) {
      const value = x[i];
      sum0 += data[at] * value;
      sum1 += data[at + inputs] * value;
      sum2 += data[at + 2 * inputs] * value;
      sum3 += data[at + 3 * inputs] * value;
    }
    y[o] = sum0;
    y[o + 1] = sum1;
    y[o + 2] = sum2;
    y[o + 3] = sum3;
  }
  for (; o < outputs; o++) {
    let sum = bias ? bias.data[o] : 0;
    for (let i = 0, at = o * inputs; i < inputs; i++, at++) sum += data[at] * x[i];
    y[o] = sum;
  }
  return y;
}

/**
 * The products of all rows of `a` with all rows of `b`, both of so many numbers a row: a Float64Array
 * of shape (rows of a, rows of b), or what is `given`, overwritten. Four rows
 * of `a` and two of `b` are taken at once, since they share what is read.
 */
export function rowProducts(a, b, length, given = null) {
  const rows = a.length / length;
  const columns = b.length / length;
  const products = given ?? new Float64Array(rows * columns);
  const four = new Float64Array(4 * length); // number by number
  for (let first = 0; first < rows; first += 4) {
    for (let turn = 0; turn < 4; turn++) {
      const from = Math.min(first + turn, rows - 1) * length;
      for (let i = 0; i < length; i++) four[4 * i + turn] = a[from + i];
    }
    // Beyond the last row the last one is repeated, and written once more.
    const row0 = first * columns;
    const row1 = Math.min(first + 1, rows - 1) * columns;
    const row2 = Math.min(first + 2, rows - 1) * columns;
    const row3 = Math.min(first + 3, rows - 1) * columns;
    for (let column = 0; column < columns; column += 2) {
      const next = column + 1 < columns ? 1 : 0;
      const further = next * length;
      let at = column * length;
      let sum00 = 0;
      let sum10 = 0;
      let sum20 = 0;
      let sum30 = 0;
      let sum01 = 0;
      let sum11 = 0;
      let sum21 = 0;
      let sum31 = 0;
      for (let i = 0; i < 4 * length; i += 4, at++) {
        const one = b[at];
        const other = b[at + further];
        const from0 = four[i];
        const from1 = four[i + 1];
        const from2 = four[i + 2];
        const from3 = four[i + 3];
        sum00 += from0 * one;
        sum10 += from1 * one;
        sum20 += from2 * one;
        sum30 += from3 * one;
        sum01 += from0 * other;
        sum11 += from1 * other;
        sum21 += from2 * other;
        sum31 += from3 * other;
      }
      products[row0 + column] = sum00;
      products[row1 + column] = sum10;
      products[row2 + column] = sum20;
      products[row3 + column] = sum30;
      products[row0 + column + next] = sum01;
      products[row1 + column + next] = sum11;
      products[row2 + column + next] = sum21;
      products[row3 + column + next] = sum31;
    }
  }
  return products;
}

/** Positive numbers with the sum 1; the greater the temperature, the more equal. */
export function softmax(scores, temperature = 1) {
  let highest = -Infinity;
  for (let i = 0; i < scores.length; i++) if (scores[i] > highest) highest = scores[i];
  const weights = new Float64Array(scores.length);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    weights[i] = Math.exp((scores[i] - highest) / temperature);
    sum += weights[i];
  }
  for (let i = 0; i < weights.length; i++) weights[i] /= sum;
  return weights;
}

export function relu(x) {
  return x.map((value) => Math.max(value, 0));
}

export function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/** Peak signal-to-noise ratio in decibels of numbers in [0, 1]; Infinity if they are equal. */
export function psnr(restored, original) {
  let sum = 0;
  for (let i = 0; i < original.length; i++) sum += (restored[i] - original[i]) ** 2;
  return -10 * Math.log10(sum / original.length);
}

function readBytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Whole numbers, one for each character. */
function readCharacters(text) {
  // A table, as a network may have a million of them.
  const places = new Int8Array(128);
  [...CHARACTERS].forEach((character, i) => {
    places[character.charCodeAt(0)] = i - ASCII_LIMIT;
  });
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = places[text.charCodeAt(i)];
  return bytes;
}

/** A number of 16 bits (IEEE 754): 1 for the sign, 5 for the exponent, 10 for the fraction. */
function readHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
