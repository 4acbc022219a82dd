// The code of a place: below each other the waves that it is read from, and what the code has in
// common with those of all places. All of them have one axis, the places.

import { say } from "../text/words.js";
import { widthOf } from "./arcs.js";
import { change, drawing, label, onDrag, svg, withSteadyLetters, write } from "./markup.js";
import { decimal } from "./numbers.js";

const WAVES_WIDTH = 340;
const [WAVES_LEFT, WAVES_RIGHT] = [14, 262]; // of the first and the last place
const [SINE_END, COSINE_END] = [300, 339]; // where the numbers end
const WAVES_TOP = 52; // of the first wave, below the word and the headings
const WAVE_ROW = 25;
const AMPLITUDE = 9.5;
const FINEST = 8; // points of a wave between two places
const PRODUCT_HEIGHT = 84;
const PRODUCT_GAP = 34; // between the waves and the products, with a heading
const GRIP = 22; // how near to the word a finger takes hold of it

/**
 * `word` stands at the place; `frequencies` are those of the waves that are drawn, a sine and a cosine
 * each; `places` is how many there are. pick(place) is called where a pointer drags.
 * show({place, code, products, most, named, description}): `code` has each sine beside its cosine;
 * `products` are the dot products of the whole code with those of all places, `most` the greatest
 * there can be; `named` says which waves are seen.
 */
export function waveChart({ word, frequencies, places, pick }) {
  const acrossOf = (place) =>
    WAVES_LEFT + ((WAVES_RIGHT - WAVES_LEFT) * place) / Math.max(places - 1, 1);
  const middleOf = (wave) => WAVES_TOP + WAVE_ROW * (wave + 0.5);
  const bottom = WAVES_TOP + WAVE_ROW * frequencies.length;
  const productTop = bottom + PRODUCT_GAP;
  const axis = productTop + PRODUCT_HEIGHT;
  // `share` of the greatest product. It may be below 0; the codes of a sentence hardly get there.
  const heightOf = (share) => axis - 14 - (PRODUCT_HEIGHT - 22) * share;

  const curve = (values, heights) =>
    values.map((x, i) => `${i ? "L" : "M"}${x.toFixed(2)} ${heights[i].toFixed(2)}`).join("");
  const fine = Array.from({ length: FINEST * (places - 1) + 1 }, (_, i) => i / FINEST);
  const waves = [...frequencies].flatMap((frequency, wave) => {
    const drawn = (turn, look) =>
      svg("path", {
        d: curve(
          fine.map(acrossOf),
          fine.map((place) => middleOf(wave) - AMPLITUDE * turn(place * frequency)),
        ),
        ...{ fill: "none", "stroke-width": 1.4, ...look },
      });
    const y = middleOf(wave);
    return [
      svg("line", { x1: WAVES_LEFT, x2: WAVES_RIGHT, y1: y, y2: y, stroke: "var(--line)" }),
      drawn(Math.sin, { stroke: "var(--orange)" }),
      drawn(Math.cos, { stroke: "var(--blue)", "stroke-dasharray": "3 3" }),
    ];
  });
  const dots = [...frequencies].flatMap((_, wave) =>
    ["var(--orange)", "var(--blue)"].map((fill, part) =>
      svg("circle", { class: "glides", r: part ? 3 : 4, fill, "data-number": 2 * wave + part }),
    ),
  );
  const numbers = [...frequencies].flatMap((_, wave) =>
    [SINE_END, COSINE_END].map((x, part) =>
      label(x, middleOf(wave) + 4.5, "", "end", { class: part ? "cosine" : "sine" }),
    ),
  );
  const cursor = svg("path", {
    class: "cursor glides",
    ...{ stroke: "var(--mark)", "stroke-width": 1.5 },
  });
  const heading = label(WAVES_LEFT, WAVES_TOP - 8, "", "start", { class: "muted" });
  const greatest = label(WAVES_RIGHT + 6, heightOf(1) + 4.5, "", "start", { class: "muted" });
  const half = 0.54 * widthOf(word) + 8; // of the word's box; its letters are bold, and so wider
  const tag = svg(
    "g",
    { class: "tag glides" },
    svg("rect", {
      ...{ x: -half, y: 3, width: 2 * half, height: 22, rx: 6, fill: "var(--mark)" },
    }),
    label(0, 18.5, word, "middle", { class: "on", lang: "de" }),
  );
  const line = svg("path", {
    class: "products glides",
    ...{ fill: "none", stroke: "var(--green)", "stroke-width": 2 },
  });
  const points = Array.from({ length: places }, (_, place) =>
    svg("circle", { class: "product glides", cx: acrossOf(place), r: 2.2, fill: "var(--green)" }),
  );
  const ticks = Array.from({ length: places }, (_, place) => place)
    .filter((place) => place % 5 === 0)
    .map((place) => label(acrossOf(place), axis + 15, String(place), "middle", { class: "muted" }));
  const zero = heightOf(0);
  const element = drawing(
    WAVES_WIDTH,
    axis + 34,
    "",
    { class: "wave-chart" },
    label(SINE_END, WAVES_TOP - 8, say("sine"), "end", { class: "sine" }),
    label(COSINE_END, WAVES_TOP - 8, say("cosine"), "end", { class: "cosine" }),
    ...waves,
    svg("line", { x1: WAVES_LEFT, x2: WAVES_RIGHT, y1: zero, y2: zero, stroke: "var(--line)" }),
    label(WAVES_RIGHT + 6, zero + 4.5, "0", "start", { class: "muted" }),
    greatest,
    ...ticks,
    label((WAVES_LEFT + WAVES_RIGHT) / 2, axis + 31, say("place"), "middle", { class: "muted" }),
    cursor,
    heading,
    label(WAVES_LEFT, productTop - 8, say("dot product with the code of each place"), "start", {
      class: "muted",
    }),
    line,
    ...points,
    ...dots,
    ...numbers,
    tag,
  );
  element.style.cursor = "ew-resize";
  let now = 0;
  const placeAt = (x) => {
    const share = (x - WAVES_LEFT) / (WAVES_RIGHT - WAVES_LEFT);
    return Math.round(Math.min(Math.max(share, 0), 1) * (places - 1));
  };
  onDrag(element, {
    move: (x) => pick(placeAt(x)),
    grips: (x, y) => Math.hypot(x - acrossOf(now), y - 14) <= GRIP,
  });
  return {
    element: withSteadyLetters(element),
    show({ place, code, products, most, named, description }) {
      now = place;
      const x = acrossOf(place);
      change(element, { "aria-label": description });
      change(cursor, { d: `M${x} 25V${bottom}M${x} ${productTop}V${axis}` });
      write(heading, named);
      write(greatest, String(most));
      const within = Math.min(Math.max(x, half), WAVES_WIDTH - half);
      change(tag, { transform: `translate(${within} 0)` });
      code.forEach((value, i) => {
        change(dots[i], { cx: x, cy: middleOf(Math.floor(i / 2)) - AMPLITUDE * value });
        numbers[i].textContent = decimal(value, 2);
      });
      const heights = products.map((product) => heightOf(product / most));
      change(line, {
        d: curve(
          products.map((_, i) => acrossOf(i)),
          heights,
        ),
      });
      heights.forEach((height, i) => change(points[i], { cy: height, r: i === place ? 4.5 : 2.2 }));
    },
  };
}
