// Chapter 5 and the book's first page: translators without and with attention write one sentence in
// English, word by word, side by side.
//
// Data: {models: [without attention, with it], each {kind, weights}, language, source_tokens,
// target_tokens, sentences: [{source, target}], longest, most_steps}, as those of translator.js. The
// language is "de" or "zh", and then there are glosses, from the Chinese words of the training to
// English ones.

import { button, textField } from "./controls/controls.js";
import { CHIPS_STYLE, withCharacters, withWord, wordBox } from "./controls/word_chips.js";
import { ALL_WRITTEN, WORD_PLAYER_STYLE, wordPlayer } from "./controls/word_player.js";
import { html } from "./drawing/markup.js";
import { twinArcs } from "./drawing/twin_arcs.js";
import { TWIN_COLUMNS_STYLE, twinHeads, twinOutcomes } from "./drawing/twin_outcomes.js";
import { define, Explorer, held } from "./element.js";
import { translateGreedily } from "./networks/seq2seq.js";
import { readWeights } from "./networks/tensors.js";
import { translateSentence } from "./networks/translation.js";
import { equalTokens } from "./text/agreement.js";
import { readChinese } from "./text/chinese.js";
import { together } from "./text/joined.js";
import { readSentence, Vocabulary } from "./text/typed.js";
import { say } from "./text/words.js";
import { writtenSentence } from "./text/written.js";

const FEWEST_TWIN_ROWS = 11; // so that the page does not jump with every short sentence
const OPENS_FIELD = "a[href$='#type-your-own']"; // links of the page that lead to the text field
const CONTROL_TOKENS = 4; // at the beginning of a vocabulary; they are no words

// What differs between the languages that are read. Nobody can guess which words were in the
// sentences that the networks learnt from: `words` are these, and `put` puts one into a sentence.
const SOURCES = {
  de: {
    label: say("German sentence"),
    read: readSentence,
    put: withWord,
    words: ({ source_tokens }) =>
      source_tokens
        .slice(CONTROL_TOKENS)
        .filter((token) => /^\p{L}[\p{L}-]*$/u.test(token))
        .sort((a, b) => a.localeCompare(b, "de")),
    called: say("German words"),
    counted: (count) => say("the {0} German words they know", count),
    hint: say("And numbers that are written as one word: zweiundvierzig."),
  },
  zh: {
    label: say("Chinese sentence"),
    read: (text, { tokens }, longest) => readChinese(text, tokens, longest),
    put: withCharacters,
    words: ({ glosses }) => Object.entries(glosses).filter(([word]) => /\p{L}/u.test(word)),
    called: say("words and parts of words"),
    counted: (count) => say("the {0} Chinese words they know", count),
    hint: "",
  },
};

const TWIN_STYLE = `
  .panel:has(> .hint-first:empty) { padding: 10px 14px 12px; } /* the first page's, on one screen */
  .stage { gap: 8px; }
  .stage > * { flex-basis: 100%; }
  .stage > .control { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: center; }
  .stage > .control .named { margin: 0; }
  .stage > .control input { flex: 1 1 270px; min-height: 40px; font-size: 16px; }
  ${TWIN_COLUMNS_STYLE}
  .note { font-size: 14px; min-height: 2.6em; line-height: 1.3; overflow-wrap: anywhere; }
  ${WORD_PLAYER_STYLE}
  .controls { margin-top: 10px; }
  ${CHIPS_STYLE}
  @media (min-width: 700px) {
    .note { min-height: 1.3em; }
  }
`;

class TwoTranslators extends Explorer {
  build(data) {
    this.data = data;
    this.source = new Vocabulary(data.source_tokens);
    this.target = new Vocabulary(data.target_tokens);
    this.models = data.models.map(({ kind, weights }) => ({ kind, weights: readWeights(weights) }));
    this.known = data.sentences.map(({ source }) => writtenSentence(source, data.language));
    this.reads = SOURCES[data.language];
    this.pointed = null; // the row that is pointed at
    this.sentence = textField({
      label: this.reads.label,
      value: this.known[0],
      language: data.language,
    });
    this.sentence.listen(() => this.player.stopAt(ALL_WRITTEN));
    this.arcs = twinArcs({ languages: [data.language, "en"], point: (row) => this.#point(row) });
    this.player = wordPlayer({
      go: (written) => {
        if (!this.player.isPlaying) this.pointed = null;
        this.set({ written });
      },
      written: () => this.state.written,
      count: () => this.shown.steps,
      others: [button({ label: say("Next sentence"), pressed: () => this.#goOn() })],
    });
    this.outcomes = twinOutcomes();
    this.note = html("p", { class: "note muted" });
    this.words = this.#words();
    const openers = [...document.querySelectorAll(OPENS_FIELD)]; // they say what one can do first
    for (const link of openers) link.addEventListener("click", (event) => this.#openField(event));
    return {
      stage: [
        html("style", {}, TWIN_STYLE),
        this.sentence,
        twinHeads([say("from one vector"), say("looking back")]),
        this.arcs,
        this.outcomes,
        this.note,
        this.player,
      ],
      controls: [this.words],
      state: { text: this.sentence, written: held(ALL_WRITTEN) },
      hint: openers.length ? "" : say("Step, or type your own"),
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
      if (!isOpened && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.player.play();
    });
    this.watched.observe(this);
  }

  #goOn() {
    const i = this.known.indexOf(this.state.text);
    this.sentence.value = this.known[(i + 1) % this.known.length];
    const { isPlaying } = this.player;
    this.player.stopAt(ALL_WRITTEN);
    if (isPlaying) this.player.play();
  }

  #openField(event) {
    event.preventDefault();
    this.player.stopAt(ALL_WRITTEN);
    this.sentence.input.focus();
    this.sentence.input.select();
    this.words.element.open = true; // nobody can guess them
  }

  #point(row) {
    if (row === this.pointed || this.player.isPlaying) return;
    this.pointed = row;
    this.refresh();
  }

  #words() {
    const { put, words, called, counted, hint } = this.reads;
    const known = words(this.data);
    const pressed = (word) => {
      const { input } = this.sentence;
      const { text, caret } = put(input.value, input.selectionStart, input.selectionEnd, word);
      this.player.stopAt(ALL_WRITTEN);
      this.set({ text });
      input.setSelectionRange(caret, caret);
    };
    return wordBox({
      summary: counted(known.length),
      ...{ words: { [called]: known }, language: this.data.language, pressed },
      others: hint ? [html("p", {}, hint)] : [],
    });
  }

  // Unless nothing but the number of written words has changed.
  #translate(text) {
    if (this.shown?.text === text) return;
    const read = this.reads.read(text, this.source, this.data.longest);
    const tokenIds = this.source.encode(read.tokens);
    const known = this.data.sentences.find(({ source }) => equalTokens(source, read.tokens));
    const translations = this.models.map(({ kind, weights }) =>
      translateSentence(
        (ids) => translateGreedily(weights, kind, ids, { longest: this.data.most_steps }),
        tokenIds,
        this.target.tokens,
        known?.target,
      ),
    );
    const steps = Math.max(...translations.map(({ words }) => words.length));
    this.shown = { ...read, text, known, translations, steps };
  }

  update({ text, written }) {
    this.#translate(text);
    const { tokens, unknown, message, known, translations, steps } = this.shown;
    const isAll = written === ALL_WRITTEN || written >= steps;
    const step = isAll ? steps : Math.max(0, written);
    const sentences = this.outcomes.show(translations, step);
    const [plain, attending] = translations;
    const told = say("Without attention: {0} With attention: {1}", ...sentences);
    this.arcs.show({
      read: tokens.map((text) => ({ text, unknown: unknown.includes(text) })),
      plain,
      attending,
      step,
      at: this.pointed ?? (isAll || step === 0 ? null : step - 1),
      grows: this.pointed === null && (written !== ALL_WRITTEN || this.player.isPlaying),
      rows: FEWEST_TWIN_ROWS,
      description: told,
    });
    const isWrong = isAll && translations.some(({ isRight }) => isRight === false);
    const unchecked =
      known || !tokens.length ? "" : say("Nobody has checked what they make of it.");
    const right = isWrong ? say("Right: {0}", writtenSentence(known.target, "en")) : "";
    this.note.textContent = message || unchecked || right;
    this.player.show();
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
        playing: this.player.isPlaying,
        plain: result(plain),
        attending: result(attending),
      },
      summary: together(told, message),
    };
  }
}

define("book-two-translators", TwoTranslators);
