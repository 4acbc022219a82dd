// Attention weights as a heat map: a row for each written word, a column for each word read.

import { fitted, onRow } from "./arcs.js";
import { change, drawing, label, svg } from "./markup.js";

const MAP_WIDTH = 340;
const MAP_LEFT = 98; // where the cells begin
const MAP_TOP = 92;
const MAP_ROOM = MAP_WIDTH - MAP_LEFT - 6;
const LARGEST_CELL = 26;
const LEGEND = 30;

/**
 * `pick(step)` is called with the row that a mouse points at or a finger touches. show() draws
 *   read: [text], written: [text], weights: [[...]], alignment: pairs [column, row] that mean the
 *   same, or null if nobody knows;
 * and goTo() marks a row of it.
 */
export function weightMap({ languages, pick }) {
  const content = svg("g");
  const mark = svg("rect", { fill: "none", stroke: "var(--mark)", "stroke-width": 2.5, rx: 3 });
  const element = drawing(MAP_WIDTH, MAP_TOP, "", { class: "weight-map" }, content, mark);
  let names = [];
  let size = LARGEST_CELL;
  onRow(element, (_x, y) => {
    const step = Math.floor((y - MAP_TOP) / size);
    if (step >= 0 && step < names.length) pick(step);
  });
  return {
    element,
    show({ read, written, weights, alignment }) {
      size = Math.min(LARGEST_CELL, MAP_ROOM / read.length);
      const height = MAP_TOP + size * written.length + LEGEND;
      change(element, { viewBox: `0 0 ${MAP_WIDTH} ${height}` });
      change(mark, { x: MAP_LEFT - 1, width: size * read.length + 2, height: size + 2 });
      names = written.map((text, j) => {
        const y = MAP_TOP + size * (j + 0.5) + 4.5;
        return label(MAP_LEFT - 7, y, fitted(text, 88), "end", { lang: languages[1] });
      });
      const columns = read.map((text, i) => {
        const x = MAP_LEFT + size * (i + 0.5) + 3;
        const turned = `rotate(55 ${x} ${MAP_TOP - 7})`;
        const lang = languages[0];
        return label(x, MAP_TOP - 7, fitted(text, 96), "end", { transform: turned, lang });
      });
      content.replaceChildren(
        ...names,
        ...columns,
        ...cells(weights, size),
        ...(alignment ?? []).map(([i, j]) =>
          truthBox(MAP_LEFT + size * i + 2.5, MAP_TOP + size * j + 2.5, size - 5),
        ),
        ...legend(height - 8, alignment !== null),
      );
    },
    goTo({ step, description }) {
      change(element, { "aria-label": description });
      change(mark, { y: MAP_TOP + size * step - 1 });
      names.forEach((name, j) => change(name, { class: j === step ? "now" : null }));
    },
  };
}

function cells(weights, size) {
  return weights.flatMap((shares, j) =>
    shares.map((weight, i) =>
      svg("rect", {
        x: MAP_LEFT + size * i,
        y: MAP_TOP + size * j,
        width: size,
        height: size,
        fill: "var(--bar)",
        "fill-opacity": weight,
        stroke: "var(--line)",
        "stroke-width": 0.7,
      }),
    ),
  );
}

// Light around dark, or it would vanish on a cell of weight 1.
function truthBox(x, y, side) {
  const box = { x, y, width: side, height: side, rx: 2, fill: "none" };
  return svg(
    "g",
    { class: "truth" },
    svg("rect", { ...box, stroke: "var(--paper)", "stroke-width": 4 }),
    svg("rect", { ...box, stroke: "var(--green)", "stroke-width": 2 }),
  );
}

function legend(y, isKnown) {
  const parts = [label(MAP_LEFT - 7, y, "weight", "end", { class: "muted" })];
  [0, 0.25, 0.5, 0.75, 1].forEach((weight, i) => {
    const square = { x: MAP_LEFT + 14 + 14 * i, y: y - 11, width: 14, height: 14 };
    const look = { fill: "var(--bar)", "fill-opacity": weight, stroke: "var(--line)" };
    parts.push(svg("rect", { ...square, ...look }));
  });
  parts.push(label(MAP_LEFT + 9, y, "0", "end"), label(MAP_LEFT + 88, y, "1", "start"));
  if (isKnown) {
    parts.push(truthBox(MAP_LEFT + 114, y - 10, 12));
    parts.push(label(MAP_LEFT + 132, y, "true alignment", "start", { class: "muted" }));
  }
  return parts;
}
