// Chapter 4: step through encoder and decoder over a sentence. The row of steps, the hidden state
// and the distribution of the next word follow the step.
//
// Data: {weights, source_tokens, target_tokens, sentences: [{source, target}, ...], language};
// the weights are those of a Seq2Seq of one GRU layer without attention.

import { barChart } from "./bars.js";
import { END, UNKNOWN } from "./control_tokens.js";
import { button, menu, slider } from "./controls.js";
import { define, Explorer } from "./element.js";
import { change, drawing, html, label, svg } from "./markup.js";
import { percent } from "./numbers.js";
import { translateGreedily } from "./seq2seq.js";
import { readWeights, softmax } from "./tensors.js";
import { writtenSentence } from "./written.js";

const LONGEST = 30; // a translation that has not ended by then is left as it is
const CANDIDATES = 7; // words that get a bar of their own
const PACE = 900; // milliseconds for each step, when they are played
// The rows are text in boxes, not a drawing, so that they break into lines on a narrow page.
const ROW_STYLE = `
  .row {
    --step: var(--blue);
    display: flex; flex-wrap: wrap; align-items: flex-start; row-gap: 10px;
    padding: 2px 0 4px 12px; border-left: 4px solid var(--step);
  }
  .row.writing { --step: var(--green); align-items: center; margin-top: 14px; }
  .row p { flex-basis: 100%; font-size: 14px; color: var(--muted); }
  .row p b { color: var(--step); }
  .unit { display: flex; align-items: flex-start; }
  .writing .unit { align-items: center; }
  .link { width: 16px; line-height: 28px; text-align: center; color: var(--muted); }
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
  .stage .said { min-height: 2.9em; margin-top: 8px; }
  .moving { display: flex; flex-wrap: wrap; gap: 6px 22px; align-items: end; margin-top: 6px; }
  .moving > * { flex: 1 1 270px; min-width: 0; }
  .buttons { display: flex; gap: 8px; }
  .buttons > * { flex: 1; }
  .buttons [aria-disabled="true"] { color: var(--muted); border-style: dashed; cursor: default; }
  .layers { display: grid; }
  .layers > * { grid-area: 1 / 1; min-width: 0; }
  .layers > p { align-self: center; padding: 0 10%; text-align: center; }
  .layers > [data-away] { visibility: hidden; }
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

/** The numbers of a hidden state as cells of a grid; show(hidden, title) colours them. */
function stateGrid(size) {
  const columns = Math.min(32, size);
  const rows = Math.ceil(size / columns);
  const width = 320 / columns;
  const height = Math.min(20, 144 / rows);
  const top = 26;
  const bottom = top + rows * height;
  const place = (i) => [(i % columns) * width, top + Math.floor(i / columns) * height];
  const cells = Array.from({ length: size }, (_, i) => {
    const [x, y] = place(i);
    return svg("rect", { x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1 });
  });
  // A dash in what is clearly below zero, so that the sign can be seen without colours.
  const minus = svg("path", { stroke: "var(--paper)", "stroke-width": 1.6 });
  const heading = label(0, 15, "", "start", { class: "muted" });
  const legend = Array.from({ length: 9 }, (_, i) => {
    const value = (i - 4) / 4;
    const colour = signColour(value);
    return svg("rect", { x: 70 + 20 * i, y: bottom + 14, width: 20, height: 12, ...colour });
  });
  const element = drawing(
    320,
    bottom + 46,
    `The hidden state as a grid of ${size} cells. Blue with a dash is below zero, orange above, ` +
      "pale near zero.",
    {},
    heading,
    svg("rect", { x: 0, y: top, width: 320, height: bottom - top, fill: "var(--faint)" }),
    ...cells,
    minus,
    svg("rect", { x: 70, y: bottom + 14, width: 180, height: 12, fill: "var(--faint)" }),
    ...legend,
    svg("path", {
      d: [0, 1, 2].map((i) => `M ${77 + 20 * i} ${bottom + 20} h 6`).join(" "),
      stroke: "var(--paper)",
      "stroke-width": 1.6,
    }),
    label(80, bottom + 41, "−1", "middle"),
    label(160, bottom + 41, "0", "middle"),
    label(240, bottom + 41, "1", "middle"),
  );
  return {
    element,
    show(hidden, title) {
      heading.textContent = title;
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
    this.weights = readWeights(data.weights);
    this.sentence = menu({
      label: "sentence",
      options: data.sentences.map(({ source }, i) => [
        String(i),
        writtenSentence(source, data.language),
      ]),
      value: "0",
    });
    this.sentence.listen(() => this.goTo(1));
    change(this.sentence.input, { lang: data.language });
    this.step = slider({
      label: "step",
      ...{ min: 1, max: 2, step: 1, value: 1 },
      format: (step) => `${step} of ${this.trace?.steps.length ?? ""}`,
    });
    this.step.listen(() => this.pause());
    const temperature = slider({
      label: "temperature",
      ...{ min: 0.2, max: 3, step: 0.1, value: 1 },
      format: (temperature) => `T = ${temperature.toFixed(1)}`,
    });

    this.back = button({ label: "← back", pressed: () => this.walk(-1) });
    this.play = button({ label: "▶ play", pressed: () => this.playOrPause() });
    this.next = button({ label: "next →", pressed: () => this.walk(1) });
    this.timer = 0;
    // Nothing moves by itself for readers who do not want that.
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    const follow = () => {
      this.pause();
      change(this.play.element, { hidden: this.still.matches ? "" : null });
    };
    this.still.addEventListener("change", follow);
    follow();

    this.said = html("p", { class: "said" });
    this.reading = html("div", { class: "row reading", role: "img" });
    this.writing = html("div", { class: "row writing", role: "img" });
    const size = this.weights["decoder.recurrent.network.weight_hh_l0"].shape[1];
    this.grid = stateGrid(size);
    this.bars = barChart({
      description: "Bars: probabilities of the likeliest next words, and of all others together",
      title: "",
      count: CANDIDATES + 1,
      names: 108,
      format: (share) => percent(share, 1),
    });
    this.nothing = html("p", { class: "muted" });
    return {
      stage: [
        html("style", {}, ROW_STYLE),
        html("div", { class: "whole" }, this.sentence.element), // above what changes its height
        html("div", { class: "whole" }, this.reading, this.writing),
        html(
          "div",
          { class: "whole" },
          html(
            "div",
            { class: "moving" },
            this.step.element,
            html(
              "div",
              { class: "buttons" },
              ...[this.back, this.play, this.next].map(({ element }) => element),
            ),
          ),
          this.said, // below the slider, which then stays where it is
        ),
        html("div", {}, this.grid.element),
        html("div", { class: "layers" }, this.bars.element, this.nothing),
      ],
      controls: [temperature],
      state: { sentence: this.sentence, step: this.step, temperature },
    };
  }

  /** Translate the sentence chosen, unless it is there, and lay out its steps. */
  open(sentence) {
    if (sentence === this.opened) return;
    this.opened = sentence;
    const { source_tokens, target_tokens, sentences, language } = this.data;
    const { source } = sentences[Number(sentence)];
    this.trace = traceSteps(this.weights, source, source_tokens, target_tokens);
    const { steps, sourceLength } = this.trace;
    this.step.limit(steps.length);
    this.columns = steps.map(({ phase, read, wrote }, i) => {
      const cell = html("span", { class: "cell" }, String(i + 1));
      const isEncoder = phase === "encoder";
      const lang = isEncoder ? language : "en";
      const parts = isEncoder
        ? [cell, arrow("↑"), html("span", { class: "token", lang }, read)]
        : [
            html("span", { class: "token wrote", lang }, wrote),
            ...[arrow("↑"), cell, arrow("↑")],
            html("span", { class: "token read", lang }, read),
          ];
      const column = html("span", { class: "column" }, ...parts);
      column.addEventListener("click", () => this.goTo(i + 1));
      return column;
    });
    const context = () =>
      html("span", { class: "column context" }, html("span", { class: "cell" }, "c"));
    this.handed = context();
    this.taken = context();
    const linked = (column, i) =>
      html("span", { class: "unit" }, i ? html("span", { class: "link" }, "→") : "", column);
    this.reading.replaceChildren(
      html("p", {}, html("b", {}, "encoder"), " reads one symbol at each step"),
      ...[...this.columns.slice(0, sourceLength), this.handed].map(linked),
    );
    this.writing.replaceChildren(
      html("p", {}, html("b", {}, "decoder"), " gets c, reads a word, writes the next"),
      ...[this.taken, ...this.columns.slice(sourceLength)].map(linked),
    );
    const text = writtenSentence(source, language);
    change(this.reading, {
      "aria-label": `Encoder, steps 1 to ${sourceLength}: reads ${text} and hands over c`,
    });
  }

  goTo(step) {
    this.pause();
    this.set({ step });
  }

  walk(by) {
    const step = this.step.value + by;
    if (step >= 1 && step <= this.trace.steps.length) this.goTo(step);
  }

  playOrPause() {
    if (this.timer) {
      this.pause();
      return;
    }
    const last = this.trace.steps.length;
    const move = () => {
      this.set({ step: this.step.value === last ? 1 : this.step.value + 1 });
      if (this.step.value === last) this.pause();
    };
    this.timer = setInterval(move, PACE);
    this.play.input.textContent = "❚❚ pause";
    move();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.play.input.textContent = "▶ play";
  }

  disconnectedCallback() {
    if (this.timer) this.pause();
  }

  update({ sentence, temperature }) {
    this.open(sentence);
    const { steps, sourceLength, finished } = this.trace;
    const step = this.step.value; // of a shorter sentence there are not so many
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
    const written = words.length ? writtenSentence(words, "en") : "nothing";
    change(this.writing, {
      "aria-label": `Decoder, steps ${sourceLength + 1} to ${steps.length}. Written so far: ${written}`,
    });
    change(this.back.input, { "aria-disabled": String(step === 1) });
    change(this.next.input, { "aria-disabled": String(step === steps.length) });

    const what = step === sourceLength ? "this is c" : `${hidden.length} numbers`;
    this.grid.show(hidden, `${phase}’s hidden state after step ${step}: ${what}`);
    this.showBars(probabilities, temperature);
    this.said.replaceChildren(...this.say(probabilities, temperature));
    return {
      result: {
        step,
        phase,
        hidden: Array.from(hidden),
        probabilities: Array.from(probabilities),
        written: words,
        finished: finished && step === steps.length,
      },
      summary: this.said.textContent,
    };
  }

  /** The likeliest words to write next, and all others together; or why there are none yet. */
  showBars(probabilities, temperature) {
    const { steps, sourceLength } = this.trace;
    const { read, tokenId } = steps[this.step.value - 1];
    const isReading = probabilities.length === 0;
    change(this.bars.element, { "data-away": isReading ? "" : null });
    change(this.nothing, { "data-away": isReading ? null : "" });
    if (isReading) {
      this.nothing.textContent =
        this.step.value < sourceLength
          ? "No word is written yet: the encoder is still reading. The probabilities of the " +
            `words come up here at step ${sourceLength + 1}.`
          : "No word is written yet: the encoder has just read the last symbol. The next step " +
            "writes the first word.";
      return;
    }
    const tokens = this.data.target_tokens;
    const order = Array.from(probabilities.keys())
      .filter((i) => i >= END) // padding and the start token are never written
      .sort((a, b) => probabilities[b] - probabilities[a]);
    const likeliest = order.slice(0, CANDIDATES);
    const rest = 1 - likeliest.reduce((sum, i) => sum + probabilities[i], 0);
    this.bars.title(`next word after “${read}” (T = ${temperature.toFixed(1)})`);
    this.bars.show([
      ...likeliest.map((i) => ({
        name: i === tokenId ? `▸ ${tokens[i]}` : tokens[i],
        value: probabilities[i],
        marked: i === tokenId,
      })),
      { name: `${tokens.length - likeliest.length} others`, value: Math.max(rest, 0) },
    ]);
  }

  /** What happens at this step, in words: strings, and elements for those in other languages. */
  say(probabilities, temperature) {
    const { steps, sourceLength, finished } = this.trace;
    const step = this.step.value;
    const { phase, read, wrote, tokenId, isKnown } = steps[step - 1];
    const start = `Step ${step} of ${steps.length}: the ${phase} reads `;
    if (phase === "encoder") {
      const { language } = this.data;
      const known = isKnown ? "" : ", which is not in its vocabulary,";
      return [
        start,
        html("span", { lang: language }, read),
        step < sourceLength
          ? `${known} and changes its hidden state.`
          : `${known} and the sentence is over. This last hidden state is the vector c: all that ` +
            "the decoder gets to know of the sentence.",
      ];
    }
    const chance = `${percent(probabilities[tokenId], 1)} at T\u00a0=\u00a0${temperature.toFixed(1)}`;
    const isFirst = step === sourceLength + 1;
    const what =
      `${start}“${read}”${isFirst ? ", the start symbol," : ""} and writes “${wrote}”, ` +
      `${tokenId === END ? "the end symbol, " : ""}which is likeliest at any temperature ` +
      `(${chance}).`;
    if (step < steps.length) return [what];
    const target = this.data.sentences[Number(this.sentence.value)].target;
    const words = steps.slice(sourceLength).map(({ wrote }) => wrote);
    const mine = writtenSentence(finished ? words.slice(0, -1) : words, "en");
    const truth = writtenSentence(target, "en");
    const end = finished ? "That is the end" : `Here it is stopped, after ${words.length} words`;
    return [
      `${what} ${end}: `,
      html("b", {}, mine),
      mine === truth ? " That is the true translation." : " The true translation: ",
      mine === truth ? "" : html("b", {}, truth),
    ];
  }
}

function arrow(text) {
  return html("span", { class: "arrow" }, text);
}

define("book-translation-steps", TranslationSteps);
