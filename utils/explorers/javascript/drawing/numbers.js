// Numbers as they are written on the page.

import { say } from "../text/words.js";

/** A number as the book writes it: with a true minus sign, and none before a zero. */
export function decimal(value, places) {
  const text = places === undefined ? String(value) : value.toFixed(places);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** 0.5 -> "50 %". What would be written as nothing, but is something, is "< 1 %". */
export function percent(share, places = 0) {
  const least = 10 ** -places;
  const shown = 100 * share;
  return shown > 0 && shown < least ? say("< {0} %", least) : say("{0} %", shown.toFixed(places));
}
