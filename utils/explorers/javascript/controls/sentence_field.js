// A sentence that a reader picks, types, or clicks together of known words.

import { html } from "../drawing/markup.js";
import { menu, textField } from "./controls.js";
import { CHIPS_STYLE, withWord, wordChips } from "./word_chips.js";

const OWN = "own"; // in the menu: a sentence of the reader's

export const SENTENCE_FIELD_STYLE = `
  .asked { display: grid; gap: 10px; }
  /* Smaller letters in a field make a telephone zoom in on it. */
  input[type="text"], select { font-size: 16px; }
  summary { cursor: pointer; color: var(--muted); min-height: 24px; }
  details p { margin: 6px 0 0; font-size: 14px; }
  ${CHIPS_STYLE}
`;

/**
 * A control, as those of controls.js; its value is the text. `sentences` are the German texts to pick
 * from, the first of which stands there at the beginning, `words` by kind those to click.
 */
export function sentenceField({ sentences, words }) {
  const picked = menu({
    label: "pick a German sentence",
    options: [...sentences.map((text, i) => [String(i), text]), [OWN, "a sentence of your own …"]],
    value: "0",
  });
  picked.input.lang = "de";
  const typed = textField({
    label: "or change it, or type your own",
    value: sentences[0],
    language: "de",
  });
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
  const count = Object.values(words).flat().length;
  return {
    element: html(
      "div",
      { class: "whole asked" },
      picked.element,
      typed.element,
      // Nobody can guess which words were in the sentences it learnt from.
      html(
        "details",
        { class: "wide" },
        html("summary", {}, `Click words in: ${count} were in its training`),
        wordChips({ words, language: "de", pressed }).element,
        html("p", {}, "And numbers that are written as one word: zweiundvierzig."),
      ),
    ),
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
