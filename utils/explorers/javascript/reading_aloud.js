// Chapter 7: digits on a canvas, held out of training or the reader's own, that a network reads aloud in
// one of three languages. One sees where its eye looks as it writes each word.
//
// Data: {networks: [{name, kind, weights}, ...], as utils/explorers/packed_readers.py packed them;
// languages: {name: {tokens, spoken: all numbers in words, as there}}; digits: packed (n, 28, 28), 0 to
// 255; labels: which digit each is; canvas: what is seen first, which of the digits, its left and its
// top edge in pixels, of one digit after the other; longest: words that may be written}

import { button, choice, menu } from "./controls/controls.js";
import {
  CANVAS,
  CANVAS_STYLE,
  centreOf,
  DIGIT_SIDE,
  digitCanvas,
  shareOn,
  within,
} from "./controls/digit_canvas.js";
import { inked, makePad } from "./controls/drawing_pad.js";
import { PLAYER_STYLE, player } from "./controls/player.js";
import { change, html, write } from "./drawing/markup.js";
import { percent } from "./drawing/numbers.js";
import { pixelPicture } from "./drawing/pixels.js";
import { define, Explorer, held } from "./element.js";
import { partsOfReader, readCanvas } from "./networks/reading.js";
import { writeEncoded } from "./networks/seq2seq.js";
import { readTensor, readWeights, row } from "./networks/tensors.js";
import { outcomeOf } from "./networks/translation.js";
import { enumerated, listed, together } from "./text/joined.js";
import { SpokenNumbers } from "./text/spoken_numbers.js";
import { say } from "./text/words.js";

const MOST = 3; // digits
const OWN = -1; // in the place of a held-out digit: the one that the reader drew
const ALL_WRITTEN = 0; // no word is chosen: all are written, and the last one is looked at
const PACE = 700; // milliseconds for each word
// The languages by the names that the data have: how they are called, and their codes.
const LANGUAGES = {
  English: { called: say("English"), code: "en" },
  Chinese: { called: say("Chinese"), code: "zh" },
  German: { called: say("German"), code: "de" },
};

const READING_STYLE = `
  ${PLAYER_STYLE}
  ${CANVAS_STYLE}
  .stage > .whole { flex-basis: 100%; }
  .choices { display: flex; flex-wrap: wrap; gap: 8px 22px; align-items: end; }
  .choices > * { flex: 1 1 200px; }
  .stage > svg.canvas { max-width: 660px; }
  .said { display: flex; flex-wrap: wrap; gap: 6px; justify-content: center;
    align-content: start; min-height: 40px; }
  .said button { width: auto; min-height: 40px; padding: 3px 10px; font-size: 1.25em;
    line-height: 1.2; background: none; }
  .said small { margin-right: 5px; font-size: 0.6em; font-weight: 400; }
  .said [data-when="before"] { border-color: transparent; }
  .said [data-when="now"] { background: var(--mark); border-color: var(--mark);
    color: var(--paper); }
  .said [data-when="later"] { color: var(--muted); font-weight: 400; border-style: dashed; }
  .said[data-arriving] [data-when="later"] { visibility: hidden; }
  .said .wrong { text-decoration: underline wavy; text-underline-offset: 4px; }
  .told { min-height: 4.4em; }
  .verdict { font-weight: 600; }
  .tools { display: grid; gap: 12px 10px; align-items: end;
    grid-template-columns: repeat(auto-fit, minmax(min(145px, 100%), 1fr)); }
  .tools svg { grid-row: span 3; max-width: 220px; }
  .tools [aria-disabled="true"] { color: var(--muted); border-style: dashed; cursor: default; }
  .tools svg[hidden] { display: none; }
  @media (max-width: 480px) {
    .stage { gap: 8px; }
    .choices > * { display: flex; align-items: center; flex-basis: 100%; }
    .choices :is(.named, legend) { flex: none; width: 4.9em; margin: 0; line-height: 34px; }
    .choices .choice span { padding-inline: 9px; }
    .said { min-height: 76px; }
    .said button { min-height: 35px; padding: 1px 7px; font-size: 1.1em; }
    .told { min-height: 5.8em; }
  }
`;

class ReadingAloud extends Explorer {
  build(data) {
    this.data = data;
    this.digits = readTensor(data.digits);
    this.readers = new Map(); // of the networks that have been asked
    this.spoken = new Map(); // of the languages that have been heard
    const language = choice({
      label: say("language"),
      options: Object.keys(data.languages).map((name) => [name, LANGUAGES[name].called]),
      value: Object.keys(data.languages)[0],
    });
    const network = menu({
      label: say("network"),
      options: data.networks.map(({ name }) => [name, say(name)]),
      value: data.networks[0].name,
    });
    this.canvas = digitCanvas({
      most: MOST,
      move: (number, left, top) => this.#place(number, { left, top }),
      choose: (chosen) => chosen !== this.state.chosen && this.set({ chosen }),
      takeAway: (number) => this.#takeAway(number),
    });
    this.said = html("div", {
      class: "whole said",
      role: "group",
      "aria-label": say("what it says"),
    });
    this.player = player({
      label: say("word"),
      go: (word) => this.set({ word }),
      pace: PACE,
      isPlayed: true,
    });
    for (const control of [language, network])
      control.listen(() => {
        this.player.pause();
        this.set({ word: ALL_WRITTEN });
      });
    this.verdict = html("span", { class: "verdict" });
    this.where = html("span");
    const told = html("p", { class: "whole told" }, this.verdict, " ", this.where);

    this.digit = menu({
      label: say("the chosen digit"),
      options: [
        ...data.labels.map((digit, i) => {
          const hand = data.labels.slice(0, i).filter((other) => other === digit).length;
          const called = hand
            ? say("a held-out {0}, hand {1}", digit, hand + 1)
            : say("a held-out {0}", digit);
          return [String(i), called];
        }),
        [String(OWN), say("your own drawing")],
      ],
      value: "0",
    });
    this.digit.listen(() => this.#place(this.state.chosen, { which: Number(this.digit.value) }));
    this.more = button({ label: say("add a digit"), pressed: () => this.#add() });
    this.fewer = button({
      label: say("take it away"),
      pressed: () => this.#takeAway(this.state.chosen),
    });
    const draw = button({
      label: say("draw a digit"),
      pressed: () => {
        const chosen = this.now.findIndex(({ which }) => which === OWN);
        this.set({ strokes: "" });
        this.#place(chosen < 0 ? this.state.chosen : chosen, { which: OWN });
      },
    });
    const another = button({
      label: say("another number"),
      pressed: () => this.#show(this.#drawn()),
    });
    this.paper = pixelPicture(say("your digit"), say("paper on which you can draw a digit"));
    this.pad = makePad(this.paper, {
      state: () => ({ isPad: true, strokes: this.state.strokes }),
      draw: (strokes) => this.set({ strokes }),
    });
    const tools = [this.digit, this.more, this.fewer, draw, another];
    // Paper has no menu: what it shows of the chosen digit is said with the choice.
    const chosen = Object.defineProperty(held(0), "told", { get: () => this.digit.told });
    return {
      stage: [
        html("style", {}, READING_STYLE),
        html("div", { class: "whole choices" }, language.element, network.element),
        this.canvas.element,
        this.said,
        html("div", { class: "whole" }, this.player.element),
        told,
      ],
      controls: [
        html(
          "div",
          { class: "wide tools" },
          this.paper.element,
          ...tools.map(({ element }) => element),
        ),
      ],
      state: {
        ...{ language, network },
        ...{ digits: held(data.canvas), chosen, strokes: held("") },
        word: held(ALL_WRITTEN),
      },
      hint: say("Drag a digit, or change the language"),
    };
  }

  disconnectedCallback() {
    this.player?.pause();
  }

  // ----------------------------------------------------------------------------
  // Digits on the canvas: {which, left, top} each

  #show(digits, others = {}) {
    this.set({ digits: digits.flatMap(({ which, left, top }) => [which, left, top]), ...others });
  }

  #place(number, changes) {
    const digits = this.now.map((digit, i) => (i === number ? { ...digit, ...changes } : digit));
    this.#show(digits, { chosen: Math.min(number, digits.length - 1) });
  }

  /** Where there is room; where there is none, the others move. */
  #add() {
    if (this.now.length === MOST) return;
    const which = Math.floor(Math.random() * this.data.labels.length);
    const inOrder = [...this.now].sort((a, b) => a.left - b.left);
    const starts = [0, ...inOrder.map(({ left }) => left + DIGIT_SIDE)];
    const ends = [...inOrder.map(({ left }) => left), CANVAS.width];
    const rooms = starts.map((start, i) => ends[i] - start);
    const widest = rooms.indexOf(Math.max(...rooms));
    const [left, top] = within(starts[widest] + (rooms[widest] - DIGIT_SIDE) / 2, 6);
    const isFree = rooms[widest] >= DIGIT_SIDE;
    const fresh = { which, left: isFree ? left : CANVAS.width, top };
    const digits = isFree ? [...this.now, fresh] : spread([...inOrder, fresh]);
    this.#show(digits, { chosen: digits.length - 1 });
  }

  #takeAway(number) {
    if (this.now.length === 1) return;
    const digits = this.now.filter((_, i) => i !== number);
    this.#show(digits, { chosen: Math.min(number, digits.length - 1) });
  }

  /** A number that any canvas of training might show, with held-out digits. */
  #drawn() {
    const below = (limit) => Math.floor(Math.random() * limit);
    const count = 1 + below(MOST);
    const gaps = Array.from({ length: count }, () => below(CANVAS.width - count * DIGIT_SIDE + 1));
    gaps.sort((a, b) => a - b);
    return gaps.map((gap, i) => {
      const isFirst = i === 0 && count > 1; // of several none begins with 0
      const wanted = isFirst ? 1 + below(9) : below(10);
      const hands = this.data.labels.flatMap((digit, which) => (digit === wanted ? [which] : []));
      const top = below(CANVAS.height - DIGIT_SIDE + 1);
      return { which: hands[below(hands.length)], left: gap + i * DIGIT_SIDE, top };
    });
  }

  /** Of a list in the state, which an address may have brought, what can stand on the canvas. */
  #read(list) {
    const digits = [];
    for (let at = 0; at + 2 < list.length && digits.length < MOST; at += 3) {
      const [which, ...corner] = list.slice(at, at + 3);
      const [left, top] = within(...corner);
      const isKnown = which === OWN || this.data.labels[which] !== undefined;
      if (isKnown) digits.push({ which, left, top });
    }
    return digits.length ? digits : this.#read(this.data.canvas);
  }

  /** All pixels of the canvas; where digits overlap, the darker ink. */
  #pixels(digits, strokes) {
    const pixels = new Float32Array(CANVAS.width * CANVAS.height);
    for (const { which, left, top } of digits) {
      const ink =
        which === OWN ? inked(strokes) : row(this.digits, which).map((grey) => grey / 255);
      for (let y = 0; y < DIGIT_SIDE; y++)
        for (let x = 0; x < DIGIT_SIDE; x++) {
          const at = (top + y) * CANVAS.width + left + x;
          pixels[at] = Math.max(pixels[at], ink[y * DIGIT_SIDE + x]);
        }
    }
    return pixels;
  }

  // ----------------------------------------------------------------------------
  // Reading it

  /** What is on the canvas, and what it should be called; unless it is as it was. */
  #lookAt({ digits: list, strokes }) {
    const key = JSON.stringify([list, strokes]);
    if (this.seen?.key === key) return;
    const digits = this.#read(list);
    this.seen = { key, digits, pixels: this.#pixels(digits, strokes), encoded: new Map() };
    // From left to right: the numbers that the digits have in the state.
    const order = digits.map((_, i) => i).sort((a, b) => digits[a].left - digits[b].left);
    const names = digits.map(({ which }) => (which === OWN ? "?" : this.data.labels[which]));
    const number = order.map((i) => names[i]).join("");
    const isSpoken = String(Number(number)) === number;
    const isOverlapping = order.some(
      (i, place) => place > 0 && digits[i].left - digits[order[place - 1]].left < DIGIT_SIDE,
    );
    Object.assign(this.seen, { order, names, number, isSpoken, isOverlapping });
  }

  /** What a network says of the canvas, in one of its languages. */
  #written(language, name) {
    const { seen } = this;
    const { kind, eye, speakers } = this.#reader(name);
    if (!seen.encoded.has(name)) {
      const canvas = { shape: [1, CANVAS.height, CANVAS.width], data: seen.pixels };
      seen.encoded.set(name, readCanvas(eye, canvas));
    }
    const { tokens } = this.data.languages[language];
    const spoken = this.#spokenIn(language);
    const target = seen.isSpoken ? spoken.words(Number(seen.number)) : null;
    const limits = { longest: this.data.longest };
    const written = writeEncoded(speakers[language], kind, seen.encoded.get(name), limits);
    const outcome = outcomeOf(written, tokens, target);
    const places = spoken.placesOf(outcome.tokens, seen.digits.length);
    return { ...outcome, target, places };
  }

  #reader(wanted) {
    if (!this.readers.has(wanted)) {
      const { kind, weights } = this.data.networks.find(({ name }) => name === wanted);
      this.readers.set(wanted, { kind, ...partsOfReader(readWeights(weights)) });
    }
    return this.readers.get(wanted);
  }

  #spokenIn(language) {
    if (!this.spoken.has(language))
      this.spoken.set(language, new SpokenNumbers(this.data.languages[language].spoken));
    return this.spoken.get(language);
  }

  /** The digits on the canvas. */
  get now() {
    return this.#read(this.state.digits);
  }

  update({ language, network, digits: list, chosen: wantedDigit, strokes, word: wanted }) {
    this.#lookAt({ digits: list, strokes });
    const { digits, pixels, names, order, number } = this.seen;
    const key = `${this.seen.key} ${language} ${network}`;
    if (this.shown?.key !== key) {
      this.shown = { key, ...this.#written(language, network) };
      this.#writeWords(language);
    }
    const { shown } = this;
    const count = shown.tokens.length;
    const word = this.player.show(wanted === ALL_WRITTEN ? count : wanted, Math.max(count, 1));
    const chosen = Math.min(Math.max(Math.round(wantedDigit), 0), digits.length - 1);

    const called = names.map((name) => (name === "?" ? say("your digit") : say("the {0}", name)));
    this.canvas.show({
      pixels,
      chosen,
      digits: digits.map((digit, i) => ({ ...digit, name: called[i] })),
    });
    const weights = shown.weights?.slice(0, count) ?? null; // the end is no word
    const looks = weights?.[word - 1] ?? null;
    const meant = (shown.places?.[word - 1] ?? []).map((place) => order[place]);
    const shares = looks && digits.map((digit) => shareOn(looks, digit));
    const where = this.#tellWhere({ word, looks, meant, shares, called });
    const verdict = this.#judge(shown);
    this.canvas.look({
      weights: looks,
      centres: weights?.slice(0, word).map(centreOf) ?? [],
      meant,
      description: together(
        say("A canvas with the digits {0}.", enumerated(order.map((i) => called[i]))),
        where,
      ),
    });
    this.words.forEach((each, i) => {
      const when = i + 1 < word ? "before" : "later";
      change(each, {
        "data-when": i + 1 === word ? "now" : when,
        "aria-current": i + 1 === word ? "step" : null,
      });
    });
    change(this.said, { "data-arriving": this.player.isPlaying ? "" : null });
    write(this.where, where);
    write(this.verdict, verdict);
    this.#showTools(digits, chosen, strokes);
    const text = shown.tokens.join(language === "Chinese" ? "" : " ") || say("nothing");
    return {
      result: {
        ...{ language, network, number, word },
        digits: digits.map(({ which, left, top }) => [which, left, top]),
        pixels: Array.from(pixels),
        words: shown.tokens,
        finished: shown.finished,
        is_right: shown.isRight,
        log_probability: shown.logProbability,
        ...{ weights, shares, meant, chosen },
      },
      summary: together(say("{0}: {1}.", LANGUAGES[language].called, text), verdict, where),
    };
  }

  #writeWords(language) {
    const { words, weights } = this.shown;
    this.words = words.map(({ text, wrong }, i) => {
      const stop = weights ? [html("small", { "aria-hidden": "true" }, String(i + 1))] : [];
      const said = html(
        "span",
        { lang: LANGUAGES[language].code, class: wrong ? "wrong" : null },
        text,
      );
      const each = html("button", { type: "button" }, ...stop, said);
      each.addEventListener("click", () => {
        this.player.pause();
        this.set({ word: i + 1 });
      });
      return each;
    });
    this.said.replaceChildren(...this.words);
  }

  #showTools(digits, chosen, strokes) {
    this.digit.value = String(digits[chosen].which);
    change(this.more.input, { "aria-disabled": String(digits.length === MOST) });
    change(this.fewer.input, { "aria-disabled": String(digits.length === 1) });
    const isDrawn = digits.some(({ which }) => which === OWN);
    change(this.paper.element, { hidden: isDrawn ? null : "" });
    this.paper.show(inked(strokes));
    this.pad.show();
  }

  /** What of all that was said is right, as far as that is known. */
  #judge(shown) {
    const verdict = this.#verdictOn(shown);
    return this.seen.isOverlapping
      ? together(verdict, say("Overlapping digits it has not seen in training."))
      : verdict;
  }

  #verdictOn({ isRight, target, tokens, finished }) {
    const { number, isSpoken } = this.seen;
    if (!tokens.length) return say("It says nothing.");
    if (number.includes("?")) {
      const seen = say("Whether your digit was read right, you can see.");
      return finished ? seen : together(seen, say("It found no end."));
    }
    if (!isSpoken) return say("No number begins with 0: it has not seen such in training.");
    if (isRight) return say("Right: {0}.", number);
    const glue = this.state.language === "Chinese" ? "" : " ";
    return say("Wrong: {0} is “{1}”.", number, target.join(glue));
  }

  /** Where the network looks as it writes the word. */
  #tellWhere({ word, looks, meant, shares, called }) {
    const text = this.shown.tokens[word - 1];
    if (text === undefined) return "";
    if (!looks)
      return say(
        "This network has one vector of the whole canvas, the same for every word: there are no places that it could look at.",
      );
    const { order } = this.seen;
    const on = order.map((i) => say("{0} on {1}", percent(shares[i]), called[i]));
    const lie = say("Of its weights lie {0}.", enumerated(on));
    if (!this.shown.places) return lie;
    const inOrder = [...meant].sort((a, b) => order.indexOf(a) - order.indexOf(b));
    const digits = inOrder.map((i) => called[i]);
    const means = digits.length
      ? say("“{0}” belongs to {1}.", text, listed(digits))
      : say("“{0}” belongs to no digit.", text);
    return together(means, lie);
  }
}

/** Side by side, with as much room between them as there is. */
function spread(digits) {
  const gap = (CANVAS.width - DIGIT_SIDE * digits.length) / Math.max(digits.length - 1, 1);
  return digits.map((digit, i) => {
    const [left] = within(i * (DIGIT_SIDE + Math.floor(gap)), 0);
    return { ...digit, left };
  });
}

define("book-reading-aloud", ReadingAloud);
