// Chapter 1: walk the map of two-number codes, and see what the decoder draws at each place, on the
// network's map or on that of PCA.
//
// Data: {maps: [{name, decoder: packed weights of an MLPDecoder(2) or of a linear layer, low: [x, y],
// high: [x, y], share: of held-out digits next to a training digit of their class}, ...]; points:
// [[label, [x, y] or null, ...], ...], a place on each map; start: [x, y] on the first, where the cross
// stands if no 0 is written there; else it stands at the 0 that the decoder draws most clearly}.

import { choice, slider } from "./controls/controls.js";
import { change, html, label, svg, withSteadyLetters } from "./drawing/markup.js";
import { decimal, percent } from "./drawing/numbers.js";
import { pixelPicture } from "./drawing/pixels.js";
import { coordinatePlane } from "./drawing/plane.js";
import { define, Explorer } from "./element.js";
import { linear, readWeights, relu, sigmoid } from "./networks/tensors.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";

const STEPS = 100;
const RIM = 8; // from the middle of an outermost digit to the map's frame
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

const isStill = matchMedia("(prefers-reduced-motion: reduce)");

/** The MLPDecoder of utils/models/encoder_decoder.py: two numbers -> 784 pixels in (0, 1). */
function decodeDigit(weights, code) {
  const hidden = relu(linear(weights["from_code.weight"], weights["from_code.bias"], code));
  return linear(weights["to_pixels.weight"], weights["to_pixels.bias"], hidden).map(sigmoid);
}

/** The decoder of PCACode.as_modules: a mean picture and two others, cut to [0, 1]. */
function decodeLinearly(weights, code) {
  const pixels = linear(weights["1.weight"], weights["1.bias"], code);
  return pixels.map((value) => Math.min(Math.max(value, 0), 1));
}

/** How much of its ink a drawing has in greys: 0 if it is black and white. */
function greyness(pixels) {
  let grey = 0;
  let ink = 0;
  for (const pixel of pixels) {
    grey += pixel * (1 - pixel);
    ink += pixel;
  }
  return grey / ink;
}

/** Of the places of written zeros, the one at which the decoder draws most clearly, or undefined. */
function clearestZero(weights, points) {
  const zeros = points
    .filter(([digit]) => digit === 0)
    .map(([, place]) => ({ place, grey: greyness(decoderOf(weights)(weights, place)) }));
  return zeros.sort((one, other) => one.grey - other.grey)[0]?.place;
}

function decoderOf(weights) {
  return "1.weight" in weights ? decodeLinearly : decodeDigit;
}

class CodePlane extends Explorer {
  build({ maps, points, start }) {
    this.maps = Object.fromEntries(
      maps.map(({ name, decoder, low, high, share }, index) => {
        const range = [high[0] - low[0], high[1] - low[1]];
        return [name, { index, weights: readWeights(decoder), low, high, range, share }];
      }),
    );
    this.points = points;
    const { name: firstMap, low, high } = maps[0];
    this.plane = coordinatePlane({
      title: say("Held-out digits, each at its own code"),
      description: say(
        "A map. Held-out digits stand at the two numbers of their codes; a cross marks the code that is decoded. The sliders move it too.",
      ),
      names: [say("first number of the code"), say("second number of the code")],
      ...{ low, high, rim: RIM },
    });
    this.written = points.map(([digit]) => {
      const [light, dark] = DIGIT_COLOURS[digit];
      return label(0, 4.3, String(digit), "middle", {
        class: "digit",
        style: `font-size: 12px; font-weight: 700; fill: light-dark(${light}, ${dark})`,
      });
    });
    this.cross = crossMark();
    this.plane.element.append(...this.written, this.cross);
    withSteadyLetters(this.plane.element);
    this.plane.onMove(
      (numbers) => {
        const map = this.maps[this.state.map];
        this.set({ first: stepAt(map, numbers, 0), second: stepAt(map, numbers, 1) });
      },
      () => this.code(this.state),
    );

    this.picture = pixelPicture(
      say("The decoder draws"),
      say("The digit that the decoder draws there."),
    );
    withSteadyLetters(this.picture.element);
    // Wide enough for its caption; on a phone it has the sliders beside it.
    Object.assign(this.picture.element.style, {
      ...{ flex: "1 1 clamp(140px, 30vw, 230px)", minWidth: 0, maxWidth: "230px" },
    });

    const opening = clearestZero(this.maps[firstMap].weights, points) ?? start;
    const names = Object.keys(this.maps);
    const map = choice({
      label: say("map made by"),
      options: names.map((name) => [name, say(name)]),
      value: firstMap,
    });
    // A slider counts steps, so that both its ends are reached exactly.
    const [first, second] = [say("first number"), say("second number")].map((name, i) =>
      slider({
        ...{ label: name, min: 0, max: STEPS, step: 1 },
        value: stepAt(this.maps[firstMap], opening, i),
        format: (step) => decimal(numberAt(this.maps[map.value], i, step), 2),
      }),
    );
    // The same place has other numbers on another map.
    map.listen(() => [first, second].forEach(({ limit }) => limit(STEPS)));
    change(map.element, { class: "control choice wide" });
    this.sentence = html("p", { class: "wide muted", style: "margin: 0" });
    const sliders = html("div", {}, first.element, second.element);
    Object.assign(sliders.style, { display: "grid", gap: "10px", flex: "1 1 150px" });
    const beside = html("div", {}, this.picture.element, sliders);
    Object.assign(beside.style, {
      ...{ display: "flex", flexWrap: "wrap", gap: "14px" },
      ...{ alignItems: "center", justifyContent: "center" },
    });
    return {
      stage: [this.plane.element, beside],
      controls: [map, this.sentence],
      state: { map, first, second },
      hint: say("Drag the cross from a 0 to a 1"),
    };
  }

  /** The two numbers that the sliders say. */
  code({ map, first, second }) {
    return [first, second].map((step, i) => numberAt(this.maps[map], i, step));
  }

  update(state) {
    const map = this.maps[state.map];
    if (this.shown !== map) this.show(map);
    const code = this.code(state);
    const decode = decoderOf(map.weights);
    const image = decode(map.weights, code);
    const named = `(${decimal(code[0], 2)}, ${decimal(code[1], 2)})`;
    change(this.cross, { transform: `translate(${this.plane.place(code).join(" ")})` });
    this.picture.show(image);
    this.picture.caption(say("from {0}", named));
    const nearest = this.nearest(code, map);
    const drawn = say("The decoder draws the code {0}.", named);
    return {
      result: { code, image: [...image] },
      summary: nearest
        ? together(drawn, say("The nearest held-out digit on the map is a {0}.", nearest[0]))
        : drawn,
    };
  }

  /** Every digit goes to its place on the map; what would stand on another, or outside, fades. */
  show(map) {
    this.plane.rescale(map.low, map.high);
    const isMove = this.shown && !isStill.matches;
    this.shown = map;
    this.written.forEach((digit, i) => {
      const place = this.points[i][map.index + 1];
      digit.style.transition = isMove ? "transform 300ms, opacity 300ms" : "none";
      digit.style.opacity = place ? 1 : 0;
      if (!place) return;
      const [across, down] = this.plane.place(place);
      digit.style.transform = `translate(${across}px, ${down}px)`;
    });
    this.sentence.textContent = say(
      "On this map {0} of the held-out digits lie nearest to a training digit of their own class.",
      percent(map.share),
    );
  }

  /** The held-out digit next to a place on the map, undefined if there are none. */
  nearest(code, { index }) {
    const [x, y] = this.plane.place(code);
    let best;
    let least = Infinity;
    for (const point of this.points) {
      if (!point[index + 1]) continue;
      const [across, down] = this.plane.place(point[index + 1]);
      const distance = (across - x) ** 2 + (down - y) ** 2;
      if (distance < least) [best, least] = [point, distance];
    }
    return best;
  }
}

function numberAt({ low, range }, i, step) {
  return low[i] + (range[i] * step) / STEPS;
}

function stepAt({ low, range }, numbers, i) {
  return Math.round((STEPS * (numbers[i] - low[i])) / range[i]);
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
