// The book's first page: chapter 5's translators without and with attention write one German
// sentence in English, word by word, side by side.
//
// Data: {models: [without attention, with it], each {kind, weights}, source_tokens, target_tokens,
// sentences: [{source, target}], longest, most_steps}, as those of translator.js.

import { button, textField } from "./controls/controls.js";
import { html } from "./drawing/markup.js";
import { twinArcs } from "./drawing/twin_arcs.js";
import { define, Explorer, held } from "./element.js";
import { translateGreedily } from "./networks/seq2seq.js";
import { readWeights } from "./networks/tensors.js";
import { readSentence, Vocabulary } from "./text/typed.js";
import { writtenSentence } from "./text/written.js";

const EACH_WORD = 450; // milliseconds; less than what is read out and put into the address waits for
const GROWING = 300; // of them its arcs grow
const ALL = -1; // of the words are written
const FEWEST_TWIN_ROWS = 11; // so that the page does not jump with every short sentence
const OPENS_FIELD = "a[href$='#type-your-own']"; // links of the page that lead to the text field
const CONTROL_TOKENS = 4; // at the beginning of a vocabulary; they are no words
const SIDES = ["plain", "attending"];

const TWIN_STYLE = `
  .panel { padding: 10px 14px 12px; }
  .stage { gap: 8px; }
  .stage > * { flex-basis: 100%; }
  .stage > .control { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: center; }
  .stage > .control .named { margin: 0; }
  .stage > .control input { flex: 1 1 270px; min-height: 40px; font-size: 16px; }
  .columns { display: grid; gap: 2px 16px; grid-template-columns: 1fr 1fr; line-height: 1.3; }
  .columns .attending { text-align: end; }
  .heads, .verdict, .note { font-size: 14px; }
  .heads strong, .verdict { display: block; }
  svg text { font-size: 13.5px; }
  svg text.now { font-weight: 700; }
  svg text.unknown { fill: var(--orange); }
  svg text.wrong { fill: var(--muted); }
  .outcomes > * { min-height: 5.1em; }
  .sentence { font-weight: 650; overflow-wrap: anywhere; }
  .verdict.right { color: var(--green); }
  .verdict.wrong { color: var(--orange); }
  .note { min-height: 2.6em; line-height: 1.3; overflow-wrap: anywhere; }
  .moves { display: flex; gap: 8px; }
  .moves button { flex: 1 1 auto; width: auto; min-height: 40px; padding: 4px 8px;
    white-space: nowrap; }
  .moves .play { background: var(--focus); border-color: var(--focus); color: var(--paper); }
  .controls { margin-top: 10px; }
  summary { cursor: pointer; color: var(--muted); min-height: 24px; }
  details p { margin: 6px 0 0; font-size: 14px; }
  @media (min-width: 700px) {
    .heads strong { display: inline; margin-right: 0.5em; }
    .outcomes > * { min-height: 3.9em; }
    .note { min-height: 1.3em; }
  }
  @keyframes grow { from { stroke-dashoffset: 1; } }
  @keyframes arrive { from { opacity: 0; } }
  .growing { stroke-dasharray: 1; animation: grow ${GROWING}ms ease-out; }
  .arriving { animation: arrive ${GROWING}ms ease-in; }
  @media (prefers-reduced-motion: reduce) {
    .growing, .arriving { animation: none; }
    .moves .play { display: none; }
  }
`;

class TwoTranslators extends Explorer {
  build(data) {
    this.data = data;
    this.source = new Vocabulary(data.source_tokens);
    this.target = new Vocabulary(data.target_tokens);
    this.models = data.models.map(({ kind, weights }) => ({ kind, weights: readWeights(weights) }));
    this.known = data.sentences.map(({ source }) => writtenSentence(source, "de"));
    this.pointed = null; // the row that is pointed at
    this.sentence = textField({
      label: "German sentence",
      value: this.known[0],
      language: "de",
    });
    this.sentence.listen(() => this.#stopAt(ALL));
    this.arcs = twinArcs({ languages: ["de", "en"], point: (row) => this.#point(row) });
    this.play = button({ label: "", pressed: () => (this.timer ? this.#pause() : this.#play()) });
    this.play.input.className = "play";
    const next = button({ label: "Next word", pressed: () => this.#stopAt(this.#nextWord()) });
    const other = button({ label: "Next sentence", pressed: () => this.#goOn() });
    this.outcomes = SIDES.map((side) => html("p", { class: side }));
    this.note = html("p", { class: "note muted" });
    for (const link of document.querySelectorAll(OPENS_FIELD))
      link.addEventListener("click", (event) => this.#openField(event));
    const head = (side, name, how) => html("p", { class: side }, html("strong", {}, name), how);
    return {
      stage: [
        html("style", {}, TWIN_STYLE),
        this.sentence,
        html(
          "div",
          { class: "columns heads" },
          head("plain", "Without attention", "from one vector"),
          head("attending", "With attention", "looking back"),
        ),
        this.arcs,
        html("div", { class: "columns outcomes" }, ...this.outcomes),
        this.note,
        html("div", { class: "moves" }, this.play.input, next.input, other.input),
      ],
      controls: [this.#words()],
      state: { text: this.sentence, written: held(ALL) },
    };
  }

  start() {
    super.start();
    if (!this.result || this.watched) return;
    // Once, by itself, as soon as it is seen.
    this.watched = new IntersectionObserver(([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      this.watched.disconnect();
      const isOpened = location.hash.startsWith(`#${this.localName}.`); // as somebody left it
      if (!isOpened && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.#play();
    });
    this.watched.observe(this);
  }

  #play() {
    const write = () => {
      this.timer = setTimeout(write, EACH_WORD);
      const written = this.state.written === ALL ? 0 : this.#nextWord();
      if (written === ALL) this.#pause();
      this.set({ written });
    };
    write();
  }

  #pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.refresh();
  }

  #stopAt(written) {
    clearTimeout(this.timer);
    this.timer = 0;
    this.pointed = null;
    this.set({ written });
  }

  // After the last word it begins anew.
  #nextWord() {
    const { written } = this.state;
    if (written === ALL) return Math.min(1, this.shown.steps);
    return written + 1 < this.shown.steps ? written + 1 : ALL;
  }

  #goOn() {
    const i = this.known.indexOf(this.state.text);
    this.sentence.value = this.known[(i + 1) % this.known.length];
    const isPlaying = Boolean(this.timer);
    this.#stopAt(ALL);
    if (isPlaying) this.#play();
  }

  #openField(event) {
    event.preventDefault();
    this.#stopAt(ALL);
    this.sentence.input.focus();
    this.sentence.input.select();
  }

  #point(row) {
    if (row === this.pointed || this.timer) return;
    this.pointed = row;
    this.refresh();
  }

  // What the reader may type: nobody can guess which words were in the sentences it learnt from.
  #words() {
    const words = this.data.source_tokens
      .slice(CONTROL_TOKENS)
      .filter((token) => /^\p{L}[\p{L}-]*$/u.test(token))
      .sort((a, b) => a.localeCompare(b, "de"));
    return html(
      "details",
      { class: "wide" },
      html("summary", {}, `The ${words.length} German words of their training`),
      html("p", { lang: "de" }, `${words.join(", ")}.`),
      html("p", {}, "And numbers that are written as one word: zweiundvierzig."),
    );
  }

  // Unless nothing but the number of written words has changed.
  #translate(text) {
    if (this.shown?.text === text) return;
    const read = readSentence(text, this.source, this.data.longest);
    const tokenIds = this.source.encode(read.tokens);
    const known = this.data.sentences.find(({ source }) => equalTokens(source, read.tokens));
    const translations = this.models.map((model) => this.#write(model, tokenIds, known?.target));
    const steps = Math.max(...translations.map(({ words }) => words.length));
    this.shown = { ...read, text, known, translations, steps };
  }

  #write({ kind, weights }, tokenIds, target) {
    const { steps, finished } = tokenIds.length
      ? translateGreedily(weights, kind, tokenIds, { longest: this.data.most_steps })
      : { steps: [], finished: false };
    const tokens = steps.map(({ tokenId }) => this.target.tokens[tokenId]);
    if (finished) tokens.pop(); // the end is no word
    const isKept = target ? inBoth(tokens, target) : tokens.map(() => true);
    const log = steps.reduce((sum, step) => sum + Math.log(step.probabilities[step.tokenId]), 0);
    return {
      words: tokens.map((text, j) => ({ text, wrong: !isKept[j] })),
      tokens,
      finished,
      isRight: target ? finished && equalTokens(tokens, target) : null,
      weights: steps[0]?.weights ? steps.map((step) => Array.from(step.weights)) : null,
      logProbability: steps.length ? log : null,
    };
  }

  update({ text, written }) {
    this.#translate(text);
    const { tokens, unknown, message, known, translations, steps } = this.shown;
    const isAll = written === ALL || written >= steps;
    const step = isAll ? steps : Math.max(0, written);
    const sentences = translations.map((translation, i) => this.#say(translation, step, i));
    const [plain, attending] = translations;
    this.arcs.show({
      read: tokens.map((text) => ({ text, unknown: unknown.includes(text) })),
      plain,
      attending,
      step,
      at: this.pointed ?? (isAll || step === 0 ? null : step - 1),
      grows: this.pointed === null && (written !== ALL || Boolean(this.timer)),
      rows: FEWEST_TWIN_ROWS,
      description: `Without attention: ${sentences[0]} With attention: ${sentences[1]}`,
    });
    const isWrong = isAll && translations.some(({ isRight }) => isRight === false);
    const unchecked = known || !tokens.length ? "" : "Nobody has checked what they make of it.";
    this.note.textContent =
      message || unchecked || (isWrong ? `Right: ${writtenSentence(known.target, "en")}` : "");
    this.play.input.textContent = this.timer ? "Pause" : "Play";
    const result = ({ tokens, finished, isRight, weights, logProbability }) => ({
      tokens,
      translation: tokens.length ? writtenSentence(tokens, "en") : "",
      finished,
      right: isRight,
      weights,
      log_probability: logProbability,
    });
    return {
      result: {
        tokens,
        unknown,
        message,
        written: step,
        steps,
        playing: Boolean(this.timer),
        plain: result(plain),
        attending: result(attending),
      },
      summary: `Without attention: ${sentences[0]} With attention: ${sentences[1]} ${message}`,
    };
  }

  // The sentence as far as it is written, and whether it is right; put below its words.
  #say({ tokens, finished, isRight }, step, i) {
    const text = step && tokens.length ? writtenSentence(tokens.slice(0, step), "en") : "";
    const isWhole = step >= tokens.length && tokens.length > 0;
    const open = isWhole && finished ? "" : " …";
    const verdict = !isWhole || isRight === null ? "" : isRight ? "✓ right" : "✗ not right";
    this.outcomes[i].replaceChildren(
      html("span", { class: "sentence", lang: "en" }, text && text + open),
      html("span", { class: `verdict ${isRight ? "right" : "wrong"}` }, verdict),
    );
    return `${text}${open} ${verdict}`.trim();
  }
}

/** Which of the tokens are in the longest sequence that both have in common. */
function inBoth(tokens, target) {
  const [rows, columns] = [tokens.length, target.length];
  const length = Array.from({ length: rows + 1 }, () => new Array(columns + 1).fill(0));
  for (let j = rows - 1; j >= 0; j--)
    for (let i = columns - 1; i >= 0; i--)
      length[j][i] =
        tokens[j] === target[i]
          ? 1 + length[j + 1][i + 1]
          : Math.max(length[j + 1][i], length[j][i + 1]);
  const kept = new Array(rows).fill(false);
  for (let j = 0, i = 0; j < rows && i < columns; ) {
    if (tokens[j] === target[i]) {
      kept[j++] = true;
      i++;
    } else if (length[j + 1][i] >= length[j][i + 1]) j++;
    else i++;
  }
  return kept;
}

function equalTokens(first, second) {
  return first.length === second.length && first.every((token, i) => token === second[i]);
}

define("book-two-translators", TwoTranslators);
