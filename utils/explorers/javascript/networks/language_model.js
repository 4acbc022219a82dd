// The language model of chapter 4 in the page: utils/models/language_model.py, one token at a time.

import { END, START } from "../text/control_tokens.js";
import { generator } from "./random.js";
import { gruStep } from "./seq2seq.js";
import { linear, row, softmax } from "./tensors.js";

const MOST_REMEMBERED = 5000; // beginnings

/**
 * What the network says after it has read `tokenIds`: {hidden, logits}; the start token it reads by
 * itself. Beginnings that it has read before it remembers.
 */
export class LanguageModel {
  #read = new Map();

  constructor(weights) {
    this.weights = weights;
  }

  after(tokenIds) {
    const key = tokenIds.join(" ");
    if (!this.#read.has(key)) {
      const hidden = tokenIds.length
        ? this.after(tokenIds.slice(0, -1)).hidden
        : new Float32Array(this.weights["recurrent.network.weight_hh_l0"].shape[1]);
      const input = row(this.weights["embedding.weight"], tokenIds.at(-1) ?? START);
      const next = gruStep(this.weights, "recurrent.network", "", input, hidden);
      const logits = linear(this.weights["to_logits.weight"], this.weights["to_logits.bias"], next);
      if (this.#read.size >= MOST_REMEMBERED) this.#read.clear();
      this.#read.set(key, { hidden: next, logits });
    }
    return this.#read.get(key);
  }

  /** Probabilities of the next token. Padding and the start token have 0: neither is written. */
  probabilities(tokenIds, temperature) {
    const scores = Array.from(this.after(tokenIds).logits);
    return softmax(
      scores.map((score, tokenId) => (tokenId < END ? -Infinity : score)),
      temperature,
    );
  }

  /**
   * Go on after `tokenIds`, each token drawn with its probability, until the end token is drawn or
   * for `longest` tokens. Returns a step for each of them: {tokenId, probabilities}.
   */
  write(tokenIds, { temperature, seed, longest }) {
    const next = generator(seed);
    const written = [...tokenIds];
    const steps = [];
    while (steps.length < longest && steps.at(-1)?.tokenId !== END) {
      const probabilities = this.probabilities(written, temperature);
      const tokenId = drawn(probabilities, next());
      steps.push({ tokenId, probabilities });
      written.push(tokenId);
    }
    return steps;
  }
}

/** The place in which a number from [0, 1) falls, if each has a share of it. */
function drawn(probabilities, share) {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) {
    sum += probabilities[i];
    if (share < sum) return i;
  }
  return probabilities.indexOf(Math.max(...probabilities)); // what rounding leaves of 1
}
