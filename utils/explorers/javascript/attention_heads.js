// Chapter 6: a trained Transformer, head by head. A German sentence, picked or typed, comes out in
// English; small pictures show what every head looks at, a large one the head that is chosen.
//
// Data: {network, source_tokens, target_tokens, sentences: [{source, target, alignment}], words:
// {kind: [word, ...]}, longest, most_steps, chosen}; `network` is what
// utils/explorers/packed_transformers.py packed, `chosen` the head that is seen first, such as
// "cross-2-1"; the rest is as in translator.js, in the Chinese edition too.

import { choice, slider } from "./controls/controls.js";
import { FOLD_STYLE, foldedOnPhones } from "./controls/folded.js";
import { HEAD_GRID_STYLE, headGrid } from "./controls/head_grid.js";
import { SENTENCE_FIELD_STYLE, sentenceField } from "./controls/sentence_field.js";
import { ALL_WRITTEN, WORD_PLAYER_STYLE, wordPlayer } from "./controls/word_player.js";
import { arcChart } from "./drawing/arcs.js";
import { keyCache } from "./drawing/key_cache.js";
import { change, html, write } from "./drawing/markup.js";
import { percent } from "./drawing/numbers.js";
import { fewLetters, mostOf, TOLD } from "./drawing/told_weights.js";
import { MAP_STYLE, weightMap } from "./drawing/weight_map.js";
import { define, Explorer, held } from "./element.js";
import { readWeights } from "./networks/tensors.js";
import { translateByTransformer } from "./networks/transformer.js";
import { mostTellingStep, translateSentence } from "./networks/translation.js";
import { agreedAlignment, equalTokens } from "./text/agreement.js";
import { END } from "./text/control_tokens.js";
import { together } from "./text/joined.js";
import { readSentence, Vocabulary } from "./text/typed.js";
import { say } from "./text/words.js";
import { inChinese, writtenSentence } from "./text/written.js";

const CROSS = "cross"; // the decoder looks at the source
const KINDS = {
  encoder: {
    title: say("German looks at German"),
    readName: say("German, looked at"),
    writtenName: say("German, looks"),
    languages: ["de", "de"],
    note: say("Every German word sees the whole sentence."),
  },
  decoder: {
    title: say("English looks at English"),
    readName: say("English, read"),
    writtenName: say("English, written"),
    languages: ["en", "en"],
    note: say("Nothing lies above the diagonal: a word sees those before it, and no later one."),
  },
  [CROSS]: {
    title: say("English looks at German"),
    readName: say("German, read"),
    writtenName: say("English, written"),
    languages: ["de", "en"],
    note: "",
  },
};
const UNCHOSEN = 0; // the row is then the most telling one; of the columns there is none
const [BEGINS, ENDS] = [say("(start)"), say("(end)")]; // how the control tokens are drawn
const HINT = say(
  "Each small picture is a head: a row for each word that looks, a column for each word that is looked at. Click one; then point at a word on the right, and see what it looks at, or on the left, and see which words look at it.",
);
const UNCHECKED = say("Nobody has checked this translation: the network can be wrong.");

const HEADS_STYLE = `
  ${SENTENCE_FIELD_STYLE}
  ${HEAD_GRID_STYLE}
  ${MAP_STYLE}
  ${WORD_PLAYER_STYLE}
  ${FOLD_STYLE}
  .steps { display: grid; gap: 6px 22px; align-items: end; grid-template-columns: 1fr 1fr; }
  .stage > .arcs { max-width: 470px; }
  .stage > .key-cache { max-width: 380px; }
  .stage > .weight-map { flex-basis: 100%; }
  .answer { font-size: 1.45em; line-height: 1.3; font-weight: 650; overflow-wrap: anywhere; }
  .note:empty, .told:empty, .right:empty { display: none; }
  .answer .to-come { visibility: hidden; } /* keeps its room: so no button moves under a finger */
  .answer::before { content: "→ "; color: var(--mark); }
  .note { padding: 6px 12px; border-left: 4px solid var(--orange); background: var(--faint);
    overflow-wrap: anywhere; }
  .stage > .told { min-height: 2.9em; margin-top: -8px; overflow-wrap: anywhere; }
  .arcs .chosen, .arcs .chosen text { font-weight: 700; }
  .stage [hidden] { display: none; }
  svg text.share { fill: var(--ink); font-variant-numeric: tabular-nums; font-size: 12.5px; }
  svg.arcs { cursor: pointer; }
  .key-cache .count { font-variant-numeric: tabular-nums; }
  /* Beside or below the words wide screens and paper show the cache as well; a phone shows either. */
  .steps .choice label:has([value="cache"]) { display: none; }
  @media screen and (max-width: 480px) {
    .steps .choice label:has([value="cache"]) { display: block; }
    .stage:has([value="cache"]:checked) > :is(.arcs, .weight-map, .right) { display: none; }
    .stage:not(:has([value="cache"]:checked)) > :is(.key-cache, .kept) { display: none; }
    .stage { gap: 8px; }
    .stage > .answer { font-size: 18px; }
    .steps { gap: 4px 14px; }
    .steps .named, .steps .choice, .moves { font-size: 14px; }
    .steps .choice { flex-wrap: nowrap; gap: 4px; }
    .steps .choice span { padding: 6px 8px; }
    .steps legend { position: absolute; width: 1px; overflow: hidden; clip-path: inset(50%); }
    .stage > p { font-size: 14px; line-height: 1.35; }
    .stage > .told, .told ~ p, .told ~ .fold { order: 1; } /* the picture stays near what moves it */
    .stage > .told { margin: 0; }
  }
`;

class AttentionHeads extends Explorer {
  build(data) {
    this.data = data;
    this.source = new Vocabulary(data.source_tokens);
    this.target = new Vocabulary(data.target_tokens);
    this.network = { ...data.network, weights: readWeights(data.network.weights) };
    const { layers, heads } = data.network.decoder;
    this.sentence = sentenceField({
      sentences: data.sentences.map(({ source }) => writtenSentence(source, "de")),
      words: data.words,
      meanings: data.meanings,
    });
    this.sentence.listen(() => this.#show({ row: UNCHOSEN, column: UNCHOSEN }));
    this.grid = headGrid({
      label: say("head"),
      kinds: Object.entries(KINDS).map(([kind, { title }]) => [kind, title]),
      ...{ layers, heads, value: data.chosen },
    });
    this.grid.listen(() => this.set({ column: UNCHOSEN }));
    const view = choice({
      label: say("show"),
      options: [
        ["lines", say("lines")],
        ["table", say("table")],
        ["cache", say("cache")],
      ],
      value: "lines",
    });
    this.row = slider({
      label: say("word that looks"),
      ...{ min: 1, max: 1, step: 1, value: 1 },
      format: (row) =>
        this.seen?.rows.length ? say("{0} of {1}", row, this.seen.rows.length) : "–",
    });
    this.row.listen(() => this.#show({ row: this.row.value, column: UNCHOSEN }));
    this.column = slider({
      label: say("word looked at"),
      ...{ min: UNCHOSEN, max: 1, step: 1, value: UNCHOSEN },
      format: (column) => (column ? say("{0} of {1}", column, this.seen.columns.length) : "–"),
    });
    this.column.listen(() => this.set({ column: this.column.value }));
    const pick = (row) => {
      const isNew = row + 1 !== this.row.value || this.column.value !== UNCHOSEN;
      if (isNew && !this.player.isPlaying) this.#show({ row: row + 1, column: UNCHOSEN });
    };
    const pickRead = (column) => {
      if (column + 1 !== this.column.value && !this.player.isPlaying)
        this.#show({ column: column + 1 });
    };
    this.charts = Object.fromEntries(
      Object.entries(KINDS).map(([kind, names]) => [
        kind,
        {
          arcs: arcChart({ ...names, pick, pickRead }),
          map: weightMap({ languages: names.languages, pick, pickRead }),
        },
      ]),
    );
    this.player = wordPlayer({
      go: (written) => this.set({ written, column: UNCHOSEN }),
      written: () => this.state.written,
      count: () => this.shown.steps.length,
    });
    this.cache = keyCache();
    this.said = html("span");
    this.toCome = html("span", { class: "to-come" });
    this.answer = html("p", { class: "whole answer", lang: "en" }, this.said, this.toCome);
    this.note = html("p", { class: "whole note" });
    this.told = html("p", { class: "whole told" });
    this.kept = html("p", { class: "whole kept muted" });
    this.right = html("p", { class: "whole right muted" });
    return {
      stage: [
        html("style", {}, HEADS_STYLE),
        this.sentence.element,
        this.answer,
        this.note,
        this.grid.element,
        // Above the drawings, so that a finger on the slider does not hide them.
        html(
          "div",
          { class: "whole steps" },
          ...[view, this.player, this.row, this.column].map(({ element }) => element),
        ),
        this.told,
        ...Object.values(this.charts).flatMap(({ arcs, map }) => [arcs.element, map.element]),
        this.cache.element,
        this.kept,
        foldedOnPhones(say("How to read the pictures"), html("p", { class: "hint muted" }, HINT)),
        this.right,
      ],
      controls: [],
      state: {
        ...{ text: this.sentence, head: this.grid, view },
        ...{ row: held(UNCHOSEN), column: held(UNCHOSEN) },
        written: held(ALL_WRITTEN), // of the English words
      },
      hint: say("Click one of the small pictures"),
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

  // Translate, unless the sentence is the same.
  #translate(text) {
    if (this.shown?.text === text) return;
    const read = readSentence(text, this.source, this.data.longest);
    const known = this.data.sentences.find(({ source }) => equalTokens(source, read.tokens));
    const limits = { longest: this.data.most_steps };
    const found = translateSentence(
      (tokenIds) => translateByTransformer(this.network, tokenIds, limits),
      this.source.encode(read.tokens),
      this.target.tokens,
      known?.target,
    );
    const written = found.steps.map(({ tokenId }) =>
      tokenId === END ? ENDS : this.target.tokens[tokenId],
    );
    this.shown = {
      ...{ ...found, ...read, text, known },
      written: found.tokens,
      alignment: known ? agreedAlignment(known, found.tokens) : null,
      weights: weightsByKind(found, this.network.decoder),
      words: {
        encoder: { columns: read.tokens, rows: read.tokens },
        decoder: { columns: [BEGINS, ...written].slice(0, written.length), rows: written },
        [CROSS]: { columns: read.tokens, rows: written },
      },
    };
    this.seen = null; // of another sentence
    this.drawnRows = null; // of the small pictures
  }

  // The chosen head, large; its rows are as long as the last.
  #see(head) {
    if (this.seen?.head === head) return;
    const [kind, layer, place] = head.split("-");
    const { columns, rows } = this.shown.words[kind];
    const weights = (this.shown.weights[kind][layer - 1]?.[place - 1] ?? []).map((looks) =>
      columns.map((_, i) => looks[i] ?? 0),
    );
    const isUnknown = (text) =>
      KINDS[kind].languages[0] === "de" && this.shown.unknown.includes(text);
    const read = columns.map((text) => ({ text, unknown: isUnknown(text) }));
    this.seen = { head, kind, layer, place, columns, rows, weights };
    this.seen.alignment = kind === CROSS ? this.shown.alignment : null;
    this.charts[kind].arcs.show({ read, written: rows, weights });
    if (rows.length)
      this.charts[kind].map.show({
        ...{ read: columns, written: rows, weights, alignment: this.seen.alignment },
      });
    for (const { input } of [this.row, this.column]) input.disabled = rows.length === 0;
    this.row.limit(Math.max(rows.length, 1));
    this.column.limit(columns.length);
  }

  // Of the decoder's heads only the rows that are written; the encoder's are all there at once.
  #drawGrid(rows) {
    if (this.drawnRows === rows) return;
    const { encoder, ...ofDecoder } = this.shown.weights;
    const first = (layers) => layers.map((heads) => heads.map((looks) => looks.slice(0, rows)));
    const written = Object.entries(ofDecoder).map(([kind, layers]) => [kind, first(layers)]);
    this.grid.show({
      ...(this.drawnRows === null ? { encoder } : {}),
      ...Object.fromEntries(written),
    });
    this.drawnRows = rows;
  }

  update({ text, head, view, row, column, written }) {
    this.#translate(text);
    this.#see(head);
    const { shown, seen } = this;
    const isWriting = written !== ALL_WRITTEN && written < shown.steps.length;
    const writtenRows = isWriting ? Math.max(written, 0) : shown.steps.length;
    this.#drawGrid(writtenRows);
    const isOfDecoder = seen.kind !== "encoder";
    const opening = mostTellingStep(seen.weights, seen.rows.length) + 1;
    this.row.value = isWriting && isOfDecoder ? Math.max(written, 1) : row || opening;
    this.column.value = column;
    const at = this.row.value - 1;
    const looked = this.column.value === UNCHOSEN ? null : this.column.value - 1;
    const told = looked === null ? this.#tell(at) : this.#tellOfColumn(looked);
    write(this.told, told);
    this.#drawChosen({ view, at, looked, told });
    const ofRow = isWriting ? writtenRows : at + 1; // the step whose cache is shown
    const kept = this.#keep(isOfDecoder || isWriting ? ofRow : shown.steps.length);
    const words = isWriting ? shown.written.slice(0, writtenRows) : shown.written;
    const isOpen = shown.steps.length > 0 && (isWriting || !shown.finished);
    const translation = shown.written.length ? writtenSentence(shown.written, "en") : "";
    const said = (words.length ? writtenSentence(words, "en") : "") + (isOpen ? " …" : "");
    change(this.answer, { hidden: said ? null : "" });
    write(this.said, said);
    write(this.toCome, translation.slice(said.length));
    write(this.note, shown.message);
    const share = trueShare(seen);
    write(this.right, this.#compare(share));
    this.player.show();
    return {
      result: {
        tokens: shown.tokens,
        unknown: shown.unknown,
        message: shown.message,
        translation,
        finished: shown.finished,
        log_probability: shown.logProbability,
        heads: shown.weights,
        head: seen.head,
        weights: seen.weights,
        row: at + 1,
        column: looked === null ? null : looked + 1,
        written: isWriting ? writtenRows : shown.written.length,
        kept,
        alignment: seen.alignment,
        true_share: share,
      },
      summary: translation ? together(translation, told, shown.message) : shown.message,
    };
  }

  #drawChosen({ view, at, looked, told }) {
    const { seen } = this;
    const isTable = view === "table" && seen.rows.length > 0;
    for (const [kind, { arcs, map }] of Object.entries(this.charts)) {
      change(arcs.element, { hidden: kind === seen.kind && !isTable ? null : "" });
      change(map.element, { hidden: kind === seen.kind && isTable ? null : "" });
    }
    const pairs = seen.alignment ?? [];
    const truth =
      looked === null
        ? pairs.filter(([, j]) => j === at).map(([i]) => i)
        : pairs.filter(([i]) => i === looked).map(([, j]) => j);
    const { arcs, map } = this.charts[seen.kind];
    const named = say(
      "{0}, layer {1}, head {2}.",
      ...[KINDS[seen.kind].title, seen.layer, seen.place],
    );
    arcs.goTo({
      ...{ step: at, word: looked, truth },
      description: together(
        named,
        say("Arcs from the words on the right to those that they look at."),
        told,
      ),
    });
    map.goTo({
      ...{ step: at, word: looked },
      description: together(named, say("A heat map: a row for each word that looks."), told),
    });
  }

  /** What the decoder holds when it writes the word of a step, counted from 1: of each layer. */
  #keep(step) {
    const { steps, tokens, translated } = this.shown;
    const layers = this.network.decoder.layers;
    const cache = steps[Math.max(step, 1) - 1]?.cache ?? [];
    const kept = cache.map(({ keys, values }, layer) => ({
      keys: step ? keys.length : 0,
      values: step ? values.length : 0,
      source_keys: translated.encoded.source[layer].keys.length,
      source_values: translated.encoded.source[layer].values.length,
    }));
    const read = kept[0]?.keys ?? 0;
    const pairs = (count) =>
      count === 1 ? say("{0} key and value", count) : say("{0} keys and values", count);
    const said = steps.length
      ? say(
          "At step {0} each layer holds {1} of English, one more than at the step before, and {2} of German, made once. Nothing earlier is computed anew.",
          ...[step, pairs(read), pairs(tokens.length)],
        )
      : "";
    write(this.kept, said);
    const most = steps.length;
    this.cache.show({ layers, source: tokens.length, read, most, description: said });
    return kept;
  }

  // In words, what is drawn for the row.
  #tell(at) {
    const { kind, rows, columns, weights } = this.seen;
    if (!rows.length) return "";
    const word = fewLetters(rows[at]);
    const most = mostOf(weights[at], columns);
    if (kind === "encoder")
      return most
        ? say("“{0}” looks most at {1}.", word, most)
        : say("“{0}” looks a little at every word.", word);
    if (word === ENDS)
      return most
        ? say("To end the sentence, this head looks most at {0}.", most)
        : say("To end the sentence, this head looks a little at every word.");
    return most
      ? say("To write “{0}”, this head looks most at {1}.", word, most)
      : say("To write “{0}”, this head looks a little at every word.", word);
  }

  #tellOfColumn(looked) {
    const { kind, rows, columns, weights } = this.seen;
    const listed = mostOf(
      weights.map((looks) => looks[looked]),
      rows,
    );
    const word = fewLetters(columns[looked]);
    if (!listed) return say("No word looks at “{0}” with as much as {1}.", word, percent(TOLD));
    return kind === "encoder"
      ? say("“{0}” is looked at most by {1}.", word, listed)
      : say("“{0}” is looked at most to write {1}.", word, listed);
  }

  // What can be said of the head as a whole, and of the translation where the right one is known.
  #compare(share) {
    const { known, steps, isRight } = this.shown;
    if (!steps.length) return "";
    const said = [KINDS[this.seen.kind].note];
    if (!known) said.push(UNCHECKED);
    else if (isRight) said.push(say("This is the right translation."));
    else said.push(say("The right translation is: “{0}”", writtenSentence(known.target, "en")));
    if (share !== null)
      said.push(
        say("Outlined in green: the words that truly belong together."),
        say("Over the whole sentence they get {0} of this head’s weight.", percent(share)),
      );
    if (known?.chinese) said.push(inChinese(known));
    return together(...said.filter(Boolean));
  }
}

/** What all heads looked at, by kind: [layer][head][row][column]. */
function weightsByKind({ translated, steps }, { layers, heads }) {
  const grid = (rowsOf) =>
    Array.from({ length: layers }, (_, layer) =>
      Array.from({ length: heads }, (_, head) => rowsOf(layer, head).map((row) => [...row])),
    );
  return {
    encoder: grid((layer, head) =>
      (translated?.encoded.weights[layer] ?? []).map((looks) => looks[head]),
    ),
    decoder: grid((layer, head) => steps.map((step) => step.heads[layer][head])),
    [CROSS]: grid((layer, head) => steps.map((step) => step.sourceHeads[layer][head])),
  };
}

/** How much of the weight of those rows that have true pairs lies on these; null if none has. */
function trueShare({ weights, alignment }) {
  const rows = new Set((alignment ?? []).map(([, row]) => row));
  if (!rows.size) return null;
  return alignment.reduce((sum, [column, row]) => sum + weights[row][column], 0) / rows.size;
}

define("book-attention-heads", AttentionHeads);
