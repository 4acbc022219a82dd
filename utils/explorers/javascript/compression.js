// Chapter 2: a digit, its code of 7 x 7 x 4 numbers, and what is restored of it, from fewer
// channels and fewer bits; a digit of the reader's own as well. The networks run in the page. Beside
// them, what rivals make of the same digit.
//
// Data: {encoder, decoder: packed ResidualEncoder and ResidualDecoder; digits: packed (n, 28, 28),
// 0 to 255; order: channels, the most telling first; means: packed (4, 7, 7), of training codes;
// quantisers: {"1": {low, high: packed (4,), frequencies: packed (4, 7, 7, 2^bits)}, ..., "8"};
// curves: for each digit {network: for each number of channels kept [[bytes, dB], ...], the fewest
// bits first; and by name those of rivals}}

import { button, choice, slider } from "./controls/controls.js";
import { centred, inked, isOffCentre, makePad, SPIRAL } from "./controls/drawing_pad.js";
import { around, change, drawing, html, label, svg } from "./drawing/markup.js";
import { greySquare, pixelPicture } from "./drawing/pixels.js";
import { besideOneAnother, NETWORK, rateChart, readOff, rivalsAt } from "./drawing/rate_chart.js";
import { isNarrow } from "./drawing/room.js";
import { define, Explorer, held } from "./element.js";
import { decodePicture, encodePicture } from "./networks/convolutional.js";
import { psnr, readTensor, readWeights, row } from "./networks/tensors.js";
import { enumerated, together } from "./text/joined.js";
import { say } from "./text/words.js";

const HELD_OUT = "held-out";
const OWN = "own";
const NO_CURVES = {}; // of a drawing
const ASIDE = say(
  "MNIST’s digits have the middle of their ink at the middle of the picture; yours has not. “centre the ink” moves it there, and the bytes change.",
);
const MEASURED = say(
  "PSNR says in decibels how near the restored picture comes to the original: the more, the nearer.",
);
const COUNTED = say(
  "Bytes of network and PCA are an ideal packer’s, those of WebP a 64th of a file of 64 copies.",
);

// Pictures two by two on a phone, else in a row, where the chart takes what is left.
const RATES_STYLE = `
  .panel .stage > svg { flex: 1 1 140px; max-width: 160px; }
  .panel .stage > svg.rates { max-width: 320px; }
  .rates { margin: 0; min-height: 1.45em; }
  .of-pad { flex-wrap: wrap; gap: 8px; }
  .of-pad > * { flex: 1 1 130px; }
  @media (max-width: 480px) {
    .of-pad > * { flex-basis: 90px; }
    .of-pad button { padding-inline: 2px; font-size: 13.5px; white-space: nowrap; }
    .rates { min-height: 2.9em; }
    .measured { display: none; } /* all else has to be on one screen */
    .stage { gap: 6px 14px; }
    .panel .stage > svg:not(.rates) { max-width: 150px; }
    /* Two sliders in a row: pictures, controls and sentence are on one screen. */
    .controls { grid-template-columns: 1fr 1fr; gap: 8px 18px; margin-top: 8px; }
    .controls > :is(.choice, .choice + .control) { grid-column: 1 / -1; }
    .sentence { font-size: 14px; line-height: 1.35; }
  }
`;

class Compression extends Explorer {
  build(data) {
    this.encoder = readWeights(data.encoder);
    this.decoder = readWeights(data.decoder);
    this.digits = readTensor(data.digits);
    this.order = data.order;
    this.means = readTensor(data.means);
    this.quantisers = Object.fromEntries(
      Object.entries(data.quantisers).map(([bits, packed]) => [bits, readWeights(packed)]),
    );

    this.original = pixelPicture(say("original"), say("the picture to be compressed"));
    const draw = (strokes) => this.set({ strokes });
    this.pad = makePad(this.original, {
      state: () => ({ isPad: this.state.picture === OWN, strokes: this.state.strokes }),
      draw,
    });
    this.code = codeTiles();
    this.restored = pixelPicture(
      say("restored"),
      say("the picture that the decoder restores from the code"),
    );
    this.curves = data.curves;
    this.rates = rateChart();
    // Two lines on a phone, one else; also while there is nothing to say, so that no control moves.
    this.beside = html("p", { class: "wide rates" });
    // Below the sliders, which would move as the sentence grows.
    this.sentence = html("p", { class: "wide muted sentence", style: "margin: 0" });
    this.measured = html("p", { class: "wide muted measured", style: "margin: 0" }, MEASURED);

    const { shape } = this.digits;
    const picture = choice({
      label: say("picture"),
      options: [
        [HELD_OUT, say("a held-out digit")],
        [OWN, say("your own drawing")],
      ],
      value: HELD_OUT,
    });
    const choices = Object.keys(this.quantisers).map(Number);
    const opening = Math.min(4, ...choices.slice(-1)); // bits per number
    this.digit = slider({
      ...{ label: say("digit"), min: 0, max: shape[0] - 1, step: 1 },
      value: typical(this.curves, choices.indexOf(opening)),
      format: (i) => say("{0} of {1}", i + 1, shape[0]),
    });
    const kept = slider({
      ...{ label: say("channels kept"), min: 1, max: this.order.length, step: 1 },
      value: this.order.length,
      format: (kept) => say("{0} of {1}", kept, this.order.length),
    });
    const bits = slider({
      ...{ label: say("bits per number"), min: Math.min(...choices), max: Math.max(...choices) },
      ...{ step: 1, value: opening },
      // On a phone, where two sliders share a row, the sentence alone tells the levels.
      format: (bits) => (isNarrow() ? String(bits) : say("{0} ({1} levels)", bits, 2 ** bits)),
    });
    const buttons = [
      button({ label: say("clear the pad"), pressed: () => draw("") }),
      button({ label: say("centre the ink"), pressed: () => draw(centred(this.state.strokes)) }),
      button({ label: say("draw a spiral"), pressed: () => draw(SPIRAL) }),
    ];
    this.buttons = html(
      "div",
      { class: "control wide of-pad" },
      ...buttons.map(({ element }) => element),
    );
    const { digit } = this;
    return {
      stage: [html("style", {}, RATES_STYLE), this.original, this.code, this.restored, this.rates],
      // What is tried first stands next to the pictures: on a phone they are seen together.
      controls: [
        this.beside,
        bits,
        kept,
        picture,
        digit,
        this.buttons,
        this.sentence,
        this.measured,
      ],
      state: { picture, digit, kept, bits, strokes: held("") },
      hint: say("Take bits away, one by one"),
    };
  }

  update(state) {
    const isOwn = state.picture === OWN;
    this.digit.element.hidden = isOwn;
    this.buttons.style.display = isOwn ? "flex" : "none";
    this.pad.show();
    const original = isOwn
      ? inked(state.strokes)
      : row(this.digits, state.digit).map((value) => value / 255);
    const isEmpty = !original.some((ink) => ink > 0);
    this.original.show(original);
    return isEmpty ? this.showNothing(original) : this.compress(original, isOwn, state);
  }

  /** White paper has no digit to compress, and the quality of nothing is no number. */
  showNothing(original) {
    for (const { caption } of [this.original, this.code, this.restored]) caption("");
    this.code.clear();
    this.restored.show(original);
    this.rates.show({});
    this.beside.textContent = "";
    this.sentence.textContent = say(
      "Draw on the empty paper above, or let a spiral be drawn: look at the bytes, and at how many decibels they buy.",
    );
    return {
      result: { original: Array.from(original), bytes: null, psnr: null },
      summary: say("The pad is empty: draw on it, or let a spiral be drawn."),
    };
  }

  /** Those of a digit, the same object each time. */
  curvesOf(digit, kept) {
    const all = this.curves[digit];
    this.known ??= {};
    this.known[`${digit} ${kept}`] ??= { ...all, [NETWORK]: all[NETWORK][kept - 1] };
    return this.known[`${digit} ${kept}`];
  }

  /** The code of a picture, computed once as long as the picture is the same. */
  encodedOf(original, name) {
    if (this.encodedLast?.name !== name)
      this.encodedLast = { name, code: encodePicture(this.encoder, original) };
    return this.encodedLast.code;
  }

  compress(original, isOwn, { digit, kept, bits, strokes }) {
    const quantiser = this.quantisers[bits];
    const encoded = this.encodedOf(original, isOwn ? strokes : String(digit));
    const { code, channelBytes } = compressed(
      encoded,
      this.order.slice(0, kept),
      this.means,
      quantiser,
    );
    const restored = decodePicture(this.decoder, code);
    const bytes = channelBytes.reduce((a, b) => a + b, 0);
    const decibels = psnr(restored, original);
    const point = [bytes, decibels];
    const all = isOwn ? {} : this.curves[digit];
    const curves = isOwn ? NO_CURVES : this.curvesOf(digit, kept);

    this.original.caption(say("{0} bytes", original.length));
    // The range of the finest levels, so that a number keeps its grey when the levels change.
    this.code.show(code, channelBytes, this.order, kept, Object.values(this.quantisers).at(-1));
    this.code.caption(say("in all {0} bytes", bytes.toFixed(1)));
    this.restored.show(restored);
    this.restored.caption(say("PSNR {0} dB", decibels.toFixed(1)));
    this.rates.show({ curves, others: all[NETWORK], point });
    const sizes = besideOneAnother(point, curves);
    this.beside.replaceChildren(
      ...(isOwn ? around(say("{0} WebP and PCA are not in the page."), sizes) : sizes),
    );
    const dropped = this.order.length - kept;
    const said = [
      say(
        "{0} times smaller: each of the {1} numbers kept is rounded to one of {2} levels, and a frequent level costs less than a rare one.",
        ...[Math.round(original.length / bytes), 49 * kept, 2 ** bits],
      ),
    ];
    if (dropped)
      said.push(say("What is dropped, the decoder takes to be as on average: that is free."));
    if (!isOwn) said.push(COUNTED);
    else if (isOffCentre(original)) said.push(ASIDE);
    this.sentence.textContent = together(...said);
    return {
      result: {
        original: Array.from(original),
        encoded: Array.from(encoded.data),
        code: Array.from(code.data),
        restored: Array.from(restored),
        channelBytes,
        bytes,
        psnr: decibels,
        curves,
      },
      summary: inWords(
        ...[isOwn ? say("Your drawing") : say("Digit {0}", digit + 1), bytes, decibels],
        rivalsAt(curves, bytes),
      ),
    };
  }
}

/** The digit whose lead over WebP, by a full code at this place of its curve, is the median. */
function typical(curves, place) {
  const leads = curves.flatMap(({ [NETWORK]: network, WebP }, digit) => {
    const [bytes, decibels] = network.at(-1)[place];
    const rival = readOff(WebP, bytes);
    return rival === null ? [] : [[decibels - rival, digit]];
  });
  leads.sort(([a], [b]) => a - b);
  return leads[Math.floor(leads.length / 2)]?.[1] ?? 0;
}

/** With the rivals, such as "by WebP at 25.6"; of no file that is so small or so large nothing is said. */
function inWords(picture, bytes, decibels, rivals) {
  const others = rivals
    .filter(([, reached]) => reached !== null)
    .map(([name, reached]) => say("by {0} at {1}", name, reached.toFixed(1)));
  const reached = [picture, bytes.toFixed(1), decibels.toFixed(1)];
  return others.length
    ? say("{0} in {1} bytes, restored at {2} decibels, {3}.", ...reached, enumerated(others))
    : say("{0} in {1} bytes, restored at {2} decibels.", ...reached);
}

/**
 * What is left of a code: the kept channels rounded to the quantiser's levels, the others at their
 * means. channelBytes is what each channel takes, in an ideal file: -log2 of the probability that
 * its level has at its place. What is dropped takes nothing.
 */
function compressed(encoded, keptChannels, means, { low, high, frequencies }) {
  const { shape, data } = encoded;
  const places = shape[1] * shape[2];
  const levels = frequencies.shape[3];
  const code = Float32Array.from(means.data);
  const channelBytes = new Array(shape[0]).fill(0);
  for (const channel of keptChannels) {
    const step = (high.data[channel] - low.data[channel]) / (levels - 1);
    for (let at = channel * places; at < (channel + 1) * places; at++) {
      const nearest = Math.round((data[at] - low.data[channel]) / (step || 1));
      const level = Math.min(Math.max(nearest, 0), levels - 1);
      code[at] = low.data[channel] + level * step;
      const counts = frequencies.data.subarray(at * levels, (at + 1) * levels);
      const total = counts.reduce((a, b) => a + b, 0);
      channelBytes[channel] -= Math.log2(counts[level] / total) / 8;
    }
  }
  return { code: { shape, data: code }, channelBytes };
}

/** The code as four maps, the most telling first; dropped ones are crossed out. */
function codeTiles() {
  const tiles = [0, 1, 2, 3].map((i) => {
    const [x, y] = [20 + 66 * (i % 2), 22 + 74 * Math.floor(i / 2)];
    const { element: map, show: paint } = greySquare({ side: 7, x, y, size: 56 });
    const cross = svg("path", {
      d: `M${x} ${y} l56 56 m0 -56 l-56 56`,
      ...{ stroke: "var(--mark)", "stroke-width": 2.5, "stroke-linecap": "round" },
    });
    const frame = svg("rect", {
      ...{ x: x - 0.5, y: y - 0.5, width: 57, height: 57, fill: "none", stroke: "var(--muted)" },
    });
    return { paint, map, cross, frame, under: label(x + 28, y + 69, "", "middle") };
  });
  const total = label(80, 180, "", "middle", { class: "muted" });
  const element = drawing(
    160,
    188,
    say("the code: four maps of 7 by 7 numbers, light for low and dark for high"),
    {},
    label(80, 15, say("code: 7 × 7 × 4"), "middle"),
    ...tiles.flatMap(({ map, frame, cross, under }) => [map, frame, cross, under]),
    total,
  );
  return {
    element,
    /** Greys run from the lowest to the highest of `range`, for each channel by itself. */
    show({ data }, channelBytes, order, kept, { low, high }) {
      tiles.forEach(({ paint, map, cross, under }, i) => {
        const channel = order[i];
        const span = high.data[channel] - low.data[channel] || 1;
        const numbers = data.subarray(49 * channel, 49 * (channel + 1));
        paint(numbers.map((number) => (number - low.data[channel]) / span));
        const isKept = i < kept;
        change(map, { opacity: isKept ? 1 : 0.3 });
        cross.style.display = isKept ? "none" : "";
        under.textContent = isKept ? `${channelBytes[channel].toFixed(1)} B` : say("dropped");
      });
    },
    clear() {
      for (const { paint, cross, under } of tiles) {
        paint(new Float32Array(49));
        cross.style.display = "none";
        under.textContent = "";
      }
    },
    caption(text) {
      total.textContent = text;
    },
  };
}

define("book-compression", Compression);
