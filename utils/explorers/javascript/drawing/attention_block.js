// The calculation of attention by hand, read from below: its four stages with all their numbers.

import { say } from "../text/words.js";
import { change, drawing, label, placeOf, svg } from "./markup.js";
import { decimal } from "./numbers.js";

const BLOCK = { width: 320, height: 336, left: 84, column: 46, box: 40, query: 294 };
// Where each row of it begins, from above.
const ROWS = {
  context: 4,
  sum: 46,
  products: 66,
  times: 117,
  weights: 138,
  softmax: 181,
  scores: 214,
  dot: 258,
  keys: 280,
};
// The stages, each from its upper to its lower edge.
const BANDS = [
  [207, 274],
  [131, 206],
  [58, 130],
  [0, 57],
];
const SCORE_ROOM = 26; // for the bars of the scores, in units
const WEIGHT_ROOM = 34; // of a bar of weight 1
const LEAST_SCORE = 2.5; // smaller scores do not fill their room

export const BLOCK_STYLE = `
  .block { cursor: pointer; }
  .block .band { fill: transparent; stroke: transparent; stroke-width: 2; }
  .block .band.now { fill: var(--faint); stroke: var(--focus); }
  .block .band.pointed { stroke: var(--mark); }
  .block .badge { fill: var(--muted); }
  .block .now ~ .badge { fill: var(--focus); }
  .block .on, .handles .on { fill: var(--paper); font-weight: 600; }
`;

/** How far each stage, counted from 0, has come when the picture is at `phase`, from 0 to 4. */
export function shareOfStage(phase, stage) {
  return Math.min(Math.max(phase - stage, 0), 1);
}

/** A part of a drawing that is `share` there. */
export function appear(element, share) {
  change(element, {
    opacity: share < 1 ? share : null,
    visibility: share > 0 ? null : "hidden",
  });
}

/**
 * `names` are the keys'. pointed(stage) is called with the stage, counted from 1, that a mouse is at,
 * with 0 where it leaves; picked(stage) where it is clicked. show(numbers, phase) draws, point(stage)
 * shows that something else points at a stage.
 */
export function calculationBlock({ names, pointed, picked }) {
  const { width, height, left, column, box, query: queryX } = BLOCK;
  const middles = names.map((_, i) => left + column * (i + 0.5));
  const middle = left + (column * names.length) / 2;
  const numbersAt = (y, look = {}) => middles.map((x) => label(x, y, "", "middle", look));

  const keys = [17, 34 - 3].map((down) => numbersAt(ROWS.keys + down - 2, { class: "on" }));
  const query = [246, 262].map((y) => label(queryX, y + 3, "", "middle", { class: "on" }));
  const scores = numbersAt(ROWS.scores + 19.5);
  const weights = numbersAt(ROWS.weights + 22.5);
  const products = [15, 31].map((down) => numbersAt(ROWS.products + down));
  const context = [-24, 24].map((aside) =>
    label(middle + aside, ROWS.context + 17, "", "middle", { class: "on" }),
  );
  const temperature = label(312, ROWS.softmax + 15.5, "", "end", { class: "on" });
  const divided = label(2, 271, "÷ √2", "start", { class: "muted" });
  const bars = (kind, fill) =>
    middles.map((x) =>
      svg("rect", { class: kind, x: x - box / 2 + 1, width: box - 2, fill, "fill-opacity": 0.3 }),
    );
  const scoreBars = bars("score", "var(--muted)");
  const weightBars = bars("weight", "var(--orange)");
  const ways = middles.map((x) =>
    svg("path", {
      class: "way",
      d: `M${x},${ROWS.weights}V${ROWS.products + 36}`,
      stroke: "var(--orange)",
      "stroke-width": 1.5,
    }),
  );
  const each = (draw) => middles.flatMap((x, i) => draw(x, i));

  const parts = [
    svg(
      "g",
      {},
      svg("path", {
        d: `M${middles[0]},${ROWS.dot}H${queryX - 24}`,
        stroke: "var(--green)",
        "stroke-width": 2,
      }),
      ...each((x) => [
        arrowUp(x, ROWS.keys, ROWS.scores + 30, "var(--muted)"),
        node(x, ROWS.dot, "•", "var(--muted)"),
        frame(x, ROWS.scores, box, 30, "var(--muted)", "var(--paper)"),
      ]),
      ...scoreBars,
      ...scores,
    ),
    svg(
      "g",
      {},
      ...each((x) => [arrowUp(x, ROWS.scores, ROWS.weights + 36, "var(--muted)")]),
      svg("rect", {
        ...{ x: 1, y: ROWS.softmax, width: width - 2, height: 22, rx: 4, fill: "var(--muted)" },
      }),
      label(8, ROWS.softmax + 15.5, "softmax", "start", { class: "on" }),
      temperature,
      ...each((x) => [frame(x, ROWS.weights, box, 36, "var(--muted)", "var(--paper)")]),
      ...weightBars,
      ...weights,
    ),
    svg(
      "g",
      {},
      ...each((x) => [valueWay(x, box, column)]),
      ...ways,
      ...each((x) => [
        node(x, ROWS.times, "×", "var(--orange)"),
        frame(x, ROWS.products, box, 36, "var(--orange)", "var(--paper)"),
      ]),
      ...products.flat(),
    ),
    svg(
      "g",
      {},
      ...each((x) => [
        svg("path", {
          d: `M${x},${ROWS.products}L${middle},${ROWS.sum}`,
          stroke: "var(--orange)",
          "stroke-width": 1.5,
        }),
      ]),
      arrowUp(middle, ROWS.sum, ROWS.context + 24, "var(--orange)"),
      node(middle, ROWS.sum, "+", "var(--orange)"),
    ),
  ];
  const result = svg(
    "g",
    {},
    frame(middle, ROWS.context, 100, 24, "var(--orange)", "var(--orange)"),
    ...context,
  );
  parts.at(-1).append(result);

  const rowNames = [
    [say("scores"), 234],
    [say("weights"), 161],
    [say("weight ×"), 83],
    [say("context"), 21],
  ];
  const bands = BANDS.map(([top, bottom], i) => {
    const stage = i + 1;
    const band = svg("rect", {
      ...{ class: "band", "data-stage": stage, x: -3, y: top, width: width + 6, rx: 6 },
      height: bottom - top,
    });
    const [name, y] = rowNames[i];
    const part = svg(
      "g",
      { "data-stage": stage },
      band,
      svg("circle", { class: "badge", cx: 11, cy: y - 4.5, r: 9 }),
      label(11, y, String(stage), "middle", { class: "on" }),
      label(25, y, name, "start", { class: "muted" }),
    );
    return { part, band };
  });
  const [keysAlso, values] = say("keys, also\nvalues").split("\n");
  const rows = [
    [say("dot product"), 2, 257],
    [say("value"), 25, 99],
    [say("sum"), 25, 50],
    [keysAlso, 2, ROWS.keys + 15],
    [values, 2, ROWS.keys + 31],
  ].map(([text, x, y]) => label(x, y, text, "start", { class: "muted" }));

  const element = drawing(
    width,
    height,
    say(
      "The calculation, read from below: each key times the query gives a score, softmax turns the scores into weights, each key times its weight, added up, is the context.",
    ),
    { class: "block" },
    ...bands.map(({ part }) => part),
    ...rows,
    divided,
    ...each((x, i) => [
      frame(x, ROWS.keys, box, 36, "var(--blue)", "var(--blue)"),
      label(x, ROWS.keys + 51, names[i], "middle", {
        style: "fill: var(--blue); font-weight: 700",
      }),
      ...[
        [ROWS.scores, 30],
        [ROWS.weights, 36],
        [ROWS.products, 36],
      ].map(([y, high]) => frame(x, y, box, high, "var(--line)", "none")),
    ]),
    frame(middle, ROWS.context, 100, 24, "var(--line)", "none"),
    frame(queryX, 234, 48, 40, "var(--green)", "var(--green)"),
    label(queryX, 290, say("query"), "middle", { style: "fill: var(--green); font-weight: 700" }),
    ...keys.flat(),
    ...query,
    ...parts,
  );
  const stageAt = (event) => {
    const [, y] = placeOf(element, event);
    return BANDS.findIndex(([top, bottom]) => y >= top - 1 && y <= bottom) + 1;
  };
  element.addEventListener("pointermove", (event) => pointed(stageAt(event)));
  element.addEventListener("pointerleave", () => pointed(0));
  element.addEventListener("click", (event) => stageAt(event) && picked(stageAt(event)));

  const write = (labels, values) =>
    labels.forEach((text, i) => {
      text.textContent = decimal(values[i], 2);
    });
  const writeColumns = (rowsOf, vectors) =>
    rowsOf.forEach((labels, d) =>
      write(
        labels,
        vectors.map((vector) => vector[d]),
      ),
    );
  return {
    element,
    point(stage) {
      bands.forEach(({ band }, i) => band.classList.toggle("pointed", i + 1 === stage));
    },
    show(shown, phase) {
      const shares = parts.map((_, stage) => shareOfStage(phase, stage));
      parts.forEach((part, stage) => appear(part, shares[stage]));
      bands.forEach(({ band }, i) => band.classList.toggle("now", i + 1 === Math.ceil(phase)));
      divided.style.display = shown.score === "scaled dot" ? "" : "none";
      temperature.textContent = `T = ${decimal(shown.temperature, 1)}`;
      writeColumns(keys, shown.keys);
      write(query, shown.query);
      write(scores, shown.scores);
      write(weights, shown.weights);
      writeColumns(products, shown.products);
      write(context, shown.context);

      const [low, high] = [Math.min(...shown.scores, 0), Math.max(...shown.scores, 0)];
      const unit = SCORE_ROOM / Math.max(high - low, LEAST_SCORE);
      const ground = ROWS.scores + 28 + unit * low;
      scoreBars.forEach((bar, i) => {
        const height = shares[0] * unit * Math.abs(shown.scores[i]);
        change(bar, { y: shown.scores[i] > 0 ? ground - height : ground, height });
      });
      // Bars as high as the scores are squeezed to the weights.
      const least = Math.min(...shown.scores);
      const range = Math.max(...shown.scores) - least || 1;
      weightBars.forEach((bar, i) => {
        const before = (shown.scores[i] - least) / range;
        const height = WEIGHT_ROOM * (before + shares[1] * (shown.weights[i] - before));
        change(bar, { y: ROWS.weights + 35 - height, height });
      });
      ways.forEach((way, i) =>
        change(way, { "stroke-width": 1.5 + 8 * shares[2] * shown.weights[i] }),
      );
      change(result, { transform: `translate(0 ${24 * (1 - shares[3])})` });
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
function valueWay(x, box, column) {
  const end = x + 10;
  const y = ROWS.times;
  const d = `M${x + box / 2},${ROWS.keys + 18}H${x + column / 2}V${y}H${end + 5}`;
  return svg(
    "g",
    { fill: "none" },
    svg("path", { d, stroke: "var(--paper)", "stroke-width": 4 }),
    svg("path", { d, stroke: "var(--blue)", "stroke-width": 1.5 }),
    svg("path", { d: `M${end},${y}l7,-4v8z`, fill: "var(--blue)" }),
  );
}

function frame(middle, y, width, height, stroke, fill) {
  return svg("rect", { x: middle - width / 2, y, width, height, rx: 4, stroke, fill });
}

function node(x, y, sign, fill) {
  return svg(
    "g",
    {},
    svg("circle", { cx: x, cy: y, r: 9, fill }),
    change(label(x, y + 5.5, sign, "middle"), {
      style: "fill: var(--paper); font-size: 17px; font-weight: 700",
    }),
  );
}
