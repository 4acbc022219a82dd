// Chinese that somebody typed, as the tokens a network knows, each character one; and word by word
// what it means.

import { UNKNOWN } from "./control_tokens.js";
import { enumerated } from "./joined.js";
import { say } from "./words.js";

const FINAL = "。？";
// Marks that another keyboard writes.
const CHINESE_MARKS = { ".": "。", "．": "。", "?": "？", ",": "，", "!": "。", "！": "。" };

/**
 * {tokens, unknown, message}: the sentence as tokens, those of them that `vocabulary`, a list, does
 * not have, and plain words for the reader, "" if all is well. Of nothing, and of more than
 * `longest` characters, there are no tokens.
 */
export function readChinese(text, vocabulary, longest) {
  const tokens = [...text.normalize("NFC").replace(/[\s\p{C}]/gu, "")].map(
    (character) => CHINESE_MARKS[character] ?? character,
  );
  const nothing = { tokens: [], unknown: [] };
  if (!tokens.some((character) => /\p{L}/u.test(character)))
    return {
      ...nothing,
      message: say("There is nothing to read yet: type Chinese, or pick words."),
    };
  if (!FINAL.includes(tokens.at(-1))) tokens.push("。");
  if (tokens.length > longest) {
    const message = say("These are {0} characters, and {1} is the most.", tokens.length, longest);
    return { ...nothing, message };
  }
  const unknown = [...new Set(tokens.filter((token) => vocabulary.indexOf(token) <= UNKNOWN))];
  const named = unknown.slice(0, 5).map((character) => `“${character}”`);
  if (unknown.length > 5) named.push(say("{0} more", unknown.length - 5));
  const message = unknown.length
    ? say(
        "The network does not know {0}: all that is unknown it reads as one and the same symbol. The words below are known.",
        enumerated(named),
      )
    : "";
  return { tokens, unknown, message };
}

/**
 * Cut into words: [{start, end, gloss}], each as long as `glosses`, from words to what they mean,
 * allow. The gloss of a character that is in none of them is "".
 */
export function glossed(tokens, glosses) {
  const longest = Math.max(1, ...Object.keys(glosses).map((word) => [...word].length));
  const words = [];
  for (let start = 0; start < tokens.length; ) {
    let end = Math.min(tokens.length, start + longest);
    const word = () => tokens.slice(start, end).join("");
    while (end > start + 1 && !Object.hasOwn(glosses, word())) end--;
    words.push({ start, end, gloss: Object.hasOwn(glosses, word()) ? glosses[word()] : "" });
    start = end;
  }
  return words;
}
