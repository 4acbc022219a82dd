// Tokens as people write them: utils.text.corpus.written, in the page.

import { say } from "./words.js";

/** A sentence of tokens in "zh", "de" or "en" as it is written. */
export function writtenSentence(tokens, language) {
  if (language === "zh") return tokens.join("");
  const glue = { de: ["+ ", ""], en: ["- ", "-"] }[language]; // "ein+ und+ zwanzig", "twenty- one"
  if (!glue) throw new Error(`expected the language zh, de or en, got ${language}`);
  let text = tokens.join(" ").replaceAll(...glue);
  for (const mark of ",.?") text = text.replaceAll(` ${mark}`, mark);
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("");
}

/** What a known sentence says, for readers of the Chinese edition, who may know no German. */
export function inChinese({ chinese }) {
  return say("What the German sentence says, in Chinese: {0}", chinese);
}
