// A pad of 28 x 28 pixels on which a reader draws a digit, as MNIST's are drawn.
//
// Strokes are a text, so that the page's address can hold them: points "x y" in pixels, joined by
// commas, strokes by semicolons.

import { change, label, onDrag, svg } from "../drawing/markup.js";
import { say } from "../text/words.js";

const PAD = 28; // pixels along a side
// Ink falls from full to none over SOFTNESS pixels, half of it RADIUS from the stroke's middle. On
// MNIST's training digits strokes are 2.65 pixels thick (median), and half of their pixels black.
const RADIUS = 1.3;
const SOFTNESS = 1.3;
const CENTRE = 14.5; // of the mass of MNIST's digits, counted from the edge

/**
 * Makes a pixelPicture a pad. draw(strokes) is called as the reader draws; state() returns the
 * strokes so far and whether the picture is a pad at all.
 */
export function makePad(picture, { state, draw }) {
  // MNIST's digits fill a box of 20 x 20 pixels. The paper is white in either theme.
  const box = svg("rect", {
    ...{ x: 30, y: 42, width: 100, height: 100, fill: "none" },
    ...{ stroke: "#6b7785", "stroke-dasharray": "4 4" },
  });
  const invitation = label(80, 97, say("draw a digit"), "middle", { style: "fill: #4a5565" });
  picture.element.append(box, invitation);
  onDrag(picture.element, {
    grips: () => state().isPad,
    move: (x, y, isStart) => {
      const { isPad, strokes } = state();
      if (!isPad) return;
      const point = [x - 10, y - 22].map((along) => tenths((along / 140) * PAD)).join(" ");
      draw(strokes + (isStart ? (strokes ? ";" : "") : ",") + point);
    },
  });
  return {
    show() {
      const { isPad, strokes } = state();
      change(box, { display: isPad ? null : "none" });
      change(invitation, { display: isPad && !strokes ? null : "none" });
      picture.element.style.cursor = isPad ? "crosshair" : "";
    },
  };
}

/** A curve that no digit has. */
export const SPIRAL = written([
  Array.from({ length: 40 }, (_, i) => {
    const angle = 0.35 * i;
    const distance = 0.22 * i;
    return [CENTRE + distance * Math.cos(angle), CENTRE + distance * Math.sin(angle)];
  }),
]);

function written(strokes) {
  return strokes
    .map((points) => points.map((point) => point.map(tenths).join(" ")).join(","))
    .join(";");
}

/** What is no number, such as in an address that somebody has changed, is left out. */
function read(strokes) {
  return strokes
    .split(";")
    .map((stroke) =>
      stroke
        .split(",")
        .map((point) => point.trim().split(" ").map(Number))
        .filter((point) => point.length === 2 && point.every(Number.isFinite)),
    )
    .filter((stroke) => stroke.length > 0);
}

function tenths(pixels) {
  return Math.round(10 * pixels) / 10;
}

/** Strokes moved so that the middle of their ink lies where MNIST's digits have it. */
export function centred(strokes) {
  const middle = middleOfInk(inked(strokes));
  if (!middle) return strokes;
  const [moveX, moveY] = middle.map((place) => CENTRE - place);
  return written(read(strokes).map((stroke) => stroke.map(([x, y]) => [x + moveX, y + moveY])));
}

/** Whether a picture's ink lies by a pixel or more from where MNIST's digits have it. */
export function isOffCentre(pixels) {
  return middleOfInk(pixels).some((place) => Math.abs(place - CENTRE) >= 1);
}

/** [x, y] of the middle of the ink's mass, in pixels; null without ink. */
function middleOfInk(pixels) {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((ink, i) => {
    mass += ink;
    x += ink * ((i % PAD) + 0.5);
    y += ink * (Math.floor(i / PAD) + 0.5);
  });
  return mass > 0 ? [x / mass, y / mass] : null;
}

/** The strokes as a soft pen leaves them: 28 x 28 numbers, 1 = ink. */
export function inked(strokes) {
  const pixels = new Float32Array(PAD * PAD);
  const reach = RADIUS + SOFTNESS / 2;
  for (const stroke of read(strokes)) {
    stroke.forEach((to, i) => {
      const from = stroke[Math.max(i - 1, 0)];
      const [left, right, top, bottom] = [
        Math.max(Math.floor(Math.min(from[0], to[0]) - reach), 0),
        Math.min(Math.ceil(Math.max(from[0], to[0]) + reach), PAD),
        Math.max(Math.floor(Math.min(from[1], to[1]) - reach), 0),
        Math.min(Math.ceil(Math.max(from[1], to[1]) + reach), PAD),
      ];
      const [fromX, fromY] = from;
      const [alongX, alongY] = [to[0] - fromX, to[1] - fromY];
      const square = alongX ** 2 + alongY ** 2;
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) {
          // The nearest point of the segment is a share of the way along it.
          const [pastX, pastY] = [x + 0.5 - fromX, y + 0.5 - fromY];
          const share = square ? (pastX * alongX + pastY * alongY) / square : 0;
          const nearest = Math.min(Math.max(share, 0), 1);
          const distance = Math.hypot(pastX - nearest * alongX, pastY - nearest * alongY);
          const ink = Math.min(Math.max((RADIUS - distance) / SOFTNESS + 0.5, 0), 1);
          pixels[y * PAD + x] = Math.max(pixels[y * PAD + x], ink);
        }
    });
  }
  return pixels;
}
