// A canvas on which a reader moves digits about, with a mouse, a finger or the arrow keys, and on which
// one sees where a network looks.

import { change, drawing, label, onDrag, svg } from "../drawing/markup.js";
import { oncePerFrame } from "../drawing/motion.js";
import { greyPicture } from "../drawing/pixels.js";
import { say } from "../text/words.js";

/** In pixels, as in utils/vision/canvases.py; a place of the feature map is STRIDE pixels wide. */
export const CANVAS = { width: 112, height: 40 };
export const DIGIT_SIDE = 28; // of a digit's square
const STRIDE = 8;
const COLUMNS = CANVAS.width / STRIDE;
const PLACES = COLUMNS * (CANVAS.height / STRIDE);

const UNIT = 3; // units of the drawing for a pixel
const EDGE = 8; // units around the canvas
const DOT = 6.5; // radius of a stop of the eye, in units
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 4; // pixels by which a key moves a digit while Shift is held
// Paper is white in either theme, so what is drawn on it has one colour.
const [GLOW, PATH, TRUE, CHOSEN] = ["#ff7a1a", "#a83c00", "#00755c", "#0072b2"];

export const CANVAS_STYLE = `
  .digit { outline: none; cursor: grab; }
  .digit:active { cursor: grabbing; }
  .digit .focus { display: none; }
  .digit:focus-visible .focus { display: inline; }
  .glow { mix-blend-mode: multiply; pointer-events: none; }
  .eye { pointer-events: none; }
  svg .eye text { fill: #fff; font-size: 9px; font-weight: 700; }
  .eye [data-now] circle { stroke: ${PATH}; stroke-width: 2.5; fill: #fff; }
  svg .eye [data-now] text { fill: ${PATH}; }
`;

/** The middle of a place of the feature map, in pixels. */
function middleOf(place) {
  return [
    (place % COLUMNS) * STRIDE + STRIDE / 2,
    Math.floor(place / COLUMNS) * STRIDE + STRIDE / 2,
  ];
}

/** Of the weights of all places, how much lies on a digit's square: as utils/vision/reading.py has it. */
export function shareOn(weights, { left, top }) {
  return weights.reduce((sum, weight, place) => {
    const [x, y] = middleOf(place);
    const isInside = x >= left && x < left + DIGIT_SIDE && y >= top && y < top + DIGIT_SIDE;
    return isInside ? sum + weight : sum;
  }, 0);
}

/** [x, y] of the mean of all places, each with its weight, in pixels. */
export function centreOf(weights) {
  return weights.reduce(
    ([sumX, sumY], weight, place) => {
      const [x, y] = middleOf(place);
      return [sumX + weight * x, sumY + weight * y];
    },
    [0, 0],
  );
}

/** A place for a digit's corner, whole pixels, as near as it can be to where it is wanted. */
export function within(left, top) {
  const cut = (value, most) => Math.min(Math.max(Math.round(value), 0), most);
  return [cut(left, CANVAS.width - DIGIT_SIDE), cut(top, CANVAS.height - DIGIT_SIDE)];
}

/**
 * For up to `most` digits. What a reader does is told to
 *   move(number, left, top): a digit, counted from 0, is wanted elsewhere; at most once a frame;
 *   choose(number), takeAway(number).
 * show() paints pixels, and the squares of `digits`, {left, top, name} each; look() says where the
 * network looks: `weights` of all places or null, `centres` of the eye so far, of which the last one is
 * now, and `meant`, numbers of the digits that the word says.
 */
export function digitCanvas({ most, move, choose, takeAway }) {
  const [width, height] = [CANVAS.width * UNIT, CANVAS.height * UNIT];
  const { element: image, show: paint } = greyPicture({
    ...{ columns: CANVAS.width, rows: CANVAS.height, x: EDGE, y: EDGE, width },
  });
  const places = Array.from({ length: PLACES }, (_, place) => {
    const [x, y] = middleOf(place).map((middle) => EDGE + (middle - STRIDE / 2) * UNIT);
    const size = STRIDE * UNIT;
    return svg("rect", { x, y, width: size, height: size, fill: GLOW, class: "glides" });
  });
  // Behind each digit what says that it is meant, chosen, or reached by the keyboard.
  const squares = Array.from({ length: most }, (_, number) => squareOfDigit(number));
  const path = svg("path", { fill: "none", stroke: PATH, "stroke-width": 2 });
  const halo = svg("path", { fill: "none", stroke: "#fff", "stroke-width": 5 });
  const dots = svg("g");
  const id = "softened-places";
  const blur = svg("feGaussianBlur", { stdDeviation: 5 });
  const frame = { x: EDGE, y: EDGE, width, height };
  const glow = svg("g", { class: "glow", "clip-path": "url(#canvas-edge)" });
  glow.append(svg("g", { filter: `url(#${id})` }, ...places));
  const element = drawing(
    width + 2 * EDGE,
    height + 2 * EDGE,
    "",
    { role: "group", class: "whole canvas" },
    svg(
      "defs",
      {},
      svg("filter", { id, x: "-10%", y: "-20%", width: "120%", height: "140%" }, blur),
      svg("clipPath", { id: "canvas-edge" }, svg("rect", frame)),
    ),
    svg("rect", { ...frame, fill: "#fff" }),
    image,
    glow,
    svg("rect", { ...frame, fill: "none", stroke: "var(--line)" }),
    ...squares.map(({ element }) => element),
    svg("g", { class: "eye" }, halo, path, dots),
  );
  let digits = [];

  const moveSoon = oncePerFrame(move);
  let held = null; // {number, fromX, fromY}: the digit, and where in its square it is held
  const digitAt = (x, y) => {
    const [column, line] = [(x - EDGE) / UNIT, (y - EDGE) / UNIT];
    const under = digits
      .map(({ left, top }, number) => ({ number, fromX: column - left, fromY: line - top }))
      .filter(({ fromX, fromY }) => [fromX, fromY].every((from) => from >= 0 && from < DIGIT_SIDE));
    // Where two overlap, the one whose middle is nearer.
    const distance = ({ fromX, fromY }) =>
      Math.hypot(fromX - DIGIT_SIDE / 2, fromY - DIGIT_SIDE / 2);
    return under.sort((a, b) => distance(a) - distance(b))[0] ?? null;
  };
  onDrag(element, {
    grips: (x, y) => digitAt(x, y) !== null,
    move(x, y, isPress) {
      if (isPress) {
        held = digitAt(x, y);
        if (held) choose(held.number);
      } else if (held)
        moveSoon(
          held.number,
          ...within((x - EDGE) / UNIT - held.fromX, (y - EDGE) / UNIT - held.fromY),
        );
    },
    end() {
      held = null;
    },
  });

  function squareOfDigit(number) {
    const box = { width: DIGIT_SIDE * UNIT, height: DIGIT_SIDE * UNIT, fill: "none" };
    const meant = svg("rect", { ...box, stroke: TRUE, "stroke-width": 2.6, rx: 2 });
    const chosen = svg("rect", { ...box, stroke: CHOSEN, "stroke-dasharray": "5 4", rx: 2 });
    const focus = svg("rect", {
      ...{ x: -3.5, y: -3.5, width: box.width + 7, height: box.height + 7, rx: 4 },
      ...{ fill: "none", stroke: "#c04d00", "stroke-width": 3, class: "focus" },
    });
    const square = svg(
      "g",
      { class: "digit", role: "application", tabindex: 0 },
      svg("rect", { ...box, "pointer-events": "all" }),
      ...[meant, chosen, focus],
    );
    square.addEventListener("focus", () => choose(number));
    square.addEventListener("keydown", (event) => {
      const way = KEYS[event.key];
      if (way) {
        const step = event.shiftKey ? FAR : 1;
        const { left, top } = digits[number];
        move(number, ...within(left + step * way[0], top + step * way[1]));
      } else if (event.key === "Delete" || event.key === "Backspace") takeAway(number);
      else return;
      event.preventDefault();
    });
    return { element: square, meant, chosen };
  }

  return {
    element,
    show({ pixels, digits: shown, chosen }) {
      digits = shown;
      paint(pixels);
      squares.forEach((square, number) => {
        const digit = digits[number];
        change(square.element, { display: digit ? null : "none" });
        if (!digit) return;
        const { left, top, name } = digit;
        change(square.element, {
          transform: `translate(${EDGE + left * UNIT} ${EDGE + top * UNIT})`,
          "aria-label": say(
            "{0}, {1} pixels from the left, {2} from the top: the arrow keys move it, Delete takes it away",
            ...[name, left, top],
          ),
        });
        change(square.chosen, { display: number === chosen ? null : "none" });
      });
    },
    look({ weights, centres, meant, description }) {
      change(element, { "aria-label": description });
      places.forEach((place, i) => {
        // The root, so that lesser weights are seen too.
        change(place, { "fill-opacity": weights ? 0.95 * Math.sqrt(weights[i]) : 0 });
      });
      squares.forEach((square, number) => {
        change(square.meant, { display: meant.includes(number) ? null : "none" });
      });
      const stops = centres.map((centre) => centre.map((along) => EDGE + along * UNIT));
      const d = stops
        .map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`)
        .join("");
      for (const line of [halo, path]) change(line, { d });
      dots.replaceChildren(
        ...stops.map(([x, y], i) => {
          const isNow = i === stops.length - 1;
          return svg(
            "g",
            { "data-now": isNow ? "" : null },
            svg("circle", { cx: x, cy: y, r: DOT, fill: PATH, stroke: "#fff" }),
            label(x, y + 3.2, String(i + 1), "middle"),
          );
        }),
      );
    },
  };
}
