// Two heads and one, side by side: the scores, the weights and the context of each in a column. The
// contexts of the two touch, which joins them.

import { say } from "../text/words.js";
import { change, drawing, label, svg, withSteadyLetters, write } from "./markup.js";
import { decimal, percent } from "./numbers.js";
import { contextCross } from "./plane_marks.js";

const COLUMNS = { width: 344, height: 242, words: 52, left: 60, step: 94, apart: 6 };
const INSIDE = 3; // units between the edge of a box and its column
const WORD_ROW = { top: 44, height: 34, bar: 11, longest: 50 };
const FOUND = { top: 186, line: 21 };

export const HEAD_COLUMNS_STYLE = `
  .head-columns .heading, .head-columns .word { font-weight: 700; }
  .head-columns .found { fill: var(--paper); font-weight: 600; font-variant-numeric: tabular-nums; }
`;

/**
 * `sizes` are how many numbers each column's head sees: the last one all that the others see
 * together. show({columns: [{scores, weights, context}], asks, description}).
 */
export function headColumns({ words, sizes }) {
  const { width, height } = COLUMNS;
  const last = sizes.length - 1;
  const left = (column) =>
    COLUMNS.left + COLUMNS.step * column + (column === last ? COLUMNS.apart : 0);
  const rowTop = (row) => WORD_ROW.top + WORD_ROW.height * row;
  const names = words.map((word, row) =>
    label(COLUMNS.words, rowTop(row) + 22, word, "end", { class: "word" }),
  );
  const columns = sizes.map((size, column) => {
    const x = left(column);
    const lines = Math.ceil(size / 2);
    return {
      fixed: [
        label(x, 14, column === last ? say("one head") : say("head {0}", column + 1), "start", {
          class: "heading",
        }),
        label(x, 31, `q·k ÷ √${size}`, "start", { class: "muted" }),
        svg("rect", {
          ...{ x: x - INSIDE, y: FOUND.top, fill: "var(--orange)" },
          ...{ width: COLUMNS.step - 0.5, height: 4 + FOUND.line * lines },
        }),
      ],
      scores: words.map((_, row) => label(x, rowTop(row) + 13, "", "start", { class: "muted" })),
      bars: words.map((_, row) =>
        svg("rect", {
          ...{ class: "bar glides", x, y: rowTop(row) + 17, width: 0, height: WORD_ROW.bar, rx: 2 },
          fill: "var(--orange)",
        }),
      ),
      shares: words.map((_, row) => label(0, rowTop(row) + 27, "", "start", { class: "glides" })),
      found: Array.from({ length: size }, (_, d) =>
        label(
          x - INSIDE + COLUMNS.step * (0.25 + 0.5 * (d % 2)),
          FOUND.top + 17 + FOUND.line * Math.floor(d / 2),
          "",
          "middle",
          { class: "found" },
        ),
      ),
    };
  });
  const from = left(0) - INSIDE;
  const to = from + COLUMNS.step * last;
  const under = FOUND.top + FOUND.line + 8;
  const element = drawing(
    width,
    height,
    "",
    { class: "head-columns" },
    ...names,
    ...columns.flatMap(({ fixed, scores, bars, shares, found }) => [
      ...fixed,
      ...scores,
      ...bars,
      ...shares,
      ...found,
    ]),
    svg("path", { d: `M${from},${under}v4H${to}v-4`, fill: "none", stroke: "var(--muted)" }),
    label((from + to) / 2, under + 18, say("joined"), "middle", { class: "muted" }),
    label(COLUMNS.words, FOUND.top + 17, say("contexts"), "end", { class: "muted" }),
    change(contextCross(5), { transform: `translate(${COLUMNS.words - 7} ${FOUND.top + 31})` }),
  );
  return {
    element: withSteadyLetters(element),
    show({ columns: shown, asks, description }) {
      change(element, { "aria-label": description });
      names.forEach((name, i) =>
        change(name, { style: `fill: var(--${i === asks ? "green" : "blue"})` }),
      );
      columns.forEach(({ scores, bars, shares, found }, column) => {
        const { scores: products, weights, context } = shown[column];
        weights.forEach((weight, i) => {
          const length = WORD_ROW.longest * weight;
          write(scores[i], decimal(products[i], 2));
          change(bars[i], { width: length });
          write(shares[i], percent(weight));
          const x = left(column) + length + 4;
          change(shares[i], { style: `transform: translate(${x.toFixed(2)}px, 0)` });
        });
        found.forEach((text, d) => write(text, decimal(context[d], 2)));
      });
    },
  };
}
