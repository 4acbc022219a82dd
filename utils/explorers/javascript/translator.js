// Chapter 5 and the book's first page: the trained translator. A German sentence, picked or typed,
// comes out in English; each step shows what the network looked at.
//
// Data: {models: [{name, kind, epochs, weights}], source_tokens, target_tokens, sentences: [{source,
// target, alignment}], words: {kind: [word, ...]}, longest, most_steps, chosen}; the weights are
// those of a Seq2Seq, a model's kind is "no attention" or the name of a score, and in its training it
// has seen each sentence as often as it had epochs. `words` are those
// of the source that a reader can click into the sentence. In the Chinese edition each sentence has
// its `chinese`, and `meanings` are those of the words.

import { choice, menu, slider } from "./controls/controls.js";
import { SENTENCE_FIELD_STYLE, sentenceField } from "./controls/sentence_field.js";
import { ALL_WRITTEN, WORD_PLAYER_STYLE, wordPlayer } from "./controls/word_player.js";
import { arcChart } from "./drawing/arcs.js";
import { change, html } from "./drawing/markup.js";
import { percent } from "./drawing/numbers.js";
import { fewLetters, mostOf, TOLD } from "./drawing/told_weights.js";
import { twinArcs } from "./drawing/twin_arcs.js";
import { TWIN_COLUMNS_STYLE, twinHeads, twinOutcomes } from "./drawing/twin_outcomes.js";
import { MAP_STYLE, weightMap } from "./drawing/weight_map.js";
import { define, Explorer, held } from "./element.js";
import { translateGreedily } from "./networks/seq2seq.js";
import { readWeights } from "./networks/tensors.js";
import { mostTellingStep, translateSentence } from "./networks/translation.js";
import { agreedAlignment, equalTokens } from "./text/agreement.js";
import { END } from "./text/control_tokens.js";
import { together } from "./text/joined.js";
import { readSentence, Vocabulary } from "./text/typed.js";
import { say } from "./text/words.js";
import { inChinese, writtenSentence } from "./text/written.js";

const NO_ATTENTION = "no attention";
const FEWEST_PAIR_ROWS = 9; // so that the page does not jump with every short sentence
const LANGUAGES = ["de", "en"];
const ENDS = say("(end)"); // how the end token is drawn
const UNCHECKED = say("Nobody has checked this translation: the network can be wrong.");
const STOPPED = say("A full stop was added; for a question, type a question mark.");
const PARTS = say("A part with + or - at its end is written together with the next one.");
const HINT = say("Point at a word of the picture, English or German, or move the slider.");

const TRANSLATOR_STYLE = `
  ${SENTENCE_FIELD_STYLE}
  .stage > .steps { flex: 1 1 220px; display: grid; gap: 10px; align-content: start; }
  .steps .choice legend { float: none; }
  .choices { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 22px; }
  .stage > .arcs { flex: 2 1 300px; max-width: 470px; }
  .stage > .twins { flex: 2 1 440px; max-width: 600px; display: grid; gap: 8px; }
  ${TWIN_COLUMNS_STYLE}
  ${WORD_PLAYER_STYLE}
  .stage > .weight-map { flex-basis: 100%; }
  ${MAP_STYLE}
  .answer { font-size: 1.45em; line-height: 1.3; font-weight: 650; overflow-wrap: anywhere; }
  .answer:empty { display: none; }
  .answer::before { content: "→ "; color: var(--mark); }
  .note { padding: 6px 12px; border-left: 4px solid var(--orange); background: var(--faint);
    overflow-wrap: anywhere; }
  .note:empty, .told:empty, .right:empty, .hint:empty { display: none; }
  .told { min-height: 4.4em; overflow-wrap: anywhere; } /* of the longest: so nothing moves */
  .arcs .chosen, .arcs .chosen text { font-weight: 700; }
  .stage [hidden] { display: none; }
  svg text.share { fill: var(--ink); font-variant-numeric: tabular-nums; font-size: 12.5px; }
  svg.arcs { cursor: pointer; }
  @media (max-width: 480px) {
    .stage { gap: 8px; }
    .choices { grid-template-columns: minmax(0, 1fr); gap: 6px; }
    .choices > .control:not(fieldset) { display: flex; align-items: center; }
    .choices :is(.named, legend) { flex: none; width: 5.2em; margin: 0; line-height: 34px; }
    .stage > .steps { gap: 6px; }
    .steps .choice legend { float: left; width: 5.2em; line-height: 34px; }
    .told { min-height: 2.9em; }
    .answer { font-size: 1.25em; }
  }
`;

const WRITTEN = "written"; // the side of the picture whose words the slider goes through
const READ = "read";
const COMPARED = "compared"; // the view in which two networks stand side by side
const UNCHOSEN = 0; // the step is then the most telling one; of the German words there is none

class Translator extends Explorer {
  build(data) {
    this.data = data;
    this.source = new Vocabulary(data.source_tokens);
    this.target = new Vocabulary(data.target_tokens);
    this.weights = new Map(); // of the models that have been asked
    this.known = data.sentences.map(({ source }) => writtenSentence(source, "de"));
    this.sentence = sentenceField({
      sentences: this.known,
      words: data.words,
      meanings: data.meanings,
    });
    this.sentence.listen(() => this.#show({ step: UNCHOSEN, word: UNCHOSEN }));
    this.side = choice({
      label: say("look from"),
      options: [
        [WRITTEN, say("English")],
        [READ, say("German")],
      ],
      value: WRITTEN,
    });
    this.side.listen(() => {
      if (this.side.value === READ) this.set({ word: mostLooked(this.shown, this.at) });
      else this.#show({ step: this.at.step, word: UNCHOSEN });
    });
    this.place = slider({
      label: say("word"),
      min: 1,
      max: data.most_steps,
      step: 1,
      value: 1,
      format: (place) => {
        const count = (this.side.value === READ ? this.shown?.tokens : this.shown?.steps)?.length;
        return count ? say("{0} of {1}", place, count) : "–";
      },
    });
    this.place.listen(() => {
      const { value } = this.place;
      if (this.side.value === READ) this.set({ word: value });
      else this.#show({ step: value, word: UNCHOSEN });
    });
    const view = choice({
      label: say("show"),
      options: [
        ["lines", say("lines")],
        ["table", say("table")],
        [COMPARED, say("compare")],
      ],
      value: "lines",
    });
    const model = menu({
      label: say("attention"),
      options: data.models.map(({ name, epochs }) => [
        name,
        say(name),
        say("saw each sentence {0}", times(epochs)),
      ]),
      value: data.chosen,
    });
    const pick = (step) => {
      const isNew = step + 1 !== this.at.step || this.at.word !== UNCHOSEN;
      if (isNew) this.#show({ step: step + 1, word: UNCHOSEN });
    };
    const pickRead = (word) => {
      if (this.shown.weights && word + 1 !== this.at.word) this.set({ word: word + 1 });
    };
    this.arcs = arcChart({
      readName: say("German, read"),
      writtenName: say("English, written"),
      languages: LANGUAGES,
      pick,
      pickRead,
    });
    this.map = weightMap({ languages: LANGUAGES, pick, pickRead });
    this.twins = twinArcs({
      languages: LANGUAGES,
      point: (step) => step !== null && !this.player.isPlaying && pick(step),
    });
    this.heads = twinHeads(["", ""]);
    this.outcomes = twinOutcomes();
    this.player = wordPlayer({
      go: (written) => this.set({ written }),
      written: () => this.state.written,
      count: () => this.mostWritten,
    });
    view.listen(() => this.player.stopAt(ALL_WRITTEN));
    this.compared = html(
      "div",
      { class: "twins" },
      this.heads.element,
      this.twins.element,
      this.outcomes.element,
      this.player.element,
    );
    this.noMap = html("p", { class: "muted" });
    this.answer = html("p", { class: "whole answer", lang: "en" });
    this.note = html("p", { class: "whole note" });
    this.told = html("p", { class: "told" });
    this.hint = html("p", { class: "hint muted" });
    this.right = html("p", { class: "right muted" });
    // What has the same height for all sentences stands above the picture, so nothing moves under a
    // finger; the picture's own height changes with the sentence alone.
    const choices = data.models.length > 1 ? [model, view] : [view];
    this.sentence.element.append(
      html("div", { class: "choices" }, ...choices.map(({ element }) => element)),
    );
    const stage = [
      html("style", {}, TRANSLATOR_STYLE),
      this.sentence.element,
      this.answer,
      this.note,
      this.arcs.element,
      this.map.element,
      this.compared,
      this.noMap,
      html(
        "div",
        { class: "steps" },
        this.side.element,
        this.place.element,
        this.told,
        this.hint,
        this.right,
      ),
    ];
    return {
      stage,
      controls: [],
      state: {
        ...{ text: this.sentence, model, view, step: held(UNCHOSEN), word: held(UNCHOSEN) },
        written: held(ALL_WRITTEN), // of the words of the comparison
      },
      hint: say("Point at a word, or type your own"),
    };
  }

  // Something else than is being written.
  #show(state) {
    this.player.halt();
    this.set({ ...state, written: ALL_WRITTEN });
  }

  disconnectedCallback() {
    this.player?.halt();
  }

  // Translate, unless nothing but the step has changed.
  #translate(text, model) {
    if (this.shown?.text === text && this.shown.name === model) return;
    const read = readSentence(text, this.source, this.data.longest);
    const known =
      this.data.sentences.find(({ source }) => equalTokens(source, read.tokens)) ?? null;
    const translated = this.#write(model, read.tokens, known?.target);
    const { steps, tokens: written } = translated;
    this.shown = {
      ...translated,
      ...read,
      text,
      written,
      rows: steps.map(({ tokenId }) => (tokenId === END ? ENDS : this.target.tokens[tokenId])),
      translation: steps.length ? writtenSentence(written, "en") : "",
      known,
      alignment: null,
      pair: null,
    };
    if (this.shown.known) this.shown.alignment = agreedAlignment(this.shown.known, written);
    this.#draw();
  }

  // What a network makes of the tokens, beside the right translation where that is known.
  #write(name, tokens, target) {
    const { kind, weights } = this.#model(name);
    if (!this.weights.has(name)) this.weights.set(name, readWeights(weights));
    const limits = { longest: this.data.most_steps };
    const translate = (ids) => translateGreedily(this.weights.get(name), kind, ids, limits);
    const tokenIds = this.source.encode(tokens);
    return { name, ...translateSentence(translate, tokenIds, this.target.tokens, target) };
  }

  #model(wanted) {
    return this.data.models.find(({ name }) => name === wanted);
  }

  // The network without attention and, beside it, the one that is chosen, or the first one with it.
  #pair() {
    const { models } = this.data;
    const { shown } = this;
    const plain = models.find(({ kind }) => kind === NO_ATTENTION);
    const attending =
      shown.name === plain.name
        ? models.find(({ kind }) => kind !== NO_ATTENTION)
        : this.#model(shown.name);
    const pair = [plain, attending];
    const how = [say("from one vector"), say(attending.name)];
    this.heads.show(
      plain.epochs === attending.epochs
        ? how
        : how.map((text, i) => say("{0}, saw each sentence {1}", text, times(pair[i].epochs))),
    );
    return pair.map(({ name }) =>
      name === shown.name
        ? { ...shown, tokens: shown.written }
        : this.#write(name, shown.tokens, shown.known?.target),
    );
  }

  // All that stays while the step changes.
  #draw() {
    const { shown } = this;
    const { tokens, rows, weights, alignment } = shown;
    const isOpen = shown.steps.length > 0 && !shown.finished;
    this.answer.textContent = shown.translation + (isOpen ? " …" : "");
    this.note.textContent = shown.message;
    const read = tokens.map((text) => ({ text, unknown: shown.unknown.includes(text) }));
    this.arcs.show({ read, written: rows, weights });
    if (weights) this.map.show({ read: tokens, written: rows, weights, alignment });
    this.noMap.textContent = say(
      "There are no weights to draw: without attention, the decoder does not look back. All that it gets of the sentence is one vector, the same at every step.",
    );
  }

  update({ text, model, view, step: chosen, word: chosenWord, written }) {
    this.#translate(text, model);
    const { shown } = this;
    const isCompared = view === COMPARED;
    const isTable = view === "table" && shown.weights !== null;
    const isSeen = (element, seen) => change(element, { hidden: seen ? null : "" });
    isSeen(this.arcs.element, !isTable && !isCompared);
    isSeen(this.map.element, isTable);
    isSeen(this.compared, isCompared);
    isSeen(this.answer, !isCompared);
    isSeen(this.noMap, shown.steps.length && !shown.weights && !isCompared);
    this.hint.textContent = shown.weights && !isCompared ? HINT : "";
    this.right.textContent = this.#compare(isCompared);
    const isWriting = isCompared && written !== ALL_WRITTEN;
    const opening = mostTellingStep(shown.weights, shown.written.length) + 1;
    const canLookBack = shown.weights !== null && !isCompared && shown.steps.length > 0;
    this.at = {
      step: placeAmong(isWriting ? written : chosen || opening, shown.steps.length),
      word: canLookBack && chosenWord ? placeAmong(chosenWord, shown.tokens.length) : UNCHOSEN,
    };
    this.#showPlace(canLookBack);
    const step = this.at.step - 1;
    const word = this.at.word ? this.at.word - 1 : null;
    const looks = shown.weights?.[step] ?? null;
    const told = word === null ? this.#tell(step, looks) : this.#tellOfWord(word);
    this.told.textContent = told;
    const pairs = shown.alignment ?? [];
    const truth =
      word === null
        ? pairs.filter(([, j]) => j === step).map(([i]) => i)
        : pairs.filter(([i]) => i === word).map(([, j]) => j);
    this.arcs.goTo({
      step,
      word,
      truth,
      description: together(
        say(
          "The German words on the left, the English words on the right, and between them arcs to the words that the network looked at.",
        ),
        told,
      ),
    });
    this.map.goTo({
      step,
      word,
      description: together(
        say(
          "A heat map of the weights: a row for each English word, a column for each German word.",
        ),
        told,
      ),
    });
    if (isCompared) this.#showPair(step, written);
    this.player.show();
    return {
      result: {
        tokens: shown.tokens,
        unknown: shown.unknown,
        message: shown.message,
        translation: shown.translation,
        finished: shown.finished,
        weights: shown.weights,
        log_probability: shown.logProbability,
        model: shown.name,
        step: step + 1,
        word: word === null ? null : word + 1,
        written: shown.written,
        alignment: shown.alignment,
        compared: isCompared ? shown.pair.map(({ name, tokens }) => ({ name, tokens })) : null,
      },
      summary: shown.translation ? together(shown.translation, told, shown.message) : shown.message,
    };
  }

  // One slider for both sides: it stands at the word that is looked from.
  #showPlace(canLookBack) {
    const { shown, side, place } = this;
    const isRead = this.at.word !== UNCHOSEN;
    side.value = isRead ? READ : WRITTEN;
    side.inputs[1].disabled = !canLookBack;
    place.input.disabled = shown.steps.length === 0;
    place.limit(Math.max(isRead ? shown.tokens.length : shown.steps.length, 1));
    place.value = isRead ? this.at.word : this.at.step;
  }

  // All words, with those of the step; or those that are written so far, with the last one.
  #showPair(step, written) {
    const { shown } = this;
    shown.pair ??= this.#pair();
    const [plain, attending] = shown.pair;
    const most = Math.max(plain.tokens.length, attending.tokens.length);
    this.mostWritten = most;
    const isAll = written === ALL_WRITTEN || written >= most;
    const seen = isAll ? most : written;
    const said = this.outcomes.show(shown.pair, seen);
    const at = isAll ? step : seen - 1;
    this.twins.show({
      read: shown.tokens.map((text) => ({ text, unknown: shown.unknown.includes(text) })),
      plain,
      attending,
      step: seen,
      at: at >= 0 && at < seen ? at : null,
      grows: !isAll,
      rows: FEWEST_PAIR_ROWS,
      description: say("Without attention: {0} With attention: {1}", ...said),
    });
  }

  // In words, what is drawn for the step.
  #tell(step, looks) {
    const { rows, steps, tokens, finished } = this.shown;
    if (!steps.length) return "";
    if (!looks) return tellOfVector(rows[step]);
    const told = tellOfLooks(rows[step], mostOf(looks, tokens));
    return finished || step < rows.length - 1
      ? told
      : together(told, say("It has found no end so far, and is stopped here."));
  }

  #tellOfWord(word) {
    const { rows, tokens, weights } = this.shown;
    const looks = weights.map((shares) => shares[word]);
    const token = fewLetters(tokens[word]);
    const listed = mostOf(looks, rows);
    return listed
      ? say("“{0}” is looked at most to write {1}.", token, listed)
      : say("No English word looks at “{0}” with as much as {1}.", token, percent(TOLD));
  }

  // With the corpus's translation, where there is one.
  #compare(isCompared) {
    const { known, written, weights, steps, text, tokens, isRight, name } = this.shown;
    if (!steps.length) return "";
    const said = [];
    const isOutlined = weights && !isCompared;
    const isStopped = tokens.at(-1) === "." && !/\.["'“”‘’«»]*\s*$/u.test(text);
    if (!known) {
      said.push(UNCHECKED);
      if (isStopped) said.push(STOPPED);
    } else if (isRight && !isCompared) {
      said.push(say("This is the right translation."));
      if (isOutlined) said.push(say("Outlined in green: the words that truly belong together."));
    } else {
      said.push(say("The right translation is: “{0}”", writtenSentence(known.target, "en")));
      if (isOutlined)
        said.push(
          say(
            "Outlined in green: the words that truly belong together, up to the first word that differs.",
          ),
        );
    }
    if (known?.chinese) said.push(inChinese(known));
    if ([...tokens, ...written].some((token) => /.[+-]$/.test(token))) said.push(PARTS);
    const { epochs } = this.#model(name);
    const most = Math.max(...this.data.models.map((model) => model.epochs));
    if (epochs < most && !isCompared)
      said.push(
        say(
          "In training this network saw each sentence {0}, the first {1}.",
          ...[times(epochs), times(most)],
        ),
      );
    return together(...said);
  }
}

/** A number from 1 to `count`, or to 1 where there is nothing to count. */
function placeAmong(number, count) {
  return Math.min(Math.max(Math.round(number), 1), Math.max(count, 1));
}

/** The German word, counted from 1, that is looked at most at a step; none where nothing is. */
function mostLooked({ weights }, { step }) {
  const looks = weights?.[step - 1];
  return looks ? looks.indexOf(Math.max(...looks)) + 1 : UNCHOSEN;
}

function times(epochs) {
  return [say("never"), say("once"), say("twice")][epochs] ?? say("{0} times", epochs);
}

/** What the network has as it writes a word, where it has no attention. */
function tellOfVector(word) {
  return word === ENDS
    ? say("To end the sentence, all it has of the sentence is one vector.")
    : say("To write “{0}”, all it has of the sentence is one vector.", word);
}

/** What it looks at as it writes a word; `most` lists the words, and is "" where all are alike. */
function tellOfLooks(word, most) {
  if (word === ENDS)
    return most
      ? say("To end the sentence, it looks most at {0}.", most)
      : say("To end the sentence, it looks a little at every word.");
  return most
    ? say("To write “{0}”, it looks most at {1}.", word, most)
    : say("To write “{0}”, it looks a little at every word.", word);
}

define("book-translator", Translator);
