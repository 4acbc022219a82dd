// Chapter 5, attention by hand, step by step: a query among keys in a plane. Scores, weights, and
// the context follow.
//
// Data: {keys: [[x, y], ...], names: [...], query: [x, y], reach}; the keys are the values as well,
// and both axes go from -reach to reach.

import { button, choice, slider } from "./controls/controls.js";
import { STEPPER_STYLE, stepper } from "./controls/stepper.js";
import { appear, BLOCK_STYLE, calculationBlock, shareOfStage } from "./drawing/attention_block.js";
import { change, html, label, svg } from "./drawing/markup.js";
import { motion } from "./drawing/motion.js";
import { namePlaces } from "./drawing/name_places.js";
import { decimal } from "./drawing/numbers.js";
import { coordinatePlane } from "./drawing/plane.js";
import { contextCross, planeHandle } from "./drawing/plane_marks.js";
import { lettersIn } from "./drawing/room.js";
import { define, Explorer, held } from "./element.js";
import { dot, softmax } from "./networks/tensors.js";
import { enumerated } from "./text/joined.js";
import { say } from "./text/words.js";

const LARGEST = 30; // radius of a key's circle at the weight 1
const MOST_KEYS = 4; // the block has room for so many columns
const LETTER = 0.6; // of the letters' size, the width of a bold letter or digit at most, on average
const BASELINE = 12; // of a name, below the upper edge of its box
const NAMES_WITHIN = { left: 48, right: 318, top: 2, bottom: 288 };
const GRID = 20; // places to which points snap, in one unit
const KEYBOARD = 0.05; // way of an arrow key
const STEPS = [
  {
    name: say("score"),
    sentence: say(
      "How far each key reaches along the query, times the query’s length: the dot product. Scaled, it is divided by √2.",
    ),
  },
  {
    name: "softmax",
    sentence: say(
      "Softmax squeezes the scores into weights: none is negative, together they are 1.",
    ),
  },
  {
    name: say("weigh"),
    sentence: say("Each value, here the key itself, is multiplied by its weight."),
  },
  {
    name: say("add up"),
    sentence: say("Laid end to end, the weighted values lead to the context."),
  },
];
const STYLE_BY_HAND = `
  ${STEPPER_STYLE}
  ${BLOCK_STYLE}
  .stage > svg { max-width: 372px; }
  .controls { grid-template-columns: repeat(auto-fit, minmax(min(148px, 100%), 1fr)); }
  .handle, .key-handle { cursor: grab; }
  .handle:active, .key-handle:active { cursor: grabbing; }
  .controls [data-away] { visibility: hidden; } /* its place stays, so that the others do not move */
  @media (max-width: 480px) {
    .controls [data-away] { display: none; }
    .stage { gap: 4px; }
    .stage > .plane { max-width: 276px; --letters: 14px; }
    .stage > .block { max-width: 300px; }
    .controls { gap: 6px 14px; grid-template-columns: auto minmax(0, 1fr); margin-top: 6px; }
    .controls .choice { flex-wrap: nowrap; align-items: center; }
    .controls .choice legend { float: left; width: auto; margin: 0; }
    .controls .choice span { padding-inline: 8px; }
  }
`;

/** DotScore or ScaledDotScore of utils/models/attention.py: one number for each key. */
function handScores(score, query, keys) {
  const divisor = score === "scaled dot" ? Math.sqrt(query.length) : 1;
  return keys.map((key) => dot(query, key) / divisor);
}

/** Each value times its weight. */
function weighted(weights, values) {
  return values.map((value, i) => value.map((number) => weights[i] * number));
}

/** Flat numbers as points of the plane, not beyond its edge. */
function points(numbers, reach) {
  const within = numbers.map((number) => Math.min(Math.max(number, -reach), reach));
  return Array.from({ length: within.length / 2 }, (_, i) => within.slice(2 * i, 2 * i + 2));
}

class AttentionByHand extends Explorer {
  build({ keys, names, query, reach }) {
    if (keys.length > MOST_KEYS || names.length !== keys.length)
      throw new Error(`expected up to ${MOST_KEYS} keys, each with a name, got ${keys.length}`);
    this.names = names;
    this.reach = reach;
    this.first = { query, keys: keys.flat() };
    this.plane = this.buildPlane(reach);
    this.block = calculationBlock({
      names,
      pointed: (stage) => this.point(stage),
      picked: (step) => this.set({ step }),
    });
    this.motion = motion((phase) => this.draw(phase));
    this.steps = stepper({
      label: say("step"),
      steps: STEPS,
      value: 1,
      pointed: (step) => this.point(step),
    });
    const score = choice({
      label: say("score"),
      options: [
        ["dot", say("dot")],
        ["scaled dot", say("scaled")],
      ],
      value: "dot",
    });
    const temperature = slider({
      label: say("temperature"),
      min: 0.1,
      max: 5,
      step: 0.1,
      value: 1,
      format: (shown) => `T = ${decimal(shown, 1)}`,
    });
    this.back = button({
      label: say("back to the start"),
      pressed: () => {
        this.set(this.first);
        this.handles[0].element.focus(); // the button goes
      },
    });
    return {
      stage: [html("style", {}, STYLE_BY_HAND), this.steps, this.plane.element, this.block.element],
      controls: [score, temperature, this.back],
      state: {
        step: this.steps,
        query: held(this.first.query),
        keys: held(this.first.keys),
        score,
        temperature,
      },
      hint: say("Drag the query, then press next →"),
    };
  }

  buildPlane(reach) {
    const plane = coordinatePlane({
      title: "",
      description: say(
        "A plane with a query and keys, each of which can be dragged, or moved by the arrow keys.",
      ),
      low: [-reach, -reach],
      high: [reach, reach],
      names: [say("first number"), say("second number")],
    });
    const all = (draw) => this.names.map((_, i) => draw(i));
    const line = (look) => svg("line", { "stroke-linecap": "round", ...look });
    this.circles = all(() => svg("circle", { fill: "var(--blue)", "fill-opacity": 0.3 }));
    this.along = line({ stroke: "var(--green)", opacity: 0.45 });
    this.drops = all(() =>
      line({ class: "drop", stroke: "var(--blue)", "stroke-dasharray": "3 4" }),
    );
    this.feet = all(() => svg("circle", { class: "foot", r: 3, fill: "var(--green)" }));
    this.projection = svg("g", {}, this.along, ...this.drops, ...this.feet);
    this.values = all(() => line({ class: "value", stroke: "var(--orange)" }));
    this.sum = svg("g", { opacity: 0.75 }, ...this.values);
    this.contextLine = line({
      stroke: "var(--orange)",
      "stroke-width": 2,
      "stroke-dasharray": "5 4",
    });
    this.contextMark = contextCross(6);
    this.contextName = halo(label(0, 0, say("context")), "var(--orange)");
    this.queryLine = line({ stroke: "var(--green)", "stroke-width": 2.5 });
    this.queryName = halo(label(0, 0, say("query")), "var(--green)");
    this.keyNames = this.names.map((name) => halo(label(0, 0, name), "var(--blue)"));
    this.queryHead = arrowHead();
    this.handles = [
      {
        ...{ label: say("query"), kind: "handle" },
        shapes: [
          svg("circle", { r: 11, fill: "var(--green)", "fill-opacity": 0.25 }),
          this.queryHead,
        ],
      },
      ...this.names.map((name) => ({
        ...{ label: say("key {0}", name), kind: "key-handle" },
        shapes: [
          svg("circle", { r: 12, fill: "transparent" }),
          svg("circle", { class: "key", r: 4.5, fill: "var(--blue)" }),
        ],
      })),
    ].map((mark, i) =>
      planeHandle({
        ...mark,
        step: KEYBOARD,
        pushed: (way) =>
          this.move(
            i,
            this.marks[i].map((number, d) => number + way[d]),
          ),
      }),
    );
    change(plane.element, { role: "group", class: "plane" }).append(
      ...this.circles,
      this.projection,
      this.contextLine,
      this.sum,
      this.queryLine,
      ...this.handles.map(({ element }) => element),
      this.contextMark,
      ...this.keyNames,
      this.contextName,
      this.queryName,
    );
    plane.onDragOf(
      () => this.marks,
      (mark, place) => this.move(mark, place),
    );
    return plane;
  }

  /** The places of the query and of all keys. */
  get marks() {
    const [query, keys] = ["query", "keys"].map((name) => {
      const numbers = this.state[name];
      // An address may hold anything.
      return numbers.length === this.first[name].length ? numbers : this.first[name];
    });
    return points([...query, ...keys], this.reach);
  }

  /** Move a mark, 0 for the query, to a place, or as near to it as points can be. */
  move(mark, place) {
    const snapped = place.map((number) => {
      const within = Math.min(Math.max(number, -this.reach), this.reach);
      return Math.round(within * GRID) / GRID;
    });
    if (mark === 0) return this.set({ query: snapped });
    this.set({
      keys: this.marks
        .slice(1)
        .flat()
        .toSpliced(2 * mark - 2, 2, ...snapped),
    });
  }

  /** Show which step and which stage of the block belong together; 0 for none. */
  point(number) {
    this.steps.point(number);
    this.block.point(number);
  }

  update({ step, score, temperature }) {
    const [query, ...keys] = this.marks;
    const isAtStart = String([query, keys]) === String(Object.values(this.first));
    change(this.back.element, { "data-away": isAtStart ? "" : null });
    const scores = handScores(score, query, keys);
    const weights = [...softmax(scores, temperature)];
    const products = weighted(weights, keys);
    const context = [0, 1].map((d) => products.reduce((sum, product) => sum + product[d], 0));
    const isAtStep = this.shown?.step === step;
    this.shown = { step, query, keys, score, temperature, scores, weights, products, context };
    if (!this.result) this.motion.jump(step);
    else if (!isAtStep) this.motion.go(step, step === 1 ? 0 : undefined);
    else if (!this.motion.isMoving) this.motion.jump(step);
    const list = (numbers) => enumerated(numbers.map((value) => decimal(value, 2)));
    const best = this.names[weights.indexOf(Math.max(...weights))];
    const places = enumerated(products.map((product) => `(${list(product)})`));
    const said = [
      say("The scores are {0}.", list(scores)),
      say("The weights are {0}, the greatest that of {1}.", list(weights), best),
      say("The weighted values are {0}.", places),
      say(
        "The weights are {0}, the greatest that of {1}; the context is {2} and {3}.",
        ...[list(weights), best, decimal(context[0], 2), decimal(context[1], 2)],
      ),
    ];
    return {
      result: { step, query, keys, scores, weights, products, context },
      summary: said[step - 1],
    };
  }

  /** `phase` is the step, or where the picture is on its way to it. */
  draw(phase) {
    const { query, keys, scores, weights, products, context } = this.shown;
    this.block.show(this.shown, phase);
    const [scored, squeezed, weighed, added] = [0, 1, 2, 3].map((i) => shareOfStage(phase, i));
    const place = this.plane.place;
    const origin = place([0, 0]);
    this.drawQuery(query, origin);
    this.drawMarks();

    // Where a key's way along the query ends, there stands the square corner.
    const square = dot(query, query);
    appear(this.projection, square > 0 ? 1 - squeezed : 0);
    if (square > 0) {
      const longest = this.reach / Math.max(...query.map(Math.abs));
      change(this.along, ends(...[-longest, longest].map((s) => place(query.map((n) => s * n)))));
      keys.forEach((key, i) => {
        const share = (scored * dot(query, key)) / square;
        const foot = place(query.map((number) => share * number));
        change(this.feet[i], { cx: foot[0], cy: foot[1] });
        change(this.drops[i], ends(place(key), foot));
        appear(this.drops[i], scored);
      });
    }

    let sum = [0, 0];
    keys.forEach((key, i) => {
      const [across, down] = place(key);
      // The area goes with the weight, so the radius with its root.
      const r = LARGEST * Math.sqrt(squeezed * weights[i]);
      change(this.circles[i], { cx: across, cy: down, r });
      this.keyNames[i].replaceChildren(
        this.names[i],
        svg("tspan", { "font-weight": 500, dx: 4 }, decimal((phase > 1 ? weights : scores)[i], 2)),
      );
      // From the key itself to its share of it, and then to its place in the chain.
      const length = 1 + weighed * (weights[i] - 1);
      const start = sum.map((number) => added * number);
      const end = start.map((number, d) => number + length * key[d]);
      change(this.values[i], {
        ...ends(place(start), place(end)),
        "stroke-width": 1.5 + 5 * weighed * weights[i],
      });
      sum = sum.map((number, d) => number + products[i][d]);
    });
    appear(this.sum, weighed);

    const reached = context.map((number) => added * number);
    const [across, down] = place(reached);
    for (const part of [this.contextLine, this.contextMark, this.contextName]) appear(part, added);
    change(this.contextLine, ends(origin, [across, down]));
    change(this.contextMark, { transform: `translate(${across} ${down})` });
    this.placeNames(added > 0 ? [across, down] : null);
  }

  /** `context` is where it lies in the drawing, null while it is not there. */
  placeNames(context) {
    const [query, ...keys] = this.marks;
    const letter = LETTER * parseFloat(getComputedStyle(this.queryName).fontSize);
    const named = [
      { name: this.queryName, at: this.plane.place(query), side: "right below" },
      ...keys.map((key, i) => ({
        name: this.keyNames[i],
        at: this.plane.place(key),
        side: key[1] > 0.2 ? "above" : "below",
      })),
      ...(context ? [{ name: this.contextName, at: context, side: "right below" }] : []),
    ].map((one) => ({ ...one, width: letter * lettersIn(one.name.textContent) }));
    namePlaces(named, NAMES_WITHIN).forEach(([x, top], i) => {
      change(named[i].name, { x, y: top + BASELINE });
    });
  }

  drawQuery(query, origin) {
    const [x, y] = this.plane.place(query);
    const angle = (Math.atan2(y - origin[1], x - origin[0]) * 180) / Math.PI;
    const length = Math.hypot(x - origin[0], y - origin[1]);
    // The line ends within the head, whose point is the query.
    const share = length > 13 ? 1 - 9 / length : 0;
    const end = origin.map((number, d) => number + share * ([x, y][d] - number));
    change(this.queryLine, ends(origin, end));
    change(this.queryHead, { transform: `rotate(${angle})` });
  }

  drawMarks() {
    this.marks.forEach((mark, i) => {
      this.handles[i].show(this.plane.place(mark), mark);
    });
  }
}

function ends([x1, y1], [x2, y2]) {
  return { x1, y1, x2, y2 };
}

function arrowHead() {
  return svg("path", { d: "M0,0L-13,-5.5V5.5Z", fill: "var(--green)" });
}

/** A bold text in a colour, on a rim of paper. */
function halo(text, colour) {
  return change(text, {
    style:
      `fill: ${colour}; font-weight: 700; stroke: var(--paper); stroke-width: 3.5px; ` +
      "paint-order: stroke; stroke-linejoin: round; pointer-events: none",
  });
}

define("book-attention-by-hand", AttentionByHand);
