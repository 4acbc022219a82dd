// A sentence that a reader picks, types, or clicks together of known words.

import { html } from "../drawing/markup.js";
import { say } from "../text/words.js";
import { menu, textField } from "./controls.js";
import { CHIPS_STYLE, withWord, wordBox } from "./word_chips.js";

const OWN = "own"; // in the menu: a sentence of the reader's

export const SENTENCE_FIELD_STYLE = `
  .asked { display: grid; gap: 8px 22px; grid-template-columns: 1fr 1fr; }
  .asked > * { min-width: 0; grid-column: 1 / -1; }
  .asked > .control { grid-column: auto; }
  /* Smaller letters in a field make a telephone zoom in on it. */
  input[type="text"], select { font-size: 16px; }
  ${CHIPS_STYLE}
  @media (max-width: 480px) {
    .asked { grid-template-columns: minmax(0, 1fr); gap: 6px; }
    .asked > .control { display: flex; align-items: center; }
    .asked > .control > .named { flex: none; width: 5.2em; margin: 0; line-height: 34px; }
  }
`;

/**
 * A control, as those of controls.js; its value is the text. `sentences` are the German texts to pick
 * from, the first of which stands there at the beginning, `words` by kind those to click, and
 * `meanings` what these are in Chinese, where the page says so.
 */
export function sentenceField({ sentences, words, meanings = {} }) {
  const picked = menu({
    label: say("German"),
    options: [
      ...sentences.map((text, i) => [String(i), text]),
      [OWN, say("a sentence of your own …")],
    ],
    value: "0",
  });
  picked.input.lang = "de";
  const typed = textField({ label: say("or type it"), value: sentences[0], language: "de" });
  const listeners = [];
  const follow = () => {
    const place = sentences.indexOf(typed.value);
    picked.value = place < 0 ? OWN : String(place);
  };
  const tell = () => {
    follow();
    for (const changed of listeners) changed();
  };
  typed.listen(tell);
  picked.listen(() => {
    const isOwn = picked.value === OWN;
    typed.value = isOwn ? "" : sentences[Number(picked.value)];
    tell();
    if (isOwn) typed.input.focus();
  });
  const pressed = (word) => {
    const { value, selectionStart, selectionEnd } = typed.input;
    const { text, caret } = withWord(value, selectionStart, selectionEnd, word);
    typed.value = text;
    tell();
    typed.input.setSelectionRange(caret, caret);
  };
  const explained = Object.fromEntries(
    Object.entries(words).map(([kind, list]) => [
      kind,
      list.map((word) => (Object.hasOwn(meanings, word) ? [word, meanings[word]] : word)),
    ]),
  );
  // Nobody can guess which words were in the sentences that the network learnt from.
  const known = wordBox({
    summary: say("the {0} words it knows", Object.values(words).flat().length),
    ...{ words: explained, language: "de", glossLanguage: "zh-Hans", pressed },
    others: [html("p", {}, say("And numbers that are written as one word: zweiundvierzig."))],
  });
  return {
    element: html("div", { class: "whole asked" }, picked.element, typed.element, known.element),
    input: typed.input,
    get value() {
      return typed.value;
    },
    set value(text) {
      typed.value = text;
      follow();
    },
    get told() {
      return typed.told;
    },
    listen: (changed) => listeners.push(changed),
  };
}
