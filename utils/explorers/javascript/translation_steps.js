// Chapter 4: step through encoder and decoder over a sentence, picked or typed. The row of steps, the
// hidden state and the distribution of the next word follow the step.
//
// Data: {weights, source_tokens, target_tokens, sentences: [{source, target}, ...], language,
// glosses, longest}; the weights are those of a Seq2Seq of one GRU layer without attention. With
// glosses, from the Chinese words of the training to English ones, a reader can type, at most
// `longest` characters.

import { button, menu, slider, textField } from "./controls/controls.js";
import { PLAYER_STYLE, player } from "./controls/player.js";
import { CHIPS_STYLE, withCharacters, wordBox } from "./controls/word_chips.js";
import { barChart } from "./drawing/bars.js";
import { around, change, drawing, html, label, svg } from "./drawing/markup.js";
import { scrollAside } from "./drawing/motion.js";
import { decimal, percent } from "./drawing/numbers.js";
import { isNarrow } from "./drawing/room.js";
import { define, Explorer, held } from "./element.js";
import { translateGreedily } from "./networks/seq2seq.js";
import { readWeights, softmax } from "./networks/tensors.js";
import { glossed, readChinese } from "./text/chinese.js";
import { END, UNKNOWN } from "./text/control_tokens.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";
import { writtenSentence } from "./text/written.js";

const LONGEST = 30; // a translation that has not ended by then is left as it is
const CANDIDATES = 7; // words that get a bar of their own
const PACE = 900; // milliseconds for each step, when they are played
const OWN = "own"; // in the menu: a sentence of the reader's
const UNCHOSEN = 0; // the step is then the one at which the network hesitates most
// The rows are text in boxes, not a drawing, so that they break into lines. On a phone they do not:
// there they scroll to the side, so that they and what lies below them are on one screen.
const ROW_STYLE = `
  .row { --step: var(--blue); padding: 2px 0 4px 12px; border-left: 4px solid var(--step); }
  .row.writing { --step: var(--green); margin-top: 14px; }
  .line { position: relative; display: flex; flex-wrap: wrap; align-items: flex-start;
    row-gap: 10px; padding-top: 8px; }
  .writing .line { align-items: center; }
  .row p { font-size: 14px; color: var(--muted); }
  .row p b { color: var(--step); }
  .unit { display: flex; align-items: flex-start; }
  .writing .unit { align-items: center; }
  /* An arrow from cell to cell, however wide the words are. */
  .link {
    width: 14px; height: 28px;
    background: linear-gradient(var(--muted), var(--muted)) center / 100% 1px no-repeat;
  }
  .joint { justify-self: stretch; display: flex; align-items: center; }
  .joint::before, .joint::after { content: ""; flex: 1; border-top: 1px solid var(--muted); }
  .cell { position: relative; }
  .cell::before {
    content: ""; position: absolute; right: calc(100% + 1px); top: calc(50% - 4px);
    border: 4px solid transparent; border-left: 7px solid var(--muted); border-right: 0;
  }
  .first :is(.joint, .cell)::before, .last .joint::after,
  .context:first-child .cell::before { visibility: hidden; }
  .column { display: grid; justify-items: center; line-height: 1.35; cursor: pointer; }
  .arrow { line-height: 1; font-size: 12px; color: var(--muted); }
  .cell {
    min-width: 30px; height: 28px; padding: 0 4px; line-height: 25px; text-align: center;
    font-size: 13px; font-variant-numeric: tabular-nums; color: var(--step);
    border: 1.5px solid var(--step); border-radius: 5px;
  }
  .token { font-size: 14px; }
  .reading .token { font-size: 18px; }
  .wrote { font-weight: 700; }
  .read { color: var(--muted); }
  .context { --step: var(--orange); cursor: default; }
  .context .cell { border-radius: 14px; font-weight: 700; }
  [data-when="now"] .cell {
    background: var(--step); color: var(--paper); font-weight: 700;
    outline: 2px solid var(--step); outline-offset: 2px;
  }
  [data-when="now"] :is(.token, .read) { color: var(--ink); font-weight: 700; }
  [data-when="later"] .cell { border-style: dashed; color: var(--muted); }
  .reading [data-when="later"] .token { color: var(--muted); }
  .writing [data-when="later"] :is(.token, .arrow) { visibility: hidden; }
  /* The sentence of the step has the colour of the row that it is about. */
  .stage .said {
    --step: var(--blue); min-height: 3.7em; margin-top: 12px; padding: 5px 10px;
    border: 2px solid var(--step); border-radius: 6px; background: var(--faint);
  }
  .stage .said[data-phase="decoder"] { --step: var(--green); }
  .word { display: grid; grid-template-rows: auto 1fr; }
  .word .symbols { display: flex; align-items: flex-start; }
  .word .unit { flex: 1; }
  .word .column { flex: 1; }
  .gloss {
    padding: 1px 2px 0; font-size: 12px; line-height: 1.25; text-align: center;
    color: var(--muted); max-width: 7em; justify-self: center;
  }
  .word .gloss { margin-left: 14px; }
  .word:first-child .gloss { margin-left: 0; }
  /* A line below all symbols of a word: its gloss is about them. */
  .word:has(.gloss) .symbols {
    background: linear-gradient(var(--muted), var(--muted)) 18px 100% / calc(100% - 22px) 1px
      no-repeat;
  }
  .word:has(.gloss):first-child .symbols { background-position: 4px 100%;
    background-size: calc(100% - 8px) 1px; }
  .note { padding: 4px 12px; border-left: 4px solid var(--orange); background: var(--faint);
    overflow-wrap: anywhere; }
  .note:empty { display: none; }
  .asked { display: grid; gap: 8px 22px;
    grid-template-columns: repeat(auto-fit, minmax(min(270px, 100%), 1fr)); }
  .asked .wide { grid-column: auto; }
  input[type="text"], select { font-size: 16px; }
  ${CHIPS_STYLE}
  .word-box .control { margin-top: 6px; }
  ${PLAYER_STYLE}
  .layers { display: grid; }
  .layers > * { grid-area: 1 / 1; min-width: 0; }
  .layers > p { align-self: center; padding: 0 10%; text-align: center; }
  [data-away] { visibility: hidden; }
  .moving > * { flex: 1 1 180px; }
  .moving > .buttons { flex: 1.4 1 250px; }
  @media (max-width: 480px) {
    .stage { gap: 8px 10px; align-items: flex-start; }
    .asked { gap: 8px 10px; grid-template-columns: 1fr 1fr; }
    .stage > .layers { flex: 1.82 1 0; }
    .stage > .state { flex: 1 1 0; }
    .controls { margin-top: 8px; }
    .row { padding-block: 0; }
    .row.writing { margin-top: 8px; }
    .line { flex-wrap: nowrap; overflow-x: auto; padding: 4px 4px 2px; scrollbar-width: thin; }
    .line > * { flex: none; }
    .moving { gap: 4px 14px; margin: 0; }
    .moving > :not(.buttons) { flex-basis: 120px; }
    .stage .said {
      min-height: 5em; margin-top: 8px; padding: 3px 8px; font-size: 14px; line-height: 1.35;
    }
  }
`;

/** Translate one sentence, and put down what each step did. Steps are counted from 1. */
function traceSteps(weights, source, sourceTokens, targetTokens) {
  const tokenIds = source.map((token) => {
    const tokenId = sourceTokens.indexOf(token);
    return tokenId > UNKNOWN ? tokenId : UNKNOWN;
  });
  const { encoded, steps, finished } = translateGreedily(weights, "no attention", tokenIds, {
    longest: LONGEST,
  });
  const reading = encoded.outputs.map((hidden, i) => ({
    phase: "encoder",
    hidden,
    read: source[i],
    isKnown: tokenIds[i] !== UNKNOWN,
  }));
  const writing = steps.map(({ hidden, logits, read, tokenId }) => ({
    phase: "decoder",
    hidden,
    logits,
    tokenId,
    read: targetTokens[read],
    wrote: targetTokens[tokenId],
  }));
  return { steps: [...reading, ...writing], sourceLength: source.length, finished };
}

/**
 * The numbers of a hidden state as cells of a grid; show(hidden, title) colours them. They are
 * `across` wide and at most `down` high, in units of the drawing, at most `most` in a row; a title is
 * a list of `titleLines` lines.
 */
function stateGrid(size, { across, down, most, titleLines }) {
  const columns = Math.min(most, size);
  const rows = Math.ceil(size / columns);
  const width = across / columns;
  const height = Math.min(20, down / rows);
  const top = 10 + 16 * titleLines;
  const bottom = top + rows * height;
  const place = (i) => [(i % columns) * width, top + Math.floor(i / columns) * height];
  const cells = Array.from({ length: size }, (_, i) => {
    const [x, y] = place(i);
    const box = { x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1 };
    return svg("rect", { ...box, class: "glides" });
  });
  // A dash in what is clearly below zero, so that the sign can be seen without colours.
  const minus = svg("path", { stroke: "var(--paper)", "stroke-width": 1.6 });
  const headings = Array.from({ length: titleLines }, (_, i) =>
    label(0, 15 + 16 * i, "", "start", { class: "muted" }),
  );
  const colours = 9; // of the legend
  const step = Math.min(20, (0.72 * across) / colours);
  const left = (across - colours * step) / 2;
  const legend = Array.from({ length: colours }, (_, i) => {
    const colour = signColour((i - 4) / 4);
    return svg("rect", { x: left + step * i, y: bottom + 12, width: step, height: 12, ...colour });
  });
  const element = drawing(
    across,
    bottom + 44,
    say(
      "The hidden state as a grid of {0} cells. Blue with a dash is below zero, orange above, pale near zero.",
      size,
    ),
    {},
    ...headings,
    svg("rect", { x: 0, y: top, width: across, height: bottom - top, fill: "var(--faint)" }),
    ...cells,
    minus,
    svg("rect", {
      ...{ x: left, y: bottom + 12, width: colours * step, height: 12, fill: "var(--faint)" },
    }),
    ...legend,
    svg("path", {
      d: [0, 1, 2]
        .map((i) => `M ${left + step * (i + 0.35)} ${bottom + 18} h ${0.3 * step}`)
        .join(" "),
      stroke: "var(--paper)",
      "stroke-width": 1.6,
    }),
    ...[-1, 0, 1].map((value) =>
      label(left + step * (4.5 + 4 * value), bottom + 39, decimal(value), "middle"),
    ),
  );
  return {
    element,
    show(hidden, title) {
      headings.forEach((heading, i) => {
        heading.textContent = title[i];
      });
      const dashes = [];
      hidden.forEach((value, i) => {
        change(cells[i], signColour(value));
        const [x, y] = place(i);
        if (value <= -0.4) dashes.push(`M ${x + width * 0.3} ${y + height / 2} h ${width * 0.4}`);
      });
      change(minus, { d: dashes.join(" ") || "M 0 0" });
    },
  };
}

/** A colour for a number from -1 to 1: two hues, the paler the nearer to zero, in either theme. */
function signColour(value) {
  return {
    fill: value < 0 ? "var(--bar)" : "var(--mark)",
    "fill-opacity": Math.min(Math.abs(value), 1),
  };
}

class TranslationSteps extends Explorer {
  build(data) {
    this.data = data;
    this.opened = null;
    this.trace = null;
    const isKnown = (character) => data.source_tokens.indexOf(character) > UNKNOWN;
    this.glosses = Object.fromEntries(
      Object.entries(data.glosses ?? {}).filter(([word]) => [...word].every(isKnown)),
    );
    this.weights = readWeights(data.weights);
    this.known = data.sentences.map(({ source }) => writtenSentence(source, data.language));
    const own = data.glosses ? [[OWN, say("a sentence of your own …")]] : [];
    this.sentence = menu({
      label: say("sentence"),
      options: [...this.known.map((text, i) => [String(i), text]), ...own],
      value: "0",
    });
    this.sentence.listen(() => this.pick());
    this.typed = textField({
      label: say("or type Chinese"),
      value: this.known[0],
      language: data.language,
    });
    this.typed.listen(() => this.goTo(UNCHOSEN));
    change(this.sentence.input, { lang: data.language });
    this.player = player({ label: say("step"), go: (step) => this.set({ step }), pace: PACE });
    const buttons = this.player.element.lastChild;
    const temperature = slider({
      label: say("temperature"),
      ...{ min: 0.2, max: 3, step: 0.1, value: 1 },
      format: (temperature) => `T = ${temperature.toFixed(1)}`,
    });
    // Above what it changes, so that a finger on it does not hide that.
    buttons.before(temperature.element);
    this.said = html("p", { class: "said" });
    this.reading = html("div", { class: "line", role: "img" });
    this.writing = html("div", { class: "line", role: "img" });
    this.rows = [
      html(
        "div",
        { class: "row reading" },
        html("p", {}, ...around(say("{0} reads one symbol at each step"), bold(say("encoder")))),
        this.reading,
      ),
      html(
        "div",
        { class: "row writing" },
        html(
          "p",
          {},
          ...around(say("{0} gets c, reads a word, writes the next"), bold(say("decoder"))),
        ),
        this.writing,
      ),
    ];
    const size = this.weights["decoder.recurrent.network.weight_hh_l0"].shape[1];
    // On a phone, grid and bars stand beside one another and are drawn for half of the room.
    this.isNarrow = isNarrow();
    const [grid, bars] = this.isNarrow
      ? [
          { across: 112, down: 104, most: 16, titleLines: 2 },
          { width: 204, row: 20, names: 94 },
        ]
      : [{ across: 320, down: 144, most: 32, titleLines: 1 }, { names: 108 }];
    this.grid = stateGrid(size, grid);
    this.bars = barChart({
      description: say(
        "Bars: probabilities of the likeliest next words, and of all others together",
      ),
      title: "",
      count: CANDIDATES + 1,
      ...bars,
      format: (share) => percent(share, 1),
    });
    this.nothing = html("p", { class: "muted" });
    this.note = html("p", { class: "whole note" });
    this.open(this.known[0]);
    return {
      stage: [
        html("style", {}, ROW_STYLE),
        html(
          "div",
          { class: "whole asked" }, // above what changes its height
          this.sentence.element,
          data.glosses ? this.typed.element : "",
        ),
        this.note,
        html("div", { class: "whole" }, ...this.rows),
        html("div", { class: "whole" }, this.player.element, this.said),
        html("div", { class: "layers" }, this.bars.element, this.nothing),
        html("div", { class: "state" }, this.grid.element),
      ],
      controls: data.glosses ? [this.words()] : [],
      state: { text: this.typed, step: held(UNCHOSEN), temperature },
      hint: say("{0}: it reads, then writes", this.player.invitation),
    };
  }

  /** The words of its training, to be put into the sentence, where the field's mark is. */
  words() {
    const words = Object.entries(this.glosses).filter(([word]) => /\p{L}/u.test(word));
    const put = (word) => {
      const { value, selectionStart, selectionEnd } = this.typed.input;
      const { text, caret } = withCharacters(value, selectionStart, selectionEnd, word);
      this.player.pause();
      this.set({ text, step: UNCHOSEN });
      this.typed.input.setSelectionRange(caret, caret);
    };
    const emptying = button({
      label: say("empty the line"),
      pressed: () => {
        this.goTo(UNCHOSEN, "");
        this.typed.input.setSelectionRange(0, 0);
      },
    });
    return wordBox({
      summary: say("the {0} words it knows", words.length),
      ...{ words: { [say("words and parts of words")]: words }, language: "zh", pressed: put },
      others: [emptying.element],
    });
  }

  pick() {
    const isOwn = this.sentence.value === OWN;
    this.goTo(UNCHOSEN, isOwn ? "" : this.known[Number(this.sentence.value)]);
    if (isOwn) this.typed.input.focus();
  }

  /** Translate the sentence, unless it is there, and lay out its steps. */
  open(text) {
    if (text === this.opened) return;
    this.opened = text;
    const { source_tokens, target_tokens, sentences, language } = this.data;
    const place = this.known.indexOf(text);
    if (place < 0 && !this.data.glosses) return; // nobody typed that
    this.sentence.value = place < 0 ? OWN : String(place);
    const { tokens: source, message } =
      place < 0
        ? readChinese(text, source_tokens, this.data.longest)
        : { tokens: sentences[place].source, message: "" };
    this.note.textContent = message;
    if (!source.length) {
      this.trace = null;
      return;
    }
    this.target = sentences[place]?.target ?? null;
    this.trace = traceSteps(this.weights, source, source_tokens, target_tokens);
    const { steps, sourceLength } = this.trace;
    this.first = mostOpenStep(steps);
    this.columns = steps.map(({ phase, read, wrote }, i) => {
      const cell = html("span", { class: "cell" }, String(i + 1));
      const joint = html("span", { class: "joint" }, cell);
      const isEncoder = phase === "encoder";
      const lang = isEncoder ? language : "en";
      const parts = isEncoder
        ? [joint, arrow("↑"), html("span", { class: "token", lang }, read)]
        : [
            html("span", { class: "token wrote", lang }, wrote),
            ...[arrow("↑"), joint, arrow("↑")],
            html("span", { class: "token read", lang }, read),
          ];
      const end = i === 0 ? " first" : i === steps.length - 1 ? " last" : "";
      const column = html("span", { class: `column${end}` }, ...parts);
      column.addEventListener("click", () => this.goTo(i + 1));
      return column;
    });
    const context = () =>
      html("span", { class: "column context" }, html("span", { class: "cell" }, "c"));
    this.handed = context();
    this.taken = context();
    const linked = (column, i) =>
      html("span", { class: "unit" }, i ? html("span", { class: "link" }) : "", column);
    const words = glossed(source, this.glosses).map(({ start, end, gloss }) =>
      html(
        "span",
        { class: "word" },
        html(
          "span",
          { class: "symbols" },
          ...this.columns.slice(start, end).map((column, i) => linked(column, start + i)),
        ),
        /\p{L}/u.test(gloss) ? html("span", { class: "gloss", lang: "en" }, gloss) : "",
      ),
    );
    this.reading.replaceChildren(...words, linked(this.handed, sourceLength));
    this.writing.replaceChildren(...[this.taken, ...this.columns.slice(sourceLength)].map(linked));
    change(this.reading, {
      "aria-label": say(
        "Encoder, steps 1 to {0}: reads {1} and hands over c",
        ...[sourceLength, writtenSentence(source, language)],
      ),
    });
  }

  goTo(step, text = this.typed.value) {
    this.player.pause();
    this.set({ step, text });
  }

  disconnectedCallback() {
    this.player?.pause();
  }

  update({ text, step: chosen, temperature }) {
    this.open(text);
    const isEmpty = this.trace === null;
    // What there is nothing to say of keeps its room, so that the words below do not jump away.
    for (const part of [...this.rows, this.said, this.player.element, this.grid.element])
      change(part, { "data-away": isEmpty ? "" : null });
    if (isEmpty) return this.showNothing();
    const { steps, sourceLength, finished } = this.trace;
    const step = this.player.show(chosen || this.first, steps.length);
    const { phase, hidden, logits } = steps[step - 1];
    const probabilities = logits ? softmax(logits, temperature) : [];
    const words = steps
      .slice(sourceLength, step)
      .filter(({ tokenId }) => tokenId !== END)
      .map(({ wrote }) => wrote);

    const when = (at) => (step < at ? "later" : step === at ? "now" : "before");
    this.columns.forEach((column, i) => change(column, { "data-when": when(i + 1) }));
    change(this.handed, { "data-when": when(sourceLength) });
    change(this.taken, { "data-when": when(sourceLength + 1) });
    scrollAside(this.reading, this.columns[Math.min(step, sourceLength) - 1]);
    scrollAside(this.writing, step > sourceLength ? this.columns[step - 1] : this.taken);
    const written = words.length ? writtenSentence(words, "en") : say("nothing");
    change(this.writing, {
      "aria-label": say(
        "Decoder, steps {0} to {1}. Written so far: {2}",
        ...[sourceLength + 1, steps.length, written],
      ),
    });

    const what = step === sourceLength ? say("this is c") : say("{0} numbers", hidden.length);
    const title = this.isNarrow
      ? [say("hidden state:"), what] // of which step, the sentence above says
      : [titleOf(phase, step, what)];
    this.grid.show(hidden, title);
    this.showBars(step, probabilities, temperature);
    change(this.said, { "data-phase": phase });
    this.said.replaceChildren(...this.tell(step, probabilities, temperature));
    return {
      result: {
        step,
        phase,
        hidden: Array.from(hidden),
        probabilities: Array.from(probabilities),
        written: words,
        finished: finished && step === steps.length,
        message: this.note.textContent,
      },
      summary: together(this.said.textContent, this.note.textContent),
    };
  }

  /** There is no sentence: only the note says why. */
  showNothing() {
    for (const part of [this.reading, this.writing, this.said, this.nothing])
      part.replaceChildren();
    change(this.bars.element, { "data-away": "" });
    return {
      result: {
        ...{ step: 0, phase: null, hidden: [], probabilities: [], written: [], finished: false },
        message: this.note.textContent,
      },
      summary: this.note.textContent,
    };
  }

  /** The likeliest words to write next, and all others together; or why there are none yet. */
  showBars(step, probabilities, temperature) {
    const { steps, sourceLength } = this.trace;
    const { read, tokenId } = steps[step - 1];
    const isReading = probabilities.length === 0;
    change(this.bars.element, { "data-away": isReading ? "" : null });
    change(this.nothing, { "data-away": isReading ? null : "" });
    if (isReading) {
      this.nothing.textContent =
        step < sourceLength
          ? say(
              "No word is written yet: the encoder is still reading. The probabilities of the words come up here at step {0}.",
              sourceLength + 1,
            )
          : say(
              "No word is written yet: the encoder has just read the last symbol. The next step writes the first word.",
            );
      return;
    }
    const tokens = this.data.target_tokens;
    const order = Array.from(probabilities.keys())
      .filter((i) => i >= END) // padding and the start token are never written
      .sort((a, b) => probabilities[b] - probabilities[a]);
    const likeliest = order.slice(0, CANDIDATES);
    const rest = 1 - likeliest.reduce((sum, i) => sum + probabilities[i], 0);
    const warmth = temperature.toFixed(1);
    this.bars.title(
      this.isNarrow
        ? say("next word (T = {0})", warmth) // after which one, the sentence above says
        : say("next word after “{0}” (T = {1})", read, warmth),
    );
    this.bars.show([
      ...likeliest.map((i) => ({
        name: i === tokenId ? `▸ ${tokens[i]}` : tokens[i],
        value: probabilities[i],
        marked: i === tokenId,
      })),
      { name: say("{0} others", tokens.length - likeliest.length), value: Math.max(rest, 0) },
    ]);
  }

  /** What happens at this step, in words: strings, and elements for those in other languages. */
  tell(step, probabilities, temperature) {
    const { steps, sourceLength, finished } = this.trace;
    const { phase, read, wrote, tokenId, isKnown } = steps[step - 1];
    if (phase === "encoder") {
      const symbol = html("span", { lang: this.data.language }, read);
      const isLast = step === sourceLength;
      return around(readingInWords(isKnown, isLast), step, steps.length, symbol);
    }
    const writing = writingInWords(step === sourceLength + 1, tokenId === END);
    const chance = percent(probabilities[tokenId], 1);
    const what = around(
      ...[writing, step, steps.length, read, wrote],
      say("{0} at T\u00a0=\u00a0{1}", chance, temperature.toFixed(1)),
    );
    if (step < steps.length) return what;
    const words = steps.slice(sourceLength).map(({ wrote }) => wrote);
    const mine = writtenSentence(finished ? words.slice(0, -1) : words, "en");
    const end = finished
      ? around(say("That is the end: {0}"), bold(mine))
      : around(say("Here it is stopped, after {1} words: {0}"), bold(mine), words.length);
    const truth = this.target && writtenSentence(this.target, "en");
    return around(say("{0} {1} {2}"), what, end, judged(mine, truth));
  }
}

function bold(text) {
  return html("b", {}, text);
}

/** What one can say of a translation; `truth` is null where nobody knows. */
function judged(mine, truth) {
  if (truth === null) return say("Nobody has checked this translation.");
  if (mine === truth) return say("That is the true translation.");
  return around(say("The true translation: {0}"), bold(truth));
}

/** What the grid shows: the state of encoder or decoder, and what that is. */
function titleOf(phase, step, what) {
  return phase === "encoder"
    ? say("encoder’s hidden state after step {0}: {1}", step, what)
    : say("decoder’s hidden state after step {0}: {1}", step, what);
}

/** What the encoder does in a step: {0} which one, {1} of how many, {2} the symbol that it reads. */
function readingInWords(isKnown, isLast) {
  if (!isLast)
    return isKnown
      ? say("Step {0} of {1}: the encoder reads {2} and changes its hidden state.")
      : say(
          "Step {0} of {1}: the encoder reads {2}, which is not in its vocabulary, and changes its hidden state.",
        );
  return isKnown
    ? say(
        "Step {0} of {1}: the encoder reads {2} and the sentence is over. This last hidden state is the vector c: all that the decoder gets to know of the sentence.",
      )
    : say(
        "Step {0} of {1}: the encoder reads {2}, which is not in its vocabulary, and the sentence is over. This last hidden state is the vector c: all that the decoder gets to know of the sentence.",
      );
}

/** What the decoder does: as above, {2} and {3} the words that it reads and writes, {4} how likely. */
function writingInWords(isFirst, isEnd) {
  if (isFirst)
    return isEnd
      ? say(
          "Step {0} of {1}: the decoder reads “{2}”, the start symbol, and writes “{3}”, the end symbol, which is likeliest at any temperature ({4}).",
        )
      : say(
          "Step {0} of {1}: the decoder reads “{2}”, the start symbol, and writes “{3}”, which is likeliest at any temperature ({4}).",
        );
  return isEnd
    ? say(
        "Step {0} of {1}: the decoder reads “{2}” and writes “{3}”, the end symbol, which is likeliest at any temperature ({4}).",
      )
    : say(
        "Step {0} of {1}: the decoder reads “{2}” and writes “{3}”, which is likeliest at any temperature ({4}).",
      );
}

/** The step at which the probabilities are spread most: their entropy is the greatest. */
function mostOpenStep(steps) {
  let [best, most] = [1, -1];
  steps.forEach(({ logits }, i) => {
    if (!logits) return;
    const entropy = softmax(logits).reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
    if (entropy > most) [best, most] = [i + 1, entropy];
  });
  return best;
}

function arrow(text) {
  return html("span", { class: "arrow" }, text);
}

define("book-translation-steps", TranslationSteps);
// The network lies here, and the tree of the same chapter asks it too.
for (const tree of document.querySelectorAll("book-beam-search-tree")) tree.start?.();
