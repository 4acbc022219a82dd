// One sentence in the middle and two translations beside it: on the left what was written from one
// vector, on the right what was written by looking back, with an arc from each word looked at.
// A unit is a pixel: a narrow drawing has less room between its columns, not smaller letters.

import { fitted, onRow, widthOf } from "./arcs.js";
import { change, drawing, label, svg } from "./markup.js";

const TWIN_ROW = 22;
const TWIN_TOP = 3;
const BREADTH = 1.08; // how much wider they are here, and when they are bold, than widthOf() says
const MOST_READ = 104; // the width of the words in the middle, at most
const MOST_WRITTEN = 84; // and of a translation's, if the lines have no room to spare
const LEAST_LINES = 60; // what they need on either side
const TWIN_GAP = 7; // between a word and its lines
const LEAST_WIDTH = 300;
const TWIN_SHOWN = 0.03; // a lesser weight gets no arc
const SHOWN_AMONG_ALL = 0.08; // nor does one where the arcs of all words are drawn
const TWIN_WIDEST = 8; // of an arc of weight 1
const FAINTEST = 0.12; // of an arc that was written before
const CELLS = 6; // that stand for the vector
const CELL = 9;

/**
 * `point(row)` is called with the row of a written word that a mouse points at or a finger touches,
 * and with null when the mouse is gone. show() draws:
 *   read: [{text, unknown}], plain and attending: {words: [{text, wrong}], weights: [[...]] or null},
 *   step: how many words of each are written, at: the row whose arcs stand out, or null,
 *   grows: whether that row has just been written, rows: the least that there is room for.
 */
export function twinArcs({ languages, point }) {
  const element = drawing(LEAST_WIDTH, TWIN_ROW, "", { class: "twin-arcs" });
  let shown = null;
  let width = 0;
  onRow(element, (_x, y) => {
    const row = Math.floor((y - TWIN_TOP) / TWIN_ROW);
    const isWritten = shown && row >= 0 && row < shown.step;
    point(isWritten ? row : null);
  });
  element.addEventListener("pointerleave", () => point(null));
  const draw = () => {
    const rows = Math.max(shown.rows, shown.read.length, shown.step);
    const height = 2 * TWIN_TOP + TWIN_ROW * rows;
    change(element, { viewBox: `0 0 ${width} ${height}`, "aria-label": shown.description });
    element.replaceChildren(...parts(shown, width, languages));
  };
  new ResizeObserver(([{ contentRect }]) => {
    const room = Math.max(LEAST_WIDTH, Math.round(contentRect.width));
    if (room === width) return;
    width = room;
    if (shown) draw();
  }).observe(element);
  return {
    element,
    show(translations) {
      shown = translations;
      width ||= Math.max(LEAST_WIDTH, Math.round(element.getBoundingClientRect().width));
      draw();
    },
  };
}

function parts({ read, plain, attending, step, at, grows }, width, languages) {
  const middle = width / 2;
  const half = widest(read, MOST_READ) / 2;
  const most = Math.max(MOST_WRITTEN, middle - half - LEAST_LINES);
  const column = Math.max(widest(plain.words, most), widest(attending.words, most));
  const [leftEdge, rightEdge] = [middle - half, middle + half];
  const [leftWords, rightWords] = [column, width - column];
  const vectorX = (leftEdge + leftWords) / 2;
  const vectorRow = (read.length - 1) / 2;
  const lines = [];
  const add = (from, to, look, growing) =>
    lines.push(arc(from, to, { ...look, class: growing ? "growing" : null, pathLength: 1 }));

  // Into the vector, and from it to each word.
  const coded = { stroke: "var(--bar)", "stroke-width": 1.2, opacity: 0.6 };
  const quiet = { stroke: "var(--mark)", "stroke-width": 1.2, opacity: 0.6 };
  const strong = { stroke: "var(--mark)", "stroke-width": 3 };
  const isReading = step === 0 && grows;
  if (read.length)
    read.forEach((_, i) => {
      add([leftEdge - TWIN_GAP, i], [vectorX + CELL, vectorRow], coded, isReading);
    });
  plain.words.slice(0, step).forEach((_, j) => {
    const look = j === at ? strong : quiet;
    add([vectorX - CELL, vectorRow], [leftWords + TWIN_GAP, j], look, grows && j === step - 1);
  });

  // From each word looked at to the word written.
  attending.words.slice(0, step).forEach((_, j) => {
    attending.weights[j].forEach((weight, i) => {
      if (weight < (at === null ? SHOWN_AMONG_ALL : TWIN_SHOWN)) return;
      const look = {
        stroke: "var(--mark)",
        "stroke-width": Math.max(1, TWIN_WIDEST * weight),
        opacity: at === null ? 0.25 + 0.6 * weight : j === at ? 1 : FAINTEST,
      };
      const [from, to] = [rightEdge + TWIN_GAP, rightWords - TWIN_GAP];
      add([from, i], [to, j], look, grows && j === step - 1);
    });
  });

  const written = ({ words }, x, anchor) =>
    words
      .slice(0, step)
      .map((word, j) =>
        writtenWord(
          { ...word, shown: fitted(word.text, most / BREADTH) },
          ...[x, j, anchor, j === at, grows && j === step - 1, languages[1]],
        ),
      );
  return [
    svg("g", { fill: "none", "stroke-linecap": "round" }, ...lines),
    ...(read.length ? [vector(vectorX, vectorRow)] : []),
    ...read.map((word, i) => readInTheMiddle(word, middle, i, languages[0])),
    ...written(plain, leftWords, "end"),
    ...written(attending, rightWords, "start"),
  ];
}

function widest(words, most) {
  return Math.min(most, Math.max(0, ...words.map(({ text }) => BREADTH * widthOf(text))));
}

function heightOf(row) {
  return TWIN_TOP + TWIN_ROW * (row + 0.5);
}

function arc([x, row], [toX, toRow], look) {
  const [y, toY] = [heightOf(row), heightOf(toRow)];
  const bend = (x + toX) / 2;
  return svg("path", { d: `M${x} ${y} C${bend} ${y} ${bend} ${toY} ${toX} ${toY}`, ...look });
}

function vector(x, row) {
  const top = heightOf(row) - (CELL * CELLS) / 2;
  const cells = Array.from({ length: CELLS }, (_, i) =>
    svg("rect", { x: x - CELL / 2, y: top + CELL * i, width: CELL, height: CELL }),
  );
  return svg("g", { fill: "var(--mark)", stroke: "var(--paper)" }, ...cells);
}

// An unknown word has a dashed line and a question mark: not colour alone.
function readInTheMiddle({ text, unknown }, x, i, lang) {
  const y = heightOf(i) + 4.5;
  const shown = fitted(text, MOST_READ / BREADTH - (unknown ? 12 : 0)) + (unknown ? " ?" : "");
  const attributes = unknown
    ? { lang, class: "unknown", "text-decoration": "underline dashed" }
    : { lang };
  return label(x, y, shown, "middle", attributes);
}

// A word that the right translation does not have there is struck out.
function writtenWord({ shown, wrong }, x, j, anchor, isNow, grows, lang) {
  const kind = [isNow && "now", wrong && "wrong", grows && "arriving"].filter(Boolean).join(" ");
  const attributes = { lang, class: kind || null };
  if (wrong) attributes["text-decoration"] = "line-through";
  return label(x, heightOf(j) + 4.5, shown, anchor, attributes);
}
