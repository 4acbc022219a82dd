// Chapter 4: beam search as a tree that grows downwards, a row for each word that is written.
//
// Data: {sentences: [{source, target}, ...], language}. The network is that of the explorer above it
// in the page, book-translation-steps; as long as that is not there, the picture stays.

import { beamSearcher, bestFinished, pathTo } from "./beam_search.js";
import { END } from "./control_tokens.js";
import { menu, slider } from "./controls.js";
import { define, Explorer, held } from "./element.js";
import { change, drawing, html, label, svg } from "./markup.js";
import { decimal, percent } from "./numbers.js";
import { PLAYER_STYLE, player } from "./player.js";
import { readWeights } from "./tensors.js";
import { writtenSentence } from "./written.js";

const SHARED = "book-translation-steps > script[type='application/json']";
const WIDEST = 4;
const DROPPED = 3; // continuations that are drawn beside those that are kept
const LONGEST = 30; // a sentence that has not ended by then is left as it is
const PACE = 1100; // milliseconds for each step, when they are played
const ALL = 99; // a step beyond the last one of any sentence: the whole tree
const WIDTH = 340; // of the drawing; all that follows is in its units
const ROW = 47;
const BOX = 34;
const TREE_STYLE = `
  ${PLAYER_STYLE}
  .choices { display: grid; gap: 6px 22px;
    grid-template-columns: repeat(auto-fit, minmax(min(270px, 100%), 1fr)); }
  .choices select { font-size: 16px; }
  .stage > .tree { flex: 1 1 340px; max-width: 480px; align-self: flex-start; }
  .node, .way { transition: opacity 0.3s; }
  .node rect { fill: var(--paper); stroke: var(--bar); stroke-width: 1.5; }
  .node text { font-size: 13.5px; }
  .node .log { font-size: 11px; fill: var(--muted); font-variant-numeric: tabular-nums; }
  .way { fill: none; stroke: var(--bar); stroke-width: 1.5; }
  .greedy rect { stroke-dasharray: 4 3; }
  [data-fate="dropped"] { opacity: 0.4; }
  [data-fate="away"] { opacity: 0; }
  .rival rect { stroke: none; fill: none; }
  .rival text, .rival .log { fill: var(--muted); }
  .way.rival { stroke: var(--line); stroke-dasharray: 2 3; }
  [data-fate="found"] rect { stroke: var(--mark); fill: var(--mark); stroke-dasharray: none; }
  [data-fate="found"] :is(text, .log) { fill: var(--paper); font-weight: 700; }
  .way[data-fate="found"] { stroke: var(--mark); stroke-width: 3; }
  .stage > .told { align-self: flex-start; display: grid; gap: 10px; }
  .results { display: grid; gap: 8px; }
  .results div { padding-left: 10px; border-left: 4px solid var(--line); }
  .results .chosen { border-color: var(--mark); }
  .results b { display: block; }
  @media (prefers-reduced-motion: reduce) { .node, .way { transition: none; } }
`;

class BeamSearchTree extends Explorer {
  start() {
    if (document.querySelector(SHARED)) super.start();
  }

  build(data) {
    const shared = document.querySelector(SHARED).textContent;
    const { weights, source_tokens, target_tokens } = JSON.parse(shared);
    this.data = data;
    this.weights = readWeights(weights);
    this.sourceTokens = source_tokens;
    this.names = target_tokens.map((token, tokenId) => (tokenId === END ? "(end)" : token));
    const sentence = menu({
      label: "sentence",
      options: data.sentences.map(({ source }, i) => [
        String(i),
        writtenSentence(source, data.language),
      ]),
      value: "0",
    });
    change(sentence.input, { lang: data.language });
    const width = slider({
      label: "width of the beam",
      ...{ min: 1, max: WIDEST, step: 1, value: 2 },
      format: (width) => (width === 1 ? "1, greedy" : String(width)),
    });
    this.player = player({ label: "step", go: (step) => this.#go(step), pace: PACE });
    sentence.listen(() => this.#go(ALL));
    this.tree = html("div", { class: "tree" });
    this.said = html("p", {});
    this.results = html("div", { class: "results" });
    return {
      stage: [
        html("style", {}, TREE_STYLE),
        html("div", { class: "whole choices" }, sentence.element, width.element),
        html("div", { class: "whole" }, this.player.element),
        this.tree,
        html("div", { class: "told" }, this.said, this.results),
      ],
      controls: [],
      state: { sentence, width, step: held(ALL) },
    };
  }

  disconnectedCallback() {
    this.player?.pause();
  }

  // The last step is the whole tree, and stays so with another width.
  #go(step) {
    this.set({ step: step === this.shown?.steps.length ? ALL : step });
  }

  /** What a width finds in the sentence chosen: {steps, path, words, log}. */
  #search(width) {
    this.found[width] ??= this.#told(this.searcher(width));
    return this.found[width];
  }

  #told(steps) {
    const [step, place] = bestFinished(steps) ?? [steps.length - 1, 0];
    const path = pathTo(steps, step, place);
    const words = path
      .map(([at, where]) => steps[at][where].tokenId)
      .filter((tokenId) => tokenId !== END)
      .map((tokenId) => this.names[tokenId]);
    return { steps, path, words, log: steps[step][place].log };
  }

  #open(sentence) {
    if (sentence === this.opened) return;
    this.opened = sentence;
    const source = this.data.sentences[Number(sentence)].source;
    const tokenIds = source.map((token) => this.sourceTokens.indexOf(token));
    this.searcher = beamSearcher(this.weights, tokenIds, { longest: LONGEST, more: DROPPED });
    this.found = {};
  }

  update({ sentence, width, step: wanted }) {
    this.#open(sentence);
    const shown = this.#search(width);
    if (shown !== this.shown) {
      this.shown = shown;
      this.#draw(shown, width);
    }
    const { steps } = shown;
    const step = this.player.show(wanted, steps.length);
    const fates = this.#showStep(step);
    const isOver = step === steps.length;
    const row = steps[step - 1];
    const kept = row.filter((one) => one.kept);
    this.said.textContent = this.#say(step, kept, isOver);
    this.#compare(sentence, width);
    return {
      result: {
        step,
        width,
        steps,
        fates,
        words: shown.words,
        log_probability: shown.log,
      },
      summary: `${this.said.textContent} ${this.results.textContent}`,
    };
  }

  /** The whole tree; what is not there yet is hidden. */
  #draw({ steps, words }, width) {
    const greedy = this.#search(1).steps.map((row) => row[0].tokenId);
    this.nodes = [];
    const ways = [];
    const columns = WIDTH / width;
    const places = steps.map((row, at) => {
      const kept = row.filter((one) => one.kept).length;
      return row.slice(0, kept + DROPPED).map((one, place) => {
        const x = one.kept
          ? (place + 0.5) * columns
          : ((place - kept + 0.5) * WIDTH) / Math.min(DROPPED, row.length - kept);
        return { ...one, x, y: 4 + (at + (one.kept ? 0 : 1)) * ROW };
      });
    });
    const isGreedy = steps.map(() => new Set());
    places.forEach((row, at) => {
      row.forEach((one, place) => {
        const { x, y, parent, tokenId, log, kept } = one;
        const follows = at === 0 || isGreedy[at - 1].has(parent);
        if (follows && tokenId === greedy[at] && kept) isGreedy[at].add(place);
        const name = this.names[tokenId];
        const box = Math.min(columns - 6, 96, Math.max(46, 22 + 7.4 * [...name].length));
        const kind = [kept ? "" : " rival", isGreedy[at].has(place) ? " greedy" : ""].join("");
        const size = Math.min(13.5, (1.75 * (Math.min(columns, 113) - 8)) / [...name].length);
        const node = svg(
          "g",
          { class: `node${kind}` },
          svg("rect", { x: x - box / 2, y, width: box, height: BOX, rx: 6 }),
          label(x, y + 15, name, "middle", { style: `font-size: ${size.toFixed(1)}px` }),
          label(x, y + 28, decimal(log, 2), "middle", { class: "log" }),
        );
        let way = null;
        if (parent !== null) {
          const from = places[at - 1][parent];
          const [top, bottom] = [from.y + BOX, y];
          const middle = kept ? (top + bottom) / 2 : bottom - ROW / 3;
          way = svg("path", {
            class: `way${kept ? "" : " rival"}`,
            d: `M ${from.x} ${top} C ${from.x} ${middle} ${x} ${middle} ${x} ${bottom}`,
          });
          ways.push(way);
        }
        this.nodes.push({ at, place, kept, node, way });
      });
    });
    this.tree.replaceChildren(
      drawing(
        WIDTH,
        steps.length * ROW,
        `A tree of beginnings, ${steps.length} rows of at most ${width}: ${words.join(" ")} wins.`,
        {},
        ...ways,
        ...this.nodes.map(({ node }) => node),
      ),
    );
  }

  /** What became of each node by this step: of `kept`, `dropped`, `found`, or `away`. */
  #showStep(step) {
    const { steps, path } = this.shown;
    const alive = new Set();
    for (let at = 0; at < step; at++)
      steps[at].forEach((one, place) => {
        const ends = one.kept && (at === step - 1 || one.tokenId === END);
        if (ends) for (const [i, j] of pathTo(steps, at, place)) alive.add(`${i} ${j}`);
      });
    const found = new Set(step === steps.length ? path.map(([i, j]) => `${i} ${j}`) : []);
    return this.nodes.map(({ at, place, kept, node, way }) => {
      const key = `${at} ${place}`;
      let fate = "dropped";
      if (at >= step || (!kept && (at < step - 1 || step === steps.length))) fate = "away";
      else if (found.has(key)) fate = "found";
      else if (alive.has(key) || !kept) fate = "kept";
      for (const part of [node, way]) if (part) change(part, { "data-fate": fate });
      return { step: at + 1, place, kept, fate };
    });
  }

  #say(step, kept, isOver) {
    const { steps } = this.shown;
    const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
    if (isOver)
      return "Nothing is left to go on with. The most probable sentence that has ended is orange.";
    return (
      `Step ${step} of ${steps.length}: ${count(kept.length, "beginning")} kept, in boxes, each ` +
      "with the logarithm of its probability. In grey the next likeliest, dropped."
    );
  }

  /** What greedy search finds, and what this width does. */
  #compare(sentence, width) {
    const truth = writtenSentence(this.data.sentences[Number(sentence)].target, "en");
    const widths = width === 1 ? [1] : [1, width];
    this.results.replaceChildren(
      ...widths.map((width) => {
        const { words, log } = this.#search(width);
        const text = writtenSentence(words, "en");
        return html(
          "div",
          { class: width === this.state.width ? "chosen" : "" },
          `${width === 1 ? "greedy (dashed)" : `width ${width}`} finds `,
          html("b", { lang: "en" }, text),
          `log probability ${decimal(log, 2)}, that is ${percent(Math.exp(log), 1)}; ` +
            `${text === truth ? "right" : "wrong"}.`,
        );
      }),
    );
  }
}

define("book-beam-search-tree", BeamSearchTree);
