// A sentence written token by token, each time the likeliest one: `greedy` of utils/decoding/search.py.

import { END, PADDING, START } from "../text/control_tokens.js";
import { softmax } from "./tensors.js";

/**
 * read(tokenId, before) reads one token, `before` being what it returned for the last one, null at
 * first, and returns {logits, ...}. Written are at most `longest` tokens. Returns {steps, finished};
 * a step is what read() returned with {read, tokenId, probabilities}: it read one token and wrote
 * another.
 */
export function writeGreedily(read, longest) {
  const steps = [];
  let tokenId = START;
  while (steps.length < longest && tokenId !== END) {
    const step = read(tokenId, steps.at(-1) ?? null);
    const probabilities = softmax(step.logits);
    steps.push({ ...step, read: tokenId, tokenId: likeliest(probabilities), probabilities });
    tokenId = steps.at(-1).tokenId;
  }
  return { steps, finished: tokenId === END };
}

/** The token id of the greatest probability, of those that a sentence may go on with. */
function likeliest(probabilities) {
  let best = END;
  probabilities.forEach((probability, tokenId) => {
    if (tokenId !== PADDING && tokenId !== START && probability > probabilities[best])
      best = tokenId;
  });
  return best;
}
