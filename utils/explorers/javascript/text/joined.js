// Words and sentences put together, as one does in the reader's language.

import { say } from "./words.js";

/** "a, b, c". */
export function enumerated(words) {
  return words.join(say(", "));
}

/** "a", "a and b", or "a, b and c"; "" of nothing. */
export function listed(words) {
  const last = words.at(-1) ?? "";
  return words.length > 1 ? say("{0} and {1}", enumerated(words.slice(0, -1)), last) : last;
}

/** One sentence behind the other. */
export function together(...sentences) {
  return sentences.reduce((before, next) => say("{0} {1}", before, next));
}
