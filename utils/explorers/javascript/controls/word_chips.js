// Words to click into a sentence, by kind, with a field that finds them.

import { change, html } from "../drawing/markup.js";
import { say } from "../text/words.js";
import { button, choice, textField } from "./controls.js";

const MARKS = /^[.,?!…]/u; // stand at the word before them
const ENDING = /[.?!…]\s*$/u;
const WORD = /[\p{L}\p{N}]/u;
const ALL_KINDS = "all";
// What utils/languages/dictionary.py calls the kinds of German words.
const CALLED = {
  people: say("people"),
  animals: say("animals"),
  things: say("things"),
  places: say("places"),
  verbs: say("verbs"),
  adjectives: say("adjectives"),
  numbers: say("numbers"),
  times: say("times"),
  "small words": say("small words"),
};
const NEXT = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export const CHIPS_STYLE = `
  .word-box > summary {
    display: inline-block; min-height: 34px; padding: 4px 12px; border: 1px solid var(--muted);
    border-radius: 6px; color: var(--ink); cursor: pointer; list-style: none;
  }
  .word-box > summary::before { content: "▸ "; }
  .word-box[open] > summary::before { content: "▾ "; }
  .word-box[open] {
    padding: 8px 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--faint);
  }
  .word-box[open] > summary { margin-bottom: 6px; background: var(--paper); }
  .word-box .finding { display: flex; gap: 8px; align-items: end; }
  .word-box .finding > :first-child { flex: 1; }
  .word-box .named { margin: 0; font-size: 14px; }
  .word-box input[type="text"] { background: var(--paper); }
  .word-box .close { flex: none; width: auto; background: var(--paper); }
  .word-box .kinds { flex-wrap: nowrap; margin-top: 6px; padding: 3px; overflow-x: auto; }
  .word-box .kinds label { flex: none; position: relative; }
  .word-box .kinds span { padding: 2px 9px; font-size: 14px; background: var(--paper); }
  .word-box .kinds input:checked + span { background: var(--focus); }
  .words { margin-top: 4px; height: 190px; overflow-y: auto; overscroll-behavior: contain; }
  .words .kind { position: sticky; top: 0; margin: 0; padding: 5px 0 2px;
    background: var(--faint); font-size: 14px; color: var(--muted); }
  .words > div > div { display: flex; flex-wrap: wrap; gap: 6px; padding: 2px 4px; }
  .words button {
    width: auto; min-height: 34px; padding: 3px 10px; font-weight: 400; background: var(--paper);
  }
  .words small { color: var(--muted); }
  .word-box [hidden] { display: none; }
  .word-box > p { margin: 6px 0 0; font-size: 14px; }
  @media (max-width: 480px) { .words { height: 92px; } } /* the picture stays in sight */
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

/** The same in Chinese, which parts no words; at the end of a sentence the word comes before its mark. */
export function withCharacters(text, start, end, word) {
  const isAtEnd = start === text.length && /[。？]$/u.test(text);
  const [from, to] = isAtEnd ? [start - 1, start - 1] : [start, end];
  return { text: text.slice(0, from) + word + text.slice(to), caret: from + word.length };
}

/**
 * A box that opens under `summary`, with words to click: `words` are {kind: [word or [word, gloss],
 * ...]}, the glosses in `glossLanguage`. pressed(word) is called with the one that is clicked. The arrow keys go from word to word:
 * all of them together are one stop of the tab key. Escape closes the box, as its button does.
 * `others` are elements below the words.
 */
export function wordBox({ summary, words, language, glossLanguage = "en", pressed, others = [] }) {
  const wordOf = new Map(); // by its button
  const groups = Object.entries(words).map(([kind, list]) => {
    const chips = list.map((entry) => {
      const [word, gloss] = [entry].flat();
      const text = html("span", { lang: language }, word);
      const beside = gloss ? [" ", html("small", { lang: glossLanguage }, gloss)] : [];
      const chip = html("button", { type: "button", tabindex: "-1" }, text, ...beside);
      wordOf.set(chip, word);
      return chip;
    });
    const called = CALLED[kind] ?? kind;
    const heading = html("p", { class: "kind" }, called);
    return { kind, called, chips, element: html("div", {}, heading, html("div", {}, ...chips)) };
  });
  const chips = [...wordOf.keys()];
  const shown = () => groups.filter(({ element }) => !element.hidden).flatMap(seenOf);
  const stopAt = (chip) => {
    for (const other of chips) other.tabIndex = other === chip ? 0 : -1;
  };
  stopAt(chips[0]);
  const list = html(
    "div",
    { class: "words", role: "group", "aria-label": say("known words") },
    ...groups.map(({ element }) => element),
  );
  list.addEventListener("click", ({ target }) => {
    const chip = target.closest("button");
    if (!wordOf.has(chip)) return;
    stopAt(chip);
    pressed(wordOf.get(chip));
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
  const found = textField({ label: say("find a word"), value: "", language });
  const kinds = choice({
    label: say("kind of word"),
    options: [[ALL_KINDS, say("all")], ...groups.map(({ kind, called }) => [kind, called])],
    value: ALL_KINDS,
  });
  change(kinds.element, { class: "control choice kinds", hidden: groups.length > 1 ? null : "" });
  kinds.element.firstChild.className = "unseen";
  const none = html("p", { class: "muted", hidden: "" }, say("It has learnt no word like this."));
  list.append(none);
  const sift = () => {
    const wanted = plain(found.value);
    for (const { kind, chips, element } of groups) {
      for (const chip of chips) chip.hidden = !plain(chip.textContent).includes(wanted);
      const isWanted = [ALL_KINDS, kind].includes(kinds.value);
      element.hidden = !isWanted || seenOf({ chips }).length === 0;
    }
    none.hidden = shown().length > 0;
    stopAt(shown()[0]);
    list.scrollTop = 0;
  };
  // What is looked for may be of any kind.
  found.listen(() => {
    kinds.value = ALL_KINDS;
    sift();
  });
  kinds.listen(() => {
    found.value = "";
    sift();
  });

  const close = () => {
    box.open = false;
    box.firstChild.focus();
  };
  const closing = button({ label: say("✕ close"), pressed: close }).input;
  closing.className = "close";
  const box = html(
    "details",
    { class: "wide word-box" },
    html("summary", {}, summary),
    html("div", { class: "finding" }, found.element, closing),
    kinds.element,
    list,
    ...others,
  );
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    event.preventDefault();
    close();
  });
  return { element: box };
}

function seenOf({ chips }) {
  return chips.filter((chip) => !chip.hidden);
}

/** Without capitals and umlauts, which not every keyboard has. */
function plain(text) {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ß", "ss");
}
