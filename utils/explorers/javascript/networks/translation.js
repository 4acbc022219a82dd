// What a network makes of one sentence, word by word, beside the right translation if it is known.

import { equalTokens, inBoth } from "../text/agreement.js";

/**
 * translate(tokenIds) returns what writeGreedily() does, or more; `tokenIds` is the sentence, which
 * may be empty. Returns `translated`, what translate() returned, null of nothing, and what outcomeOf()
 * makes of it.
 */
export function translateSentence(translate, tokenIds, targetTokens, target) {
  const translated = tokenIds.length ? translate(tokenIds) : null;
  return { translated, ...outcomeOf(translated, targetTokens, target) };
}

/**
 * What came of writeGreedily(), null if there was nothing to write; `targetTokens` are the words by
 * their ids, `target` the right ones or null. Returns
 *   steps, finished: as there;
 *   tokens: the words, without the end token;
 *   words: the same as {text, wrong}, wrong where the right ones do not have them;
 *   isRight: null if nobody knows; weights: a list for each step, or null; logProbability or null.
 */
export function outcomeOf(written, targetTokens, target) {
  const { steps, finished } = written ?? { steps: [], finished: false };
  const tokens = steps.map(({ tokenId }) => targetTokens[tokenId]);
  if (finished) tokens.pop(); // the end is no word
  const isKept = target ? inBoth(tokens, target) : tokens.map(() => true);
  const log = steps.reduce((sum, step) => sum + Math.log(step.probabilities[step.tokenId]), 0);
  return {
    steps,
    finished,
    tokens,
    words: tokens.map((text, j) => ({ text, wrong: !isKept[j] })),
    isRight: target ? finished && equalTokens(tokens, target) : null,
    weights: steps[0]?.weights ? steps.map((step) => Array.from(step.weights)) : null,
    logProbability: steps.length ? log : null,
  };
}

/** The step that looks farthest away from its own place: there the languages differ. */
export function mostTellingStep(weights, words) {
  if (!weights) return 0;
  let [best, farthest] = [0, -1];
  weights.slice(0, words).forEach((looks, j) => {
    const distance = Math.abs(looks.indexOf(Math.max(...looks)) - j);
    if (distance > farthest) [best, farthest] = [j, distance];
  });
  return best;
}
