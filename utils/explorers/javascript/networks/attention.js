// What every attention does with vectors: utils/models/attention.py, one query at a time.

import { dot } from "./tensors.js";

/** How well each key answers the query: the dot product, divided by the root of the size. */
export function scaledDotScores(query, keys) {
  const scale = Math.sqrt(query.length);
  return keys.map((key) => dot(query, key) / scale);
}

/** The vectors, each times its weight, added up. */
export function weightedMean(weights, vectors) {
  const sum = new Float32Array(vectors[0].length);
  vectors.forEach((vector, i) => {
    for (let d = 0; d < sum.length; d++) sum[d] += weights[i] * vector[d];
  });
  return sum;
}
