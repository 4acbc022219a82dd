// Chapter 1: walk the map of two-number codes, and see what the decoder draws at each place.
//
// Data: {decoder: packed weights of an MLPDecoder(2), points: [[x, y, label], ...], low: [x, y],
// high: [x, y], start: [x, y]}.

import { slider } from "./controls.js";
import { define, Explorer } from "./element.js";
import { change, label, svg } from "./markup.js";
import { decimal } from "./numbers.js";
import { pixelPicture } from "./pixels.js";
import { coordinatePlane } from "./plane.js";
import { linear, readWeights, relu, sigmoid } from "./tensors.js";

const STEPS = 100;
// On light and on dark paper. The digit says the class, its colour only helps.
const DIGIT_COLOURS = [
  ["#332288", "#b9adff"],
  ["#0072b2", "#6cc0f7"],
  ["#00735a", "#5fd3b0"],
  ["#5c5c00", "#d3d06a"],
  ["#8a4b00", "#eab676"],
  ["#c24e00", "#ff9f70"],
  ["#882255", "#ff9cc4"],
  ["#a33d91", "#e8a6e0"],
  ["#1f2328", "#dbe2ea"],
  ["#6b6b6b", "#a9b4c2"],
];

/** The MLPDecoder of utils/models/encoder_decoder.py: two numbers -> 784 pixels in (0, 1). */
function decodeDigit(weights, code) {
  const hidden = relu(linear(weights["from_code.weight"], weights["from_code.bias"], code));
  return linear(weights["to_pixels.weight"], weights["to_pixels.bias"], hidden).map(sigmoid);
}

class CodePlane extends Explorer {
  build({ decoder, points, low, high, start }) {
    this.weights = readWeights(decoder);
    this.points = points;
    this.low = low;
    this.range = [high[0] - low[0], high[1] - low[1]];
    this.map = coordinatePlane({
      title: "Drag the cross over the map of codes",
      description:
        "A map. Held-out digits stand at the two numbers of their codes; a cross marks the code " +
        "that is decoded. The sliders move it too.",
      low,
      high,
      names: ["first number of the code", "second number of the code"],
    });
    const written = points.map(([x, y, digit]) => {
      const [across, down] = this.map.place([x, y]);
      const [light, dark] = DIGIT_COLOURS[digit];
      return label(across, down + 4.3, String(digit), "middle", {
        class: "digit",
        style: `font-size: 12px; font-weight: 700; fill: light-dark(${light}, ${dark})`,
      });
    });
    this.cross = crossMark();
    this.map.element.append(...written, this.cross);
    const stepAt = (numbers, i) => Math.round((STEPS * (numbers[i] - low[i])) / this.range[i]);
    this.map.onMove(
      (numbers) => this.set({ first: stepAt(numbers, 0), second: stepAt(numbers, 1) }),
      () => this.code(this.state),
    );

    this.picture = pixelPicture("The decoder draws", "The digit that the decoder draws there.");
    this.picture.element.style.flexBasis = "230px"; // wide enough for its caption on any screen

    // A slider counts steps, so that both its ends are reached exactly.
    const [first, second] = ["first number", "second number"].map((name, i) =>
      slider({
        label: name,
        min: 0,
        max: STEPS,
        step: 1,
        value: stepAt(start, i),
        format: (step) => decimal(this.numberAt(i, step), 2),
      }),
    );
    return {
      stage: [this.map.element, this.picture.element],
      controls: [first, second],
      state: { first, second },
    };
  }

  /** The two numbers that the sliders say. */
  code({ first, second }) {
    return [first, second].map((step, i) => this.numberAt(i, step));
  }

  numberAt(i, step) {
    return this.low[i] + (this.range[i] * step) / STEPS;
  }

  update(state) {
    const code = this.code(state);
    const image = decodeDigit(this.weights, code);
    const named = `(${decimal(code[0], 2)}, ${decimal(code[1], 2)})`;
    change(this.cross, { transform: `translate(${this.map.place(code).join(" ")})` });
    this.picture.show(image);
    this.picture.caption(`D${named}`);
    const nearest = this.nearest(code);
    return {
      result: { code, image: [...image] },
      summary:
        `The decoder draws the code ${named}.` +
        (nearest ? ` The nearest held-out digit on the map is a ${nearest[2]}.` : ""),
    };
  }

  /** The held-out digit next to a place on the map, undefined if there are none. */
  nearest(code) {
    const [x, y] = this.map.place(code);
    let best;
    let least = Infinity;
    for (const point of this.points) {
      const [across, down] = this.map.place(point);
      const distance = (across - x) ** 2 + (down - y) ** 2;
      if (distance < least) [best, least] = [point, distance];
    }
    return best;
  }
}

/** A cross within a ring, on a halo of paper, so that it is seen among the digits. */
function crossMark() {
  const lines = (attributes) =>
    svg("path", { d: "M-8,0H8M0,-8V8", fill: "none", "stroke-linecap": "round", ...attributes });
  return svg(
    "g",
    { class: "handle" },
    svg("circle", { r: 13, fill: "var(--paper)", "fill-opacity": 0.75 }),
    svg("circle", { r: 13, fill: "none", stroke: "var(--mark)", "stroke-width": 2.5 }),
    lines({ stroke: "var(--mark)", "stroke-width": 3 }),
  );
}

define("book-code-plane", CodePlane);
