// The book's first page: chapter 5's translators without and with attention write one German
// sentence in English, word by word, side by side.
//
// Data: {models: [without attention, with it], each {kind, weights}, source_tokens, target_tokens,
// sentences: [{source, target}], longest, most_steps}, as those of translator.js.

import { END } from "./control_tokens.js";
import { button, textField } from "./controls.js";
import { define, Explorer } from "./element.js";
import { change, html } from "./markup.js";
import { translateGreedily } from "./seq2seq.js";
import { readWeights } from "./tensors.js";
import { twinArcs } from "./twin_arcs.js";
import { readSentence, Vocabulary } from "./typed.js";
import { writtenSentence } from "./written.js";

const EACH_WORD = 560; // milliseconds that a word takes to be written
const GROWING = 300; // of them its arcs grow
const SIDES = ["plain", "attending"];
const NAMES = { plain: "without attention", attending: "with attention" };
const LEAST_ROWS = 11;
const OPENS = "a[href='#type-your-own']"; // links of the page that lead to the text field

const TWIN_STYLE = `
  .stage > .asked { flex-basis: 100%; }
  .panel { padding: 10px 14px 12px; }
  .stage { gap: 8px; }
  input[type="text"] { font-size: 16px; min-height: 40px; }
  .columns { flex-basis: 100%; display: grid; column-gap: 12px;
    grid-template-columns: 1fr auto 1fr; }
  .columns > * { margin: 0; }
  .columns .attending { text-align: end; }
  .heads { font-size: 14px; line-height: 1.3; }
  .heads strong { display: block; }
  .stage > svg { flex-basis: 100%; }
  svg text { font-size: 13.5px; }
  svg text.now { font-weight: 700; }
  svg text.unknown, svg text.wrong { fill: var(--orange); }
  .outcomes { grid-template-columns: 1fr 1fr; line-height: 1.3; }
  .outcomes > * { min-height: 5.2em; }
  .sentence { font-weight: 650; overflow-wrap: anywhere; }
  .verdict { display: block; font-size: 14px; font-weight: 400; color: var(--muted); }
  .verdict.right { color: var(--green); }
  .verdict.wrong { color: var(--orange); }
  .stage > .note { flex-basis: 100%; min-height: 1.45em; font-size: 14px; overflow-wrap: anywhere; }
  .moves { flex-basis: 100%; display: grid; gap: 8px; grid-template-columns: repeat(3, 1fr); }
  .moves button { min-height: 40px; padding: 4px 6px; }
  .moves button:first-child { background: var(--focus); border-color: var(--focus);
    color: var(--paper); }
  summary { cursor: pointer; color: var(--muted); min-height: 24px; }
  details p { margin: 6px 0 0; font-size: 14px; }
  @media (min-width: 700px) { .outcomes > * { min-height: 3.9em; } }
  @keyframes grow { from { stroke-dashoffset: 1; } }
  @keyframes arrive { from { opacity: 0; } }
  .growing { stroke-dasharray: 1; animation: grow ${GROWING}ms ease-out; }
  .arriving { animation: arrive ${GROWING}ms ease-in; }
  @media (prefers-reduced-motion: reduce) { .growing, .arriving { animation: none; } }
`;

class TwoTranslators extends Explorer {
  build(data) {
    this.data = data;
    this.source = new Vocabulary(data.source_tokens);
    this.target = new Vocabulary(data.target_tokens);
    this.models = data.models.map(({ kind, weights }) => ({ kind, weights: readWeights(weights) }));
    this.known = data.sentences.map(({ source }) => writtenSentence(source, "de"));
    this.written = 0; // words that each network has written
    this.pointed = null; // the row that is pointed at
    this.sentence = textField({
      label: "A German sentence: change it, or type your own",
      value: this.known[0],
      language: "de",
      changed: () => this.#finish(),
    });
    this.arcs = twinArcs({ languages: ["de", "en"], point: (row) => this.#point(row) });
    this.play = button({ label: "", pressed: () => (this.timer ? this.#pause() : this.#play()) });
    this.next = button({ label: "Next word", pressed: () => this.#step() });
    this.other = button({ label: "Next sentence", pressed: () => this.#another() });
    this.outcomes = SIDES.map((side) => html("p", { class: side, lang: "en" }));
    this.note = html("p", { class: "note muted" });
    this.#label();
    for (const link of document.querySelectorAll(OPENS))
      link.addEventListener("click", (event) => this.#typeOwn(event));
    return {
      stage: [
        html("style", {}, TWIN_STYLE),
        html("div", { class: "asked" }, this.sentence.element),
        html(
          "div",
          { class: "columns heads" },
          html("p", {}, html("strong", {}, "Without attention"), "from one vector"),
          html("p", { class: "muted" }),
          html("p", { class: "attending" }, html("strong", {}, "With attention"), "looking back"),
        ),
        this.arcs.element,
        html("div", { class: "columns outcomes" }, ...this.outcomes),
        this.note,
        html("div", { class: "moves" }, this.play.input, this.next.input, this.other.input),
      ],
      controls: [this.#words()],
    };
  }

  connectedCallback() {
    super.connectedCallback();
    if (!this.shadowRoot || !this.arcs) return;
  }
}

define("book-two-translators", TwoTranslators);
