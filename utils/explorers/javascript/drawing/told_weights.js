// What weights show, in words.

import { listed } from "../text/joined.js";
import { say } from "../text/words.js";
import { percent } from "./numbers.js";

export const TOLD = 0.1; // a lesser weight is not put into words
const MOST_TOLD = 3; // weights
const MOST_LETTERS = 30; // of a word

/** The greatest weights in words, with what they belong to; "" if all are small. */
export function mostOf(weights, words) {
  const seen = weights
    .map((weight, i) => [weight, words[i]])
    .filter(([weight]) => weight >= TOLD)
    .sort(([a], [b]) => b - a)
    .slice(0, MOST_TOLD)
    .map(([weight, word]) =>
      say("“{0}” ({1})", fewLetters(word), percent(weight).replace(" ", "\u00a0")),
    );
  return listed(seen);
}

export function fewLetters(word) {
  const letters = [...word];
  return letters.length > MOST_LETTERS ? `${letters.slice(0, MOST_LETTERS - 1).join("")}…` : word;
}
