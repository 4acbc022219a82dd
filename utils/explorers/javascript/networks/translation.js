// What a network makes of one sentence, word by word, beside the right translation if it is known.

import { equalTokens, inBoth } from "../text/agreement.js";
import { translateGreedily } from "./seq2seq.js";

/**
 * `network` is {kind, weights} as translateGreedily() takes them, `tokenIds` the sentence, which may
 * be empty, `targetTokens` the words of the other language by their ids, `target` the right ones or
 * null. Returns
 *   steps, finished: as translateGreedily() does; tokens: the words, without the end token;
 *   words: the same as {text, wrong}, wrong where the right translation does not have them;
 *   isRight: null if nobody knows; weights: a list for each step, or null; logProbability or null.
 */
export function translateSentence({ kind, weights }, tokenIds, targetTokens, { target, longest }) {
  const { steps, finished } = tokenIds.length
    ? translateGreedily(weights, kind, tokenIds, { longest })
    : { steps: [], finished: false };
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
