// Words to click into a sentence, by kind, with a field that finds them.

import { html } from "../drawing/markup.js";
import { textField } from "./controls.js";

const MARKS = /^[.,?!…]/u; // stand at the word before them
const ENDING = /[.?!…]\s*$/u;
const WORD = /[\p{L}\p{N}]/u;
const NEXT = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export const CHIPS_STYLE = `
  .words { margin-top: 8px; max-height: 264px; overflow-y: auto; overscroll-behavior: contain; }
  .words .kind { position: sticky; top: 0; margin: 0; padding: 6px 0 3px; background: var(--paper);
    font-size: 14px; color: var(--muted); }
  .words > div > div { display: flex; flex-wrap: wrap; gap: 6px; padding: 2px 4px; }
  .words button { width: auto; min-height: 34px; padding: 3px 10px; font-weight: 400; }
  .words [hidden] { display: none; }
`;

/**
 * {text, caret}: the sentence with the word in the place of what is selected, from `start` to `end`,
 * parted from what stands around it. At the end of a sentence it comes before the full stop, and
 * within another word behind that.
 */
export function withWord(text, start, end, word) {
  let [from, to] = [start, end];
  if (from === to && text.slice(from).trim() === "" && ENDING.test(text))
    from = to = text.search(ENDING);
  const isWithin = from === to && WORD.test(text[from - 1] ?? "");
  while (isWithin && WORD.test(text[to] ?? "")) from = ++to;
  const before = text.slice(0, from).trimEnd();
  const after = text.slice(to).trimStart();
  const written = before + (before ? " " : "") + word;
  const gap = after && !MARKS.test(after) ? " " : "";
  return { text: written + gap + after, caret: written.length };
}

/**
 * `words` are {kind: [word, ...]}; pressed(word) is called with the one that is clicked. The arrow
 * keys go from word to word: all of them together are one stop of the tab key.
 */
export function wordChips({ words, language, pressed }) {
  const groups = Object.entries(words).map(([kind, list]) => {
    const chips = list.map((word) => html("button", { type: "button", tabindex: "-1" }, word));
    const row = html("div", { lang: language }, ...chips);
    return { chips, element: html("div", {}, html("p", { class: "kind" }, kind), row) };
  });
  const chips = groups.flatMap((group) => group.chips);
  const shown = () => chips.filter((chip) => !chip.hidden);
  const stopAt = (chip) => {
    for (const other of chips) other.tabIndex = other === chip ? 0 : -1;
  };
  stopAt(chips[0]);
  const list = html(
    "div",
    { class: "words", role: "group", "aria-label": "known words" },
    ...groups.map(({ element }) => element),
  );
  list.addEventListener("click", ({ target }) => {
    if (!chips.includes(target)) return;
    stopAt(target);
    pressed(target.textContent);
  });
  list.addEventListener("keydown", (event) => {
    const way = NEXT[event.key];
    const all = shown();
    const place = all.indexOf(event.target);
    if (!way || place < 0) return;
    event.preventDefault();
    const next = all[Math.min(Math.max(place + way, 0), all.length - 1)];
    stopAt(next);
    next.focus();
  });
  const found = textField({ label: "find a word", value: "", language });
  const none = html("p", { class: "muted", hidden: "" }, "It has learnt no word like this.");
  found.listen(() => {
    const wanted = plain(found.value);
    for (const { chips, element } of groups) {
      for (const chip of chips) chip.hidden = !plain(chip.textContent).includes(wanted);
      element.hidden = chips.every((chip) => chip.hidden);
    }
    none.hidden = shown().length > 0;
    stopAt(shown()[0]);
  });
  return { element: html("div", {}, found.element, list, none) };
}

/** Without capitals and umlauts, which not every keyboard has. */
function plain(text) {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ß", "ss");
}
