// Chapter 5, attention by hand: a query among keys in a plane. Scores, weights and context follow.
//
// Data: {keys: [[x, y], ...], names: [...], query: [x, y], reach}; the keys are the values as well,
// and both axes go from -reach to reach.

import { choice, slider } from "./controls.js";
import { define, Explorer } from "./element.js";
import { change, drawing, label, svg } from "./markup.js";
import { decimal } from "./numbers.js";
import { coordinatePlane } from "./plane.js";
import { dot, softmax } from "./tensors.js";

const LARGEST = 30; // radius of a key's circle at the weight 1
const MOST_KEYS = 4; // the block has room for so many columns

/** DotScore or ScaledDotScore of utils/models/attention.py: one number for each key. */
function handScores(score, query, keys) {
  const divisor = score === "scaled dot" ? Math.sqrt(query.length) : 1;
  return keys.map((key) => dot(query, key) / divisor);
}

/** Each value times its weight. */
function weighted(weights, values) {
  return values.map((value, i) => value.map((number) => weights[i] * number));
}

class AttentionByHand extends Explorer {
  build({ keys, names, query, reach }) {
    if (keys.length > MOST_KEYS || names.length !== keys.length)
      throw new Error(`expected up to ${MOST_KEYS} keys, each with a name, got ${keys.length}`);
    this.keys = keys;
    this.names = names;
    this.plane = this.buildPlane(reach);
    this.block = calculationBlock(keys, names);
    const number = (name, value) =>
      slider({
        label: name,
        min: -reach,
        max: reach,
        step: 0.05,
        value,
        format: (shown) => decimal(shown, 2),
      });
    const first = number("query, first number", query[0]);
    const second = number("query, second number", query[1]);
    const score = choice({
      label: "score",
      options: [
        ["dot", "dot product"],
        ["scaled dot", "scaled: divided by √2"],
      ],
      value: "dot",
    });
    const temperature = slider({
      label: "temperature",
      min: 0.1,
      max: 5,
      step: 0.1,
      value: 1,
      format: (shown) => `T = ${decimal(shown, 1)}`,
    });
    return {
      stage: [this.plane.element, this.block.element],
      controls: [first, second, score, temperature],
      state: { first, second, score, temperature },
    };
  }

  buildPlane(reach) {
    const plane = coordinatePlane({
      title: "Drag the query among the keys",
      description:
        "A plane with the keys as circles, larger with more weight, the query as an arrow from " +
        "the origin, and the context as a cross. The sliders move the query too.",
      low: [-reach, -reach],
      high: [reach, reach],
      names: ["first number", "second number"],
      footer: 48,
    });
    const [x, y] = plane.place([0, 0]);
    this.circles = this.keys.map((key) => {
      const [cx, cy] = plane.place(key);
      return svg("circle", { cx, cy, r: 0, fill: "var(--blue)", "fill-opacity": 0.4 });
    });
    const dots = this.keys.map((key) => {
      const [cx, cy] = plane.place(key);
      return svg("circle", { class: "key", cx, cy, r: 3.5, fill: "var(--blue)" });
    });
    const keyNames = this.keys.map((key, i) => {
      const [across, down] = plane.place(key);
      return halo(label(across - 7, down - 7, this.names[i], "end"), "var(--blue)");
    });
    this.queryLine = svg("line", { x1: x, y1: y, stroke: "var(--green)", "stroke-width": 2.5 });
    this.queryHandle = svg(
      "g",
      { class: "handle" },
      svg("circle", { r: 11, fill: "var(--green)", "fill-opacity": 0.25 }),
      arrowHead(),
    );
    this.contextLine = svg("line", {
      x1: x,
      y1: y,
      stroke: "var(--orange)",
      "stroke-width": 2,
      "stroke-dasharray": "5 4",
    });
    this.contextMark = contextCross({ class: "context" });
    plane.element.append(
      ...this.circles,
      ...dots,
      this.contextLine,
      this.queryLine,
      this.queryHandle,
      this.contextMark,
      ...keyNames,
      ...legend(),
    );
    plane.onMove(
      ([first, second]) => this.set({ first, second }),
      () => [this.state.first, this.state.second],
    );
    return plane;
  }

  update({ first, second, score, temperature }) {
    const query = [first, second];
    const scores = handScores(score, query, this.keys);
    const weights = [...softmax(scores, temperature)];
    const products = weighted(weights, this.keys);
    const context = [0, 1].map((d) => products.reduce((sum, product) => sum + product[d], 0));
    this.drawPlane(query, weights, context);
    this.block.show({ query, score, temperature, scores, weights, products, context });
    const best = weights.indexOf(Math.max(...weights));
    return {
      result: { query, scores, weights, context },
      summary:
        `The scores are ${scores.map((value) => decimal(value, 2)).join(", ")}, the weights ` +
        `${weights.map((value) => decimal(value, 2)).join(", ")}, the greatest that of ` +
        `${this.names[best]}; the context is ${decimal(context[0], 2)} and ` +
        `${decimal(context[1], 2)}.`,
    };
  }

  drawPlane(query, weights, context) {
    // The area goes with the weight, so the radius with its root.
    this.circles.forEach((circle, i) => change(circle, { r: LARGEST * Math.sqrt(weights[i]) }));
    const origin = this.plane.place([0, 0]);
    const [x, y] = this.plane.place(query);
    const angle = (Math.atan2(y - origin[1], x - origin[0]) * 180) / Math.PI;
    const length = Math.hypot(x - origin[0], y - origin[1]);
    // The line ends within the head, whose point is the query.
    const share = length > 13 ? 1 - 9 / length : 0;
    change(this.queryLine, {
      x2: origin[0] + share * (x - origin[0]),
      y2: origin[1] + share * (y - origin[1]),
    });
    change(this.queryHandle, { transform: `translate(${x} ${y}) rotate(${angle})` });
    const [across, down] = this.plane.place(context);
    change(this.contextLine, { x2: across, y2: down });
    change(this.contextMark, { transform: `translate(${across} ${down})` });
  }
}

function arrowHead(attributes = {}) {
  return svg("path", { d: "M0,0L-13,-5.5V5.5Z", fill: "var(--green)", ...attributes });
}

function contextCross(attributes) {
  const rim = ["var(--paper)", "var(--orange)"].map((stroke, i) =>
    svg("path", { d: "M-6,-6L6,6M-6,6L6,-6", stroke, "stroke-width": 7 - 3.5 * i }),
  );
  return svg("g", attributes, ...rim);
}

/** What the marks in the plane mean, below it. */
function legend() {
  return [
    svg("line", { x1: 46, y1: 351, x2: 64, y2: 351, stroke: "var(--green)", "stroke-width": 2.5 }),
    arrowHead({ transform: "translate(72 351)" }),
    label(80, 355.5, "query", "start"),
    contextCross({ transform: "translate(148 351)" }),
    label(160, 355.5, "context: the weighted sum", "start"),
    svg("circle", { cx: 60, cy: 374, r: 8, fill: "var(--blue)", "fill-opacity": 0.4 }),
    svg("circle", { cx: 60, cy: 374, r: 3, fill: "var(--blue)" }),
    label(80, 378.5, "key; its circle's area is its weight", "start"),
  ];
}

/** A bold text in a colour, on a rim of paper. */
function halo(text, colour) {
  return change(text, {
    style:
      `fill: ${colour}; font-weight: 700; stroke: var(--paper); stroke-width: 3.5px; ` +
      "paint-order: stroke; stroke-linejoin: round",
  });
}

/** The chapter's figure of one step of attention, read from below, with its numbers. */
function calculationBlock(keys, names) {
  const left = 62;
  const column = 192 / keys.length;
  const middles = keys.map((_, i) => left + column * (i + 0.5));
  const middle = left + 96;
  const queryX = 290;
  const box = 40; // wide

  const numbersAt = (y) => middles.map((x) => label(x, y, "", "middle"));
  const products = [numbersAt(98), numbersAt(116)];
  const weights = numbersAt(193);
  const scores = numbersAt(276);
  const temperature = inside(label(314, 239, "", "end"));
  const query = [302, 320].map((y) => inside(label(queryX, y, "", "middle")));
  const context = [-24, 24].map((shift) => inside(label(middle + shift, 20, "", "middle")));
  const divided = label(2, 330, "÷ √2", "start", { class: "muted" });
  const bars = middles.map((x) =>
    svg("rect", {
      class: "weight",
      x: x - box / 2 + 1,
      width: box - 2,
      fill: "var(--orange)",
      "fill-opacity": 0.3,
    }),
  );
  const columnParts = (i) => {
    const x = middles[i];
    return [
      arrowUp(x, 328, 317, "var(--blue)"),
      arrowUp(x, 296, 285, "var(--muted)"),
      arrowUp(x, 258, 247, "var(--muted)"),
      arrowUp(x, 222, 211, "var(--muted)"),
      arrowUp(x, 166, 155, "var(--orange)"),
      arrowUp(x, 134, 123, "var(--orange)"),
      svg("path", { d: `M${x},82L${middle},52`, stroke: "var(--orange)", "stroke-width": 1.5 }),
      valueWay(x + box / 2, 350, x + column / 2, x + 11, 144),
      node(x, 306, "•", "var(--muted)"),
      node(x, 144, "×", "var(--orange)"),
      frame(x, 328, box, 44, "var(--blue)", "var(--blue)"),
      inside(label(x, 345, decimal(keys[i][0], 2), "middle")),
      inside(label(x, 363, decimal(keys[i][1], 2), "middle")),
      label(x, 388, names[i], "middle", { style: "fill: var(--blue); font-weight: 700" }),
      frame(x, 258, box, 26, "var(--muted)", "var(--paper)"),
      frame(x, 166, box, 44, "var(--muted)", "var(--paper)"),
      frame(x, 82, box, 40, "var(--orange)", "var(--paper)"),
    ];
  };
  const rows = [
    [20, "context"],
    [56, "sum"],
    [99, "weight"],
    [115, "× value"],
    [193, "weights"],
    [276, "scores"],
    [302, "dot"],
    [316, "product"],
    [347, "keys, also"],
    [363, "values"],
  ].map(([y, text]) => label(2, y, text, "start", { class: "muted" }));

  const element = drawing(
    320,
    394,
    "The calculation, read from below: each key times the query gives a score, softmax turns the " +
      "scores into weights, each key times its weight, added up, is the context.",
    {},
    ...rows,
    divided,
    svg("path", { d: `M${middles[0]},306H${queryX}`, stroke: "var(--green)", "stroke-width": 2 }),
    frame(queryX, 284, 48, 44, "var(--green)", "var(--green)"),
    label(queryX, 344, "query", "middle", { style: "fill: var(--green); font-weight: 700" }),
    svg("rect", { x: 1, y: 222, width: 318, height: 24, rx: 4, fill: "var(--muted)" }),
    ...middles.flatMap((_, i) => columnParts(i)),
    inside(label(8, 239, "softmax", "start")),
    temperature,
    arrowUp(middle, 52, 29, "var(--orange)"),
    node(middle, 52, "+", "var(--orange)"),
    frame(middle, 2, 100, 26, "var(--orange)", "var(--orange)"),
    ...[bars, scores, weights, ...products, query, context].flat(),
  );

  const write = (labels, values) =>
    labels.forEach((text, i) => {
      text.textContent = decimal(values[i], 2);
    });
  return {
    element,
    show(shown) {
      divided.style.display = shown.score === "scaled dot" ? "" : "none";
      temperature.textContent = `T = ${decimal(shown.temperature, 1)}`;
      write(query, shown.query);
      write(scores, shown.scores);
      write(weights, shown.weights);
      products.forEach((labels, d) =>
        write(
          labels,
          shown.products.map((product) => product[d]),
        ),
      );
      write(context, shown.context);
      bars.forEach((bar, i) => {
        const height = 42 * shown.weights[i];
        change(bar, { y: 209 - height, height });
      });
    },
  };
}

function arrowUp(x, from, to, colour) {
  return svg(
    "g",
    {},
    svg("path", { d: `M${x},${from}V${to + 5}`, stroke: colour, "stroke-width": 1.5 }),
    svg("path", { d: `M${x},${to}l-4,7h8z`, fill: colour }),
  );
}

/** From a key up to its product, where it is the value; a rim parts it from what it crosses. */
function valueWay(start, from, beside, end, to) {
  const d = `M${start},${from}H${beside}V${to}H${end + 5}`;
  return svg(
    "g",
    { fill: "none" },
    svg("path", { d, stroke: "var(--paper)", "stroke-width": 4 }),
    svg("path", { d, stroke: "var(--blue)", "stroke-width": 1.5 }),
    svg("path", { d: `M${end},${to}l7,-4v8z`, fill: "var(--blue)" }),
  );
}

function frame(middle, y, width, height, stroke, fill) {
  return svg("rect", { x: middle - width / 2, y, width, height, rx: 4, stroke, fill });
}

/** Text on a coloured ground. */
function inside(text) {
  return change(text, { style: "fill: var(--paper); font-weight: 600" });
}

function node(x, y, sign, fill) {
  return svg(
    "g",
    {},
    svg("circle", { cx: x, cy: y, r: 10, fill }),
    change(label(x, y + 5.5, sign, "middle"), {
      style: "fill: var(--paper); font-size: 18px; font-weight: 700",
    }),
  );
}

define("book-attention-by-hand", AttentionByHand);
