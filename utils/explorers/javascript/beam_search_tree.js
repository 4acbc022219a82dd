// Chapter 4: beam search as a tree that grows downwards, a row for each word that is written.
//
// Data: {sentences: [{source, target}, ...], language}. The network is that of the explorer above it
// in the page, book-translation-steps; as long as that is not there, the picture stays.

import { menu, slider } from "./controls/controls.js";
import { PLAYER_STYLE, player } from "./controls/player.js";
import { around, change, drawing, html, label, svg } from "./drawing/markup.js";
import { inOrder } from "./drawing/motion.js";
import { decimal, percent } from "./drawing/numbers.js";
import { lettersIn } from "./drawing/room.js";
import { define, Explorer, held } from "./element.js";
import { beamSearcher, bestFinished, pathTo } from "./networks/beam_search.js";
import { readWeights } from "./networks/tensors.js";
import { END } from "./text/control_tokens.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";
import { writtenSentence } from "./text/written.js";

const SHARED = "book-translation-steps > script[type='application/json']";
const WIDEST = 4;
const DROPPED = 2; // at most so many continuations are drawn beside those that are kept
const LONGEST = 30; // a sentence that has not ended by then is left as it is
const PAUSE = 200; // milliseconds between two searches that nobody has asked for yet
const PACE = 1100; // milliseconds for each step, when they are played
const ALL = 99; // a step beyond the last one of any sentence: the whole tree
const UNCHOSEN = 0; // the step is then the one at which the beam leaves greedy search
// For each width of the beam, how many places a row of the drawing has, and which of them are for what
// is kept and for what is dropped. So a word stays where it is while the tree grows.
const PLACES = {
  1: { count: 3, kept: [1], dropped: [0, 2] },
  2: { count: 4, kept: [1, 2], dropped: [0, 3] },
  3: { count: 4, kept: [0, 1, 2], dropped: [3] },
  4: { count: 4, kept: [0, 1, 2, 3], dropped: [] },
};
const WIDTH = 340; // of the drawing; all that follows is in its units
const ROW = 47;
const BOX = 34;
const TREE_STYLE = `
  ${PLAYER_STYLE}
  .asked select { font-size: 16px; }
  .moving { margin: 0; }
  .moving > * { flex: 1 1 180px; }
  .moving > .buttons { flex: 1.4 1 250px; }
  .stage > .tree { flex: 1 1 340px; max-width: 480px; align-self: flex-start; }
  .node, .way { transition: opacity 0.3s, transform 0.3s, d 0.3s; }
  .node rect { fill: var(--paper); stroke: var(--bar); stroke-width: 1.5; }
  .node text { font-size: 13.5px; }
  .node .log { font-size: 11px; fill: var(--muted); font-variant-numeric: tabular-nums; }
  .way { fill: none; stroke: var(--bar); stroke-width: 1.5; }
  .greedy rect { stroke-dasharray: 4 3; }
  [data-fate="dropped"] rect, .way[data-fate="dropped"] { stroke: var(--line); }
  [data-fate="dropped"] :is(text, .log) { fill: var(--muted); }
  [data-fate="away"] { opacity: 0; }
  .rival[data-fate="away"] { display: none; }
  .node, .way { animation: appear 0.3s; }
  @keyframes appear { from { opacity: 0; } }
  .rival rect { stroke: none; fill: none; }
  .rival text, .rival .log { fill: var(--muted); }
  .way.rival { stroke: var(--muted); stroke-dasharray: 2 3; }
  [data-fate="found"] rect { stroke: var(--mark); fill: var(--mark); stroke-dasharray: none; }
  [data-fate="found"] :is(text, .log) { fill: var(--paper); font-weight: 700; }
  .way[data-fate="found"] { stroke: var(--mark); stroke-width: 3; }
  .stage > .told { align-self: flex-start; display: grid; gap: 10px; }
  .results { display: grid; gap: 8px; }
  .results div { padding-left: 10px; border-left: 4px solid var(--line); }
  .results .chosen { border-color: var(--bar); }
  .results .chosen.over { border-color: var(--mark); }
  .results b { display: block; }
  @media (max-width: 480px) {
    .stage { gap: 10px; }
    .asked .control { display: flex; gap: 10px; align-items: center; }
    .asked .named { flex: none; margin: 0; }
    .asked select { min-width: 0; }
    .moving > :not(.buttons) { flex-basis: 130px; }
  }
  @media (prefers-reduced-motion: reduce) { .node, .way { transition: none; animation: none; } }
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
    this.names = target_tokens.map((token, tokenId) => (tokenId === END ? say("(end)") : token));
    const sentence = menu({
      label: say("sentence"),
      options: data.sentences.map(({ source }, i) => [
        String(i),
        writtenSentence(source, data.language),
      ]),
      value: "0",
    });
    change(sentence.input, { lang: data.language });
    const width = slider({
      label: say("beam width"),
      ...{ min: 1, max: WIDEST, step: 1, value: 2 },
      format: (width) => (width === 1 ? say("greedy") : String(width)),
    });
    this.player = player({ label: say("step"), go: (step) => this.#go(step), pace: PACE });
    sentence.listen(() => this.#go(UNCHOSEN));
    this.drawn = new Map(); // nodes and their ways by the tokens that lead to them
    [this.ways, this.boxes] = [svg("g"), svg("g")];
    this.picture = drawing(WIDTH, ROW, "", {}, this.ways, this.boxes);
    // The width first: it is what is tried first. On a phone it has the steps beside it.
    this.player.element.prepend(width.element);
    this.tree = html("div", { class: "tree" }, this.picture);
    this.said = html("p", {});
    this.results = html("div", { class: "results" });
    return {
      stage: [
        html("style", {}, TREE_STYLE),
        html("div", { class: "whole asked" }, sentence.element),
        html("div", { class: "whole" }, this.player.element),
        this.tree,
        html("div", { class: "told" }, this.said, this.results),
      ],
      controls: [],
      state: { sentence, width, step: held(UNCHOSEN) },
      hint: say("{0}: which beginning wins?", this.player.invitation),
    };
  }

  disconnectedCallback() {
    this.player?.pause();
    clearTimeout(this.ahead);
  }

  // The last step is the whole tree, and stays so with another width.
  #go(step) {
    this.set({ step: step === this.shown?.steps.length ? ALL : step });
  }

  /** What a width finds in the sentence chosen: {steps, path, words, log}. */
  #search(width) {
    this.found[width] ??= this.#best(this.searcher(width));
    return this.found[width];
  }

  /** The step at which what a beam finds leaves what greedy search finds; 0 if it does not. */
  #fork(width) {
    const [greedy, wide] = [1, Math.max(width, 2)].map((width) => {
      const { steps, path } = this.#search(width);
      return path.map(([at, place]) => steps[at][place].tokenId);
    });
    return wide.findIndex((tokenId, i) => tokenId !== greedy[i]) + 1;
  }

  /**
   * The most probable of what a search has by this step: of the sentences that have ended, and, as
   * long as it goes on, of the beginnings that it keeps.
   */
  #best(steps, step = steps.length) {
    const last = step - 1;
    const ended = bestFinished(steps, last);
    const isEnded =
      ended && (step === steps.length || steps[ended[0]][ended[1]].log > steps[last][0].log);
    const [at, place] = isEnded ? ended : [last, 0]; // of a row, the first is the likeliest
    const path = pathTo(steps, at, place);
    const words = path
      .map(([at, where]) => steps[at][where].tokenId)
      .filter((tokenId) => tokenId !== END)
      .map((tokenId) => this.names[tokenId]);
    return { steps, path, words, log: steps[at][place].log };
  }

  #open(sentence) {
    if (sentence === this.opened) return;
    this.opened = sentence;
    const source = this.data.sentences[Number(sentence)].source;
    const tokenIds = source.map((token) => this.sourceTokens.indexOf(token));
    this.searcher = beamSearcher(this.weights, tokenIds, { longest: LONGEST, more: DROPPED });
    this.found = {};
    this.drawn = new Map();
    for (const drawn of [this.ways, this.boxes]) drawn.replaceChildren();
    this.#searchAhead(1);
  }

  // What a reader may ask for next, one width after another, while the page has nothing else to do.
  #searchAhead(width) {
    clearTimeout(this.ahead);
    if (width > WIDEST) return;
    this.ahead = setTimeout(() => {
      this.#search(width);
      this.#searchAhead(width + 1);
    }, PAUSE);
  }

  update({ sentence, width, step: wanted }) {
    this.#open(sentence);
    const shown = this.#search(width);
    if (shown !== this.shown) {
      this.shown = shown;
      this.#draw(shown, width);
    }
    const { steps } = shown;
    const step = this.player.show(wanted || this.#fork(width) || 1, steps.length);
    const fates = this.#showStep(step);
    const isOver = step === steps.length;
    const row = steps[step - 1];
    const kept = row.filter((one) => one.kept);
    this.said.textContent = this.#tell(step, kept, isOver, width);
    this.#compare(sentence, width, step);
    const { words, log } = this.#best(steps, step);
    const seen = [width, step, words.join(" ")];
    change(this.picture, {
      "aria-label": isOver
        ? say("A tree of beginnings, at most {0} in each of {1} rows: {2} wins.", ...seen)
        : say(
            "A tree of beginnings, at most {0} in each of {1} rows: {2} is the most probable so far.",
            ...seen,
          ),
    });
    return {
      result: { step, width, steps, fates, words, log_probability: log },
      summary: together(...[this.said, ...this.results.children].map((part) => part.textContent)),
    };
  }

  /**
   * All nodes of the tree and the ways to them. What another width has drawn of the same beginnings
   * stays, and moves to its new place.
   */
  #draw({ steps }, width) {
    const greedy = this.#search(1).steps.map((row) => row[0].tokenId);
    const column = WIDTH / PLACES[width].count;
    const isGreedy = steps.map(() => new Set());
    const before = this.drawn;
    this.drawn = new Map();
    let keys = []; // of the row before
    this.nodes = steps.flatMap((row, at) => {
      const count = row.filter((one) => one.kept).length + PLACES[width].dropped.length;
      const above = keys;
      keys = [];
      return row.slice(0, count).map(({ parent, tokenId, log, kept }, place) => {
        const follows = at === 0 || isGreedy[at - 1].has(parent);
        if (follows && tokenId === greedy[at] && kept) isGreedy[at].add(place);
        keys[place] = `${above[parent] ?? ""} ${tokenId}`;
        const key = kept ? keys[place] : `${keys[place]} dropped`;
        const drawn = before.get(key) ?? this.#node(this.names[tokenId], log, parent !== null);
        this.drawn.set(key, drawn);
        fit(drawn, this.names[tokenId], column);
        const kind = [kept ? "" : " rival", isGreedy[at].has(place) ? " greedy" : ""].join("");
        change(drawn.node, { class: `node${kind}` });
        if (drawn.way) change(drawn.way, { class: `way${kept ? "" : " rival"}` });
        return { at, place, parent, kept, ...drawn };
      });
    });
    for (const [key, { node, way }] of before)
      if (!this.drawn.has(key)) for (const part of [node, way]) part?.remove();
    inOrder(
      this.boxes,
      this.nodes.map(({ node }) => node),
    );
    inOrder(
      this.ways,
      this.nodes.flatMap(({ way }) => way ?? []),
    );
    change(this.picture, { viewBox: `0 0 ${WIDTH} ${steps.length * ROW}` });
    this.#arrange(width);
  }

  #node(name, log, hasWay) {
    return {
      node: svg(
        "g",
        {},
        svg("rect", { y: 0, height: BOX, rx: 6 }),
        label(0, 15, name, "middle"),
        label(0, 28, decimal(log, 2), "middle", { class: "log" }),
      ),
      way: hasWay ? svg("path") : null,
    };
  }

  /**
   * Put each node into its place: what is kept in the order of its probability, what is dropped as
   * near as may be to what it continues. Ways run between two rows, so none is behind a box.
   */
  #arrange(width) {
    const { count, kept, dropped } = PLACES[width];
    const middle = (place) => ((place + 0.5) * WIDTH) / count;
    const x = new Map(); // by row and place
    const free = new Map(); // by row, the places for what is dropped that nobody has
    for (const { at, place, parent, kept: isKept } of this.nodes) {
      const above = x.get(`${at - 1} ${parent}`) ?? WIDTH / 2;
      if (!free.has(at)) free.set(at, dropped.map(middle));
      const left = free.get(at).sort((a, b) => Math.abs(a - above) - Math.abs(b - above));
      x.set(`${at} ${place}`, isKept ? middle(kept[place]) : left.shift());
    }
    for (const { at, place, parent, node, way } of this.nodes) {
      const y = 4 + at * ROW;
      const [from, to] = [`${at - 1} ${parent}`, `${at} ${place}`].map((key) => x.get(key));
      change(node, { style: `transform: translate(${to.toFixed(1)}px, ${y}px)` });
      if (!way) continue;
      const [top, turn] = [y - ROW + BOX, y - (ROW - BOX) / 2];
      const [start, end] = [from.toFixed(1), to.toFixed(1)];
      change(way, { d: `M ${start} ${top} C ${start} ${turn} ${end} ${turn} ${end} ${y}` });
    }
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

  #tell(step, kept, isOver, width) {
    const { steps } = this.shown;
    const fork = width > 1 ? this.#fork(width) : 0;
    const said = [];
    if (isOver) {
      said.push(
        say("Nothing is left to go on with. Of the sentences found the most probable is orange."),
      );
      if (fork)
        said.push(say("Greedy search never saw it: at step {0} it kept another word alone.", fork));
      return together(...said);
    }
    const counted = [step, steps.length, kept.length];
    said.push(
      kept.length === 1
        ? say(
            "Step {0} of {1}: {2} beginning kept, in boxes, each with the logarithm of its probability.",
            ...counted,
          )
        : say(
            "Step {0} of {1}: {2} beginnings kept, in boxes, each with the logarithm of its probability.",
            ...counted,
          ),
    );
    if (PLACES[width].dropped.length) said.push(say("In grey the next likeliest, dropped."));
    if (step === fork)
      said.push(say("Greedy search would go on from the dashed one alone. Which will win?"));
    return together(...said);
  }

  /** What greedy search and this width have by this step; at its end, what they find. */
  #compare(sentence, width, step) {
    const truth = writtenSentence(this.data.sentences[Number(sentence)].target, "en");
    const widths = width === 1 ? [1] : [1, width];
    this.results.replaceChildren(
      ...widths.map((width) => {
        const { steps } = this.#search(width);
        const isOver = step >= steps.length;
        const { words, log } = this.#best(steps, Math.min(step, steps.length));
        const text = writtenSentence(words, "en");
        const isChosen = width === this.state.width;
        return html(
          "div",
          { class: `${isChosen ? "chosen" : ""} ${isOver ? "over" : ""}` },
          ...around(
            reportOf(isOver, text === truth),
            width === 1 ? say("greedy (dashed)") : say("width {0}", width),
            html("b", { lang: "en" }, isOver ? text : `${text} …`),
            decimal(log, 2),
            percent(Math.exp(log), 1),
          ),
        );
      }),
    );
  }
}

/** What is said of a search: {0} which one, {1} the words, {2} how probable they are, {3} in per cent. */
function reportOf(isOver, isRight) {
  if (!isOver) return say("{0} so far {1} log probability {2}, that is {3}.");
  return isRight
    ? say("{0} finds {1} log probability {2}, that is {3}; right.")
    : say("{0} finds {1} log probability {2}, that is {3}; wrong.");
}

/** Give a node's box the room that its name needs and a column has. */
function fit({ node }, name, column) {
  const letters = lettersIn(name);
  const box = Math.min(column - 6, 96, Math.max(44, 16 + 7.4 * letters));
  const size = Math.min(13.5, (1.75 * (column - 8)) / letters);
  const [rect, text] = node.children;
  change(rect, { x: -box / 2, width: box });
  change(text, { style: `font-size: ${size.toFixed(1)}px` });
}

define("book-beam-search-tree", BeamSearchTree);
