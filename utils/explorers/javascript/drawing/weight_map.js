// Attention weights as a heat map: a row for each written word, a column for each word read. It is
// drawn in pixels, as wide as there is room, so that its words are as large as those around it.

import { say } from "../text/words.js";
import { fitted, onRow, widthOf } from "./arcs.js";
import { change, drawing, label, svg } from "./markup.js";

const NARROWEST_MAP = 270;
const NAME_ROOM = 100; // for a word
const CELL_WIDTH = [14, 76]; // at least and at most
const CELL_HEIGHT = [24, 34];
const TURNED = 55; // degrees, of names that are wider than their columns
const STEEP = 75; // degrees, where columns are as narrow as a line of names is high
const NARROW = 22;
const NUMBERED = 34; // cells as wide as this say their weight
const LEAST_NUMBER = 0.02; // of a weight that is written
const LEGEND = 34;

export const MAP_STYLE = `
  svg.weight-map { cursor: pointer; }
  .weight-map .number { font-size: 12px; font-variant-numeric: tabular-nums; paint-order: stroke;
    stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
`;

/**
 * Where a mouse points or a finger touches, pick(step) is called with the row, pickRead(word) with
 * the column if it is one of the names above. show() draws
 *   read: [text], written: [text], weights: [[...]], alignment: pairs [column, row] that mean the
 *   same, or null if nobody knows;
 * and goTo() marks a row of it, or the column `word`.
 */
export function weightMap({ languages, pick, pickRead = () => {} }) {
  const content = svg("g");
  const mark = svg("rect", {
    ...{ fill: "none", stroke: "var(--mark)", "stroke-width": 2.5, rx: 3, class: "glides" },
  });
  const element = drawing(NARROWEST_MAP, 1, "", { class: "weight-map" }, content, mark);
  let shown = null;
  let chosen = { step: 0, word: null };
  let names = [];
  let columns = [];
  let drawnWidth = 0; // nothing is drawn
  let box = null; // {left, top, across, down}: where the cells begin, and the size of one
  onRow(element, (x, y) => {
    if (!drawnWidth) return;
    const [i, j] = [Math.floor((x - box.left) / box.across), Math.floor((y - box.top) / box.down)];
    if (j >= 0 && j < shown.written.length) pick(j);
    else if (j < 0 && i >= 0 && i < shown.read.length) pickRead(i);
  });

  const draw = (width) => {
    const { read, written, weights, alignment } = shown;
    const longest = (words) => Math.min(Math.max(...words.map(widthOf)), NAME_ROOM);
    const left = Math.ceil(longest(written)) + 16;
    const across = within(Math.floor((width - left - 8) / read.length), CELL_WIDTH);
    const down = within(across, CELL_HEIGHT);
    const isTurned = longest(read) > across - 6;
    const angle = across < NARROW ? STEEP : TURNED;
    const top = isTurned ? Math.ceil(longest(read) * Math.sin((angle * Math.PI) / 180)) + 22 : 26;
    box = { left, top, across, down };
    const height = top + down * written.length + LEGEND;
    change(element, { viewBox: `0 0 ${width} ${height}` });
    names = written.map((text, j) => {
      const y = top + down * (j + 0.5) + 4.5;
      return label(left - 8, y, fitted(text, NAME_ROOM), "end", { lang: languages[1] });
    });
    columns = read.map((text, i) => {
      const middle = left + across * (i + 0.5);
      const [x, y] = isTurned ? [middle + 4, top - 7] : [middle, top - 9];
      const transform = isTurned ? `rotate(${angle} ${x} ${y})` : null;
      const anchor = isTurned ? "end" : "middle";
      return label(x, y, fitted(text, NAME_ROOM), anchor, { transform, lang: languages[0] });
    });
    content.replaceChildren(
      ...names,
      ...columns,
      ...cells(weights, box),
      ...(alignment ?? []).map(([i, j]) =>
        truthBox(left + across * i + 2.5, top + down * j + 2.5, across - 5, down - 5),
      ),
      ...(across < NUMBERED ? [] : numbers(weights, box)),
      ...legend(left, height - 8, alignment !== null),
    );
    markChosen();
  };
  const markChosen = () => {
    const { left, top, across, down } = box;
    const { step, word } = chosen;
    const isColumn = word !== null;
    const [wide, high] = [across * shown.read.length, down * shown.written.length];
    change(
      mark,
      isColumn
        ? { x: left + across * word, y: top - 1, width: across, height: high + 2 }
        : { x: left - 1, y: top + down * step, width: wide + 2, height: down },
    );
    names.forEach((name, j) => change(name, { class: !isColumn && j === step ? "now" : null }));
    columns.forEach((name, i) => change(name, { class: isColumn && i === word ? "now" : null }));
  };

  const fit = () => {
    const room = Math.floor(element.getBoundingClientRect().width);
    if (!shown || room === 0 || room === drawnWidth) return; // no room: it is hidden
    drawnWidth = room;
    draw(Math.max(room, NARROWEST_MAP));
  };
  new ResizeObserver(fit).observe(element);
  return {
    element,
    show(translation) {
      shown = translation;
      drawnWidth = 0;
      fit();
    },
    goTo({ step, word = null, description }) {
      change(element, { "aria-label": description });
      chosen = { step, word };
      fit();
      if (drawnWidth) markChosen();
    },
  };
}

function within(number, [least, most]) {
  return Math.min(Math.max(number, least), most);
}

function cells(weights, { left, top, across, down }) {
  return weights.flatMap((shares, j) =>
    shares.map((weight, i) =>
      svg("rect", {
        class: "cell",
        x: left + across * i,
        y: top + down * j,
        width: across,
        height: down,
        fill: "var(--bar)",
        "fill-opacity": weight,
        stroke: "var(--line)",
        "stroke-width": 0.7,
      }),
    ),
  );
}

/** The weights in per cent; the small ones would only be read as noise. */
function numbers(weights, { left, top, across, down }) {
  return weights.flatMap((shares, j) =>
    shares.flatMap((weight, i) => {
      if (weight < LEAST_NUMBER) return [];
      const [x, y] = [left + across * (i + 0.5), top + down * (j + 0.5) + 4];
      return [label(x, y, (100 * weight).toFixed(0), "middle", { class: "number" })];
    }),
  );
}

// Light around dark, or it would vanish on a cell of weight 1.
function truthBox(x, y, width, height) {
  const box = { x, y, width, height, rx: 2, fill: "none" };
  return svg(
    "g",
    { class: "truth" },
    svg("rect", { ...box, stroke: "var(--paper)", "stroke-width": 4 }),
    svg("rect", { ...box, stroke: "var(--green)", "stroke-width": 2 }),
  );
}

function legend(left, y, isKnown) {
  const parts = [label(left - 8, y, say("weight"), "end", { class: "muted" })];
  [0, 0.25, 0.5, 0.75, 1].forEach((weight, i) => {
    const square = { x: left + 14 + 14 * i, y: y - 11, width: 14, height: 14 };
    const look = { fill: "var(--bar)", "fill-opacity": weight, stroke: "var(--line)" };
    parts.push(svg("rect", { ...square, ...look }));
  });
  parts.push(label(left + 9, y, "0", "end"), label(left + 88, y, "1", "start"));
  if (isKnown) {
    parts.push(truthBox(left + 114, y - 10, 12, 12));
    parts.push(label(left + 132, y, say("true alignment"), "start", { class: "muted" }));
  }
  return parts;
}
