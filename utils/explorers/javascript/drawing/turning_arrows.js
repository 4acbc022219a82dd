// Rotary positions of one pair of numbers: a query and a key that turn with their places, and the
// score that depends on how far they stand apart.

import { say } from "../text/words.js";
import { change, drawing, label, svg, withSteadyLetters } from "./markup.js";
import { decimal } from "./numbers.js";

const ARROWS = { width: 320, height: 268, x: 160, y: 134, unit: 92 };
const SCORES = { width: 320, height: 180, left: 34, right: 310, top: 26, bottom: 136 };
const SAMPLES = 8; // of the curve, for each place
const DEGREES = 180 / Math.PI;
const APART = 0.45; // radians between the names of two arrows

/**
 * `query` and `key` are the vectors before they are turned, [x, y], of a length up to 1.3.
 * show({queryAngle, keyAngle, description}) turns them, in radians.
 */
export function turningArrows({ query, key }) {
  const { width, height, x, y, unit } = ARROWS;
  const arrow = (vector, name, shown, colour) => {
    const [length, angle] = [Math.hypot(...vector), Math.atan2(vector[1], vector[0])];
    const tip = length * unit;
    const line = { x1: 0, y1: 0, y2: 0, stroke: colour, "stroke-linecap": "round" };
    const start = svg("line", {
      ...{ ...line, x2: tip, "stroke-width": 1.5, "stroke-dasharray": "4 4", opacity: 0.7 },
      transform: `rotate(${-angle * DEGREES})`,
    });
    const turned = svg(
      "g",
      { class: `turned ${name} glides` },
      svg("line", { ...line, x2: tip - 9, "stroke-width": 3 }),
      svg("path", { d: `M${tip},0l-13,-5.5v11z`, fill: colour }),
    );
    const text = label(0, 0, shown, "middle", {
      class: "glides",
      style: `fill: ${colour}; font-weight: 700`,
    });
    return { start, turned, text, angle, tip };
  };
  const all = [
    arrow(query, "query", say("query"), "var(--green)"),
    arrow(key, "key", say("key"), "var(--blue)"),
  ];
  const element = drawing(
    width,
    height,
    "",
    { class: "turning-arrows" },
    svg(
      "g",
      { transform: `translate(${x} ${y})` },
      svg("circle", { r: unit, fill: "none", stroke: "var(--line)" }),
      svg("line", { x1: -unit, x2: unit, y1: 0, y2: 0, stroke: "var(--faint)" }),
      svg("line", { x1: 0, x2: 0, y1: -unit, y2: unit, stroke: "var(--faint)" }),
      ...all.map(({ start }) => start),
      ...all.map(({ turned }) => turned),
      ...all.map(({ text }) => text),
    ),
    label(4, height - 6, say("dashed: at place 0"), "start", { class: "muted" }),
  );
  return {
    element: withSteadyLetters(element),
    show({ queryAngle, keyAngle, description }) {
      change(element, { "aria-label": description });
      const angles = [queryAngle, keyAngle].map((turn, i) => all[i].angle + turn);
      const aside = wayAside(angles[1] - angles[0]);
      angles.forEach((angle, i) => {
        // On the screen down is positive, so a turn to the left is negative.
        change(all[i].turned, { transform: `rotate(${-angle * DEGREES})` });
        const at = angle + (i ? aside : -aside);
        const reach = all[i].tip + 18;
        change(all[i].text, {
          transform: `translate(${reach * Math.cos(at)} ${4.5 - reach * Math.sin(at)})`,
        });
      });
    },
  };
}

/** By how much each of two names goes aside, where their arrows are so near that they would meet. */
function wayAside(between) {
  const nearest = between - 2 * Math.PI * Math.round(between / (2 * Math.PI));
  const missing = Math.max(APART - Math.abs(nearest), 0);
  return ((nearest < 0 ? -1 : 1) * missing) / 2;
}

/**
 * The score of every distance from -most to most. show({scoreAt, distance, score}): scoreAt(distance)
 * is the curve.
 */
export function scoreCurve({ most, largest }) {
  const { width, height, left, right, top, bottom } = SCORES;
  const acrossOf = (distance) => left + ((right - left) * (distance + most)) / (2 * most);
  const middle = (top + bottom) / 2;
  const heightOf = (score) => middle - ((bottom - top) * score) / (2 * largest);
  const fine = Array.from({ length: 2 * most * SAMPLES + 1 }, (_, i) => i / SAMPLES - most);
  const line = svg("path", { fill: "none", stroke: "var(--orange)", "stroke-width": 2 });
  const dot = svg("circle", { class: "score-dot glides", r: 6, fill: "var(--orange)" });
  const foot = svg("line", { class: "glides", stroke: "var(--orange)", "stroke-dasharray": "3 3" });
  const ticks = [-most, -most / 2, 0, most / 2, most].flatMap((distance) => {
    const x = acrossOf(distance);
    return [
      svg("line", { x1: x, x2: x, y1: top, y2: bottom, stroke: "var(--faint)" }),
      label(x, bottom + 16, decimal(distance), "middle", { class: "muted" }),
    ];
  });
  const element = drawing(
    width,
    height,
    "",
    { class: "score-curve" },
    ...ticks,
    svg("line", { x1: left, x2: right, y1: middle, y2: middle, stroke: "var(--line)" }),
    label(left - 6, middle + 4.5, "0", "end", { class: "muted" }),
    label(left, 14, say("score"), "start", { class: "muted" }),
    label(
      (left + right) / 2,
      height - 6,
      say("place of the key minus place of the query"),
      "middle",
      {
        class: "muted",
      },
    ),
    line,
    foot,
    dot,
  );
  return {
    element: withSteadyLetters(element),
    show({ scoreAt, distance, score, description }) {
      change(element, { "aria-label": description });
      const places = fine.map(
        (at) => `${acrossOf(at).toFixed(2)} ${heightOf(scoreAt(at)).toFixed(2)}`,
      );
      change(line, { d: `M${places.join("L")}` });
      const [x, y] = [acrossOf(distance), heightOf(score)];
      change(dot, { cx: x, cy: y });
      change(foot, { x1: x, x2: x, y1: y, y2: bottom });
    },
  };
}
