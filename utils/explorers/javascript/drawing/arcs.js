// Two columns of words with curves between them: how much each written word looked at each word
// that was read. It is as wide as a phone and grows downwards, so long sentences stay legible.

import { change, drawing, label, placeOf, svg } from "./markup.js";
import { keyed } from "./motion.js";
import { percent } from "./numbers.js";

const ARCS_WIDTH = 340;
const ARCS_ROW = 26;
const ARCS_TOP = 30; // of the first row, below the headings
const READ_END = 112; // where the words of the left column end
const SHARE_END = 150; // where their percentages do
const WRITTEN_START = 232; // where the words of the right column begin
const LOOKS_END = WRITTEN_START - 8; // where the percentages of those that look at one word do
// Between which arcs lie: those of a step, and those of a word that was read.
const FROM_STEP = [SHARE_END + 5, WRITTEN_START - 8];
const FROM_WORD = [READ_END + 10, LOOKS_END - 40];
const MIDDLE = (READ_END + 6 + WRITTEN_START - 8) / 2;
const READ_ROOM = 108; // for a word, in units
const WRITTEN_ROOM = 98;
const FEWEST_ROWS = 7; // so that the page does not jump with every short sentence
const SHOWN = 0.02; // a lesser weight gets no arc at its step
const SHOWN_FAINT = 0.15; // nor one for the other steps
const WIDEST = 9; // of an arc of weight 1, in units
const measuring = document.createElement("canvas").getContext("2d");

/**
 * `readName` and `writtenName` head the columns. Where a mouse points or a finger touches, pick(step)
 * is called with the row of the right column, pickRead(row) with that of the left; both count from 0.
 * show() draws a translation:
 *   read: [{text, unknown}], written: [text], weights: [[...]] or null;
 * and goTo() what is chosen of it, which is all that changes while a slider moves:
 *   step: the row that is written just now, or word: a row on the left, to see who looks at it;
 *   truth: the rows on the other side that mean the same.
 */
export function arcChart({ readName, writtenName, languages, pick, pickRead = () => {} }) {
  const faint = svg("g");
  const now = svg("g");
  const parts = keyed(now);
  const words = svg("g");
  const element = drawing(ARCS_WIDTH, ARCS_TOP, "", { class: "arcs" }, faint, now, words);
  let shown = { weights: null, readNames: [], readWidths: [], writtenNames: [], writtenWidths: [] };
  onRow(element, (x, y) => {
    const row = Math.floor((y - ARCS_TOP) / ARCS_ROW);
    const isRead = x < (SHARE_END + WRITTEN_START) / 2;
    const rows = isRead ? shown.readWidths.length : shown.writtenNames.length;
    if (row >= 0 && row < rows) (isRead ? pickRead : pick)(row);
  });
  return {
    element,
    show({ read, written, weights }) {
      const rows = Math.max(read.length, written.length, FEWEST_ROWS);
      change(element, { viewBox: `0 0 ${ARCS_WIDTH} ${ARCS_TOP + ARCS_ROW * rows + 4}` });
      const readTexts = read.map(({ text, unknown }) =>
        fitted(text, unknown ? READ_ROOM - 14 : READ_ROOM),
      );
      const writtenTexts = written.map((text) => fitted(text, WRITTEN_ROOM));
      const writtenNames = writtenTexts.map((text, j) =>
        label(WRITTEN_START, middleOf(j) + 4.5, text, "start", { lang: languages[1] }),
      );
      const readNames = read.map(({ unknown }, i) =>
        readWord(readTexts[i], i, widthOf(readTexts[i]), unknown, languages[0]),
      );
      shown = {
        weights,
        readNames,
        writtenNames,
        readWidths: readTexts.map(widthOf),
        writtenWidths: writtenTexts.map(widthOf),
      };
      parts.clear(); // other words: nothing leads from the old ones to them
      const isOneVector = read.length > 0 && !weights;
      faint.replaceChildren(
        ...(weights ?? []).map((_, j) =>
          svg("g", {}, ...arcsOf(weights, j, SHOWN_FAINT, { stroke: "var(--line)", opacity: 0.6 })),
        ),
        ...(isOneVector ? throughOneVector(read.length, written.length) : []),
      );
      words.replaceChildren(
        label(READ_END, 16, readName, "end", { class: "muted" }),
        label(WRITTEN_START, 16, writtenName, "start", { class: "muted" }),
        ...readNames,
        ...writtenNames,
        ...(isOneVector ? oneVector(read.length) : []),
      );
    },
    goTo({ step, word = null, truth, description }) {
      const { weights, readNames, readWidths, writtenNames, writtenWidths } = shown;
      const isOfWord = word !== null && weights !== null;
      change(element, { "aria-label": description });
      writtenNames.forEach((name, j) => {
        const isNow = !isOfWord && j === step;
        change(name, { class: isNow ? "now" : j < step || isOfWord ? null : "muted" });
      });
      readNames.forEach((name, i) => name.classList.toggle("chosen", isOfWord && i === word));
      if (!writtenNames.length) return parts.clear();
      [...faint.children].forEach((arcs, j) =>
        change(arcs, { display: weights && (isOfWord || j === step) ? "none" : null }),
      );
      const look = { stroke: "var(--mark)", class: "arc-now glides" };
      if (isOfWord) {
        const looks = weights.map((shares) => shares[word]);
        parts.show([
          ...looks.flatMap((weight, j) =>
            arcOf(weight, word, j, SHOWN, look, FROM_WORD).map((arc) => [`to ${j}`, arc]),
          ),
          ...looks.flatMap((weight, j) =>
            weight < SHOWN ? [] : [[`share to ${j}`, shareOf(weight, j, LOOKS_END)]],
          ),
          ...truth.map((j) => [
            `truth to ${j}`,
            truthAround(WRITTEN_START - 5, j, writtenWidths[j]),
          ]),
          ["word", frame(READ_END - 1.08 * readWidths[word] - 7, word, readWidths[word])],
        ]);
        return;
      }
      const thick = { stroke: "var(--mark)", "stroke-width": 3, class: "glides" };
      const looked = weights
        ? [
            ...weights[step].flatMap((weight, i) =>
              arcOf(weight, i, step, SHOWN, look).map((arc) => [`from ${i}`, arc]),
            ),
            ...weights[step].flatMap((weight, i) =>
              weight < SHOWN ? [] : [[`share from ${i}`, shareOf(weight, i)]],
            ),
            ...truth.map((i) => [
              `truth from ${i}`,
              truthAround(READ_END - readWidths[i] - 5, i, readWidths[i]),
            ]),
          ]
        : [["vector", curve(MIDDLE, (readWidths.length - 1) / 2, WRITTEN_START - 8, step, thick)]];
      parts.show([...looked, ["step", frame(WRITTEN_START - 7, step, writtenWidths[step])]]);
    },
  };
}

/** Call reached(x, y), in units, where a mouse points or a finger taps; pages can still scroll. */
export function onRow(drawn, reached) {
  const reach = (event) => reached(...placeOf(drawn, event));
  drawn.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse") reach(event);
  });
  drawn.addEventListener("click", reach);
}

/** The text as far as it fits into so many units, with "…" where it does not. */
export function fitted(text, room) {
  measuring.font = "13px sans-serif";
  const letters = [...text].slice(0, 40); // no more would ever fit
  if (letters.length === [...text].length && measuring.measureText(text).width <= room) return text;
  while (letters.length && measuring.measureText(`${letters.join("")}…`).width > room)
    letters.pop();
  return `${letters.join("")}…`;
}

function middleOf(row) {
  return ARCS_TOP + ARCS_ROW * (row + 0.5);
}

function curve(fromX, fromRow, toX, toRow, attributes) {
  const [y, end] = [middleOf(fromRow), middleOf(toRow)];
  const bend = (toX - fromX) / 2;
  const d = `M${fromX} ${y} C${fromX + bend} ${y} ${toX - bend} ${end} ${toX} ${end}`;
  return svg("path", { d, fill: "none", "stroke-linecap": "round", ...attributes });
}

function arcsOf(weights, j, least, look) {
  return weights[j].flatMap((weight, i) => arcOf(weight, i, j, least, look));
}

/** The arc from row `i` to row `j`, or none, in a list. */
function arcOf(weight, i, j, least, look, [start, end] = FROM_STEP) {
  if (weight < least) return [];
  return [curve(start, i, end, j, { "stroke-width": Math.max(1, WIDEST * weight), ...look })];
}

// Without attention, all that the decoder gets of the sentence is the encoder's last state.
function throughOneVector(read, written) {
  const row = (read - 1) / 2;
  const look = { stroke: "var(--muted)", "stroke-width": 1.2, opacity: 0.7 };
  return [
    ...Array.from({ length: read }, (_, i) => curve(READ_END + 6, i, MIDDLE, row, look)),
    ...Array.from({ length: written }, (_, j) => curve(MIDDLE, row, WRITTEN_START - 8, j, look)),
  ];
}

function oneVector(read) {
  const y = middleOf((read - 1) / 2);
  return [
    svg("circle", { cx: MIDDLE, cy: y, r: 11, fill: "var(--paper)", stroke: "var(--ink)" }),
    label(MIDDLE, y + 4.5, "c", "middle"),
  ];
}

// An unknown word has a dashed line and a question mark: not colour alone.
function readWord(text, i, width, unknown, lang) {
  const y = middleOf(i);
  if (!unknown) return label(READ_END, y + 4.5, text, "end", { lang });
  const x = READ_END - width;
  const dashes = { stroke: "var(--orange)", "stroke-width": 2, "stroke-dasharray": "4 3" };
  return svg(
    "g",
    {},
    label(READ_END, y + 4.5, text, "end", { lang, class: "unknown" }),
    svg("line", { x1: x, x2: READ_END, y1: y + 9, y2: y + 9, ...dashes }),
    label(x - 3, y + 4.5, "?", "end", { class: "unknown" }),
  );
}

function shareOf(weight, row, end = SHARE_END) {
  return label(end, middleOf(row) + 4.5, percent(weight), "end", { class: "share" });
}

function truthAround(x, row, width) {
  const box = { x, y: middleOf(row) - 11, width: width + 10, height: 22 };
  const look = { rx: 5, fill: "none", stroke: "var(--green)", "stroke-width": 2 };
  return svg("rect", { ...box, ...look, class: "truth", "data-row": row });
}

// Around the word that is chosen; its letters are bold, and so wider.
function frame(x, row, width) {
  const box = { x, y: middleOf(row) - 12, width: 1.08 * width + 14, height: 24 };
  const look = { rx: 6, fill: "var(--faint)", stroke: "var(--mark)", "stroke-width": 2 };
  return svg("rect", { ...box, ...look, class: "glides" });
}

/** How wide a text of a drawing is, in units. */
export function widthOf(text) {
  measuring.font = "13px sans-serif";
  return measuring.measureText(text).width;
}
