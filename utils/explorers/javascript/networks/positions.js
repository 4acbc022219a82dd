// Where a token stands, told to attention: utils/transformers/positions.py, one vector at a time.

const LONGEST_WAVE = 10_000; // times as long as the shortest

/** 1 / 10000^(2i / size) for i from 0 to size / 2 - 1, in radians a place. */
export function waveFrequencies(size) {
  return Float64Array.from({ length: size / 2 }, (_, i) => LONGEST_WAVE ** ((-2 * i) / size));
}

/** `SinePositions.codes`: the sine of each wave at a place, and the cosine beside it. */
export function sineCode(place, size) {
  const code = new Float64Array(size);
  waveFrequencies(size).forEach((frequency, i) => {
    code[2 * i] = Math.sin(place * frequency);
    code[2 * i + 1] = Math.cos(place * frequency);
  });
  return code;
}

/** A point of the plane, turned about the origin. */
export function turnedPoint([x, y], angle) {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return [x * cosine - y * sine, x * sine + y * cosine];
}

/** `RotaryPositions.turn`, of one vector; `pairing` is "neighbours" or "halves". */
export function turnedVector(vector, place, pairing) {
  const turned = new Float32Array(vector.length);
  waveFrequencies(vector.length).forEach((frequency, i) => {
    const [first, second] =
      pairing === "neighbours" ? [2 * i, 2 * i + 1] : [i, i + vector.length / 2];
    const point = turnedPoint([vector[first], vector[second]], place * frequency);
    [turned[first], turned[second]] = point;
  });
  return turned;
}
