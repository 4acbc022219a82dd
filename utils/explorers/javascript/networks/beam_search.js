// Beam search in the page: utils/decoding/search.py, on one sentence.

import { END, START } from "../text/control_tokens.js";
import { decodeStep, encode } from "./seq2seq.js";

/**
 * A search in the translations of one sentence. search(width) keeps `width` beginnings; what it has
 * read it remembers for other widths. It returns its steps, each a list of continuations, the
 * likeliest first: {parent, tokenId, log, kept}. `parent` is the place, in the step before, of what
 * it continues, null at first; `log` the logarithm of the probability of all tokens up to here. One
 * that ends the sentence gives up its place. Of each beginning there are width + `more` of them.
 */
export function beamSearcher(weights, source, { longest, more = 0 }) {
  const encoded = encode(weights, source);
  const known = new Map(); // by their tokens
  const read = (path, tokenId, hidden) => {
    if (!known.has(path)) {
      const step = decodeStep(weights, "no attention", tokenId, encoded, hidden);
      known.set(path, { hidden: step.hidden, logs: logProbabilities(step.logits) });
    }
    return known.get(path);
  };
  return (width) => {
    let beginnings = [{ place: null, path: "", tokenId: START, hidden: encoded.state, log: 0 }];
    let places = width;
    const steps = [];
    while (beginnings.length && steps.length < longest) {
      const found = beginnings.flatMap(({ place, path, tokenId, hidden, log }) => {
        const { hidden: next, logs } = read(path, tokenId, hidden);
        return greatest(logs, width + more).map((token) => ({
          parent: place,
          path: `${path} ${token}`,
          tokenId: token,
          hidden: next,
          log: log + logs[token],
        }));
      });
      found.sort((a, b) => b.log - a.log);
      steps.push(
        found.map(({ parent, tokenId, log }, i) => ({ parent, tokenId, log, kept: i < places })),
      );
      const kept = found.slice(0, places).map((one, place) => ({ ...one, place }));
      beginnings = kept.filter(({ tokenId }) => tokenId !== END);
      places = beginnings.length;
    }
    return steps;
  };
}

/** The path that leads to a continuation, its first one first: [step, place] of each. */
export function pathTo(steps, step, place) {
  const path = [];
  for (let [at, where] = [step, place]; at >= 0; at--) {
    path.unshift([at, where]);
    where = steps[at][where].parent;
  }
  return path;
}

/** [step, place] of the most probable sentence that has ended by `last`; null if none has. */
export function bestFinished(steps, last = steps.length - 1) {
  let best = null;
  steps.slice(0, last + 1).forEach((step, at) => {
    step.forEach(({ tokenId, log, kept }, place) => {
      if (kept && tokenId === END && (!best || log > steps[best[0]][best[1]].log))
        best = [at, place];
    });
  });
  return best;
}

/** Logarithms of the probabilities of the tokens; of those that are never written minus infinity. */
function logProbabilities(logits) {
  const highest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  const scale = highest + Math.log(sum);
  return Float64Array.from(logits, (logit, tokenId) => (tokenId < END ? -Infinity : logit - scale));
}

/** The places of the `count` greatest values, the greatest first. */
function greatest(values, count) {
  const found = [];
  values.forEach((value, i) => {
    if (found.length === count && value <= values[found[count - 1]]) return;
    let at = found.length;
    while (at > 0 && values[found[at - 1]] < value) at--;
    found.splice(at, 0, i);
    if (found.length > count) found.pop();
  });
  return found;
}
