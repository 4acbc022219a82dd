// How much room there is on the screen, and how much a text takes.

const WIDE = /[\u2e80-\u9fff\uff00-\uffef]/u;

/** Whether the page is as narrow as a phone: the width at which styles of the explorers change too. */
export function isNarrow() {
  return matchMedia("(max-width: 480px)").matches;
}

/** How many letters take the room of a text: a Chinese character takes that of two. */
export function lettersIn(text) {
  return [...text].reduce((count, letter) => count + (WIDE.test(letter) ? 2 : 1), 0);
}
