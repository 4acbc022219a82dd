// Chapter 2: which cells of the code a pixel is painted from, and which pixels a cell paints, for
// decoders of the chapter. They run in the page, and so do their derivatives.
//
// Data: {networks: [{name, kind: a key of LAYERS, decoder: packed weights, codes: packed
// (digits, channels, height, width), decibels: of all held-out digits, on average}, ...]}

import { choice, slider } from "./controls/controls.js";
import { board, onPointing } from "./drawing/boards.js";
import { change, drawing, html, label, svg, withSteadyLetters } from "./drawing/markup.js";
import { define, Explorer, held } from "./element.js";
import {
  cellsBehind,
  componentLayers,
  patchLayers,
  pixelsPainted,
  plainLayers,
  residualLayers,
} from "./networks/slopes.js";
import { readTensor, readWeights, row } from "./networks/tensors.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";

const LAYERS = {
  plain: plainLayers,
  patches: patchLayers,
  residual: residualLayers,
  components: componentLayers,
};
const PICTURE = 28; // pixels along a side
const [WIDTH, HEIGHT, BOARD_SIZE, BOARD_TOP] = [340, 190, 140, 24];
const LEFTS = [4, 196]; // of the copy and of the code
const CODE = [192, 77, 0]; // the code's colour in the book
const FAINTEST = 0.14; // of what is reached at all; the strongest is 1
const PALE = 0.3; // what is left of the ink below what a cell paints

// What is said where a code is made of cells, and where it is numbers without places.
const OF_CELLS = {
  here: say("this cell"),
  nothing: say("For this digit, ReLUs let nothing through."),
  title: (side) => say("code: {0} × {0} cells", side),
  name: (where) => say("cells of the code: {0}; arrow keys point", where),
  counted: (reached, all) => say("{0} of {1} cells", reached, all),
  behind: (counted, numbers) =>
    say("This pixel is painted from {0}, {1} numbers.", counted, numbers),
  paints: (counted) => say("This cell paints {0}.", counted),
};
const OF_NUMBERS = {
  here: say("this number"),
  nothing: say("No training digit has ink here."),
  title: (side) => say("code: {0} numbers", side ** 2),
  name: (where) => say("numbers of the code: {0}; arrow keys point", where),
  counted: (reached, all) => say("{0} of {1} numbers", reached, all),
  behind: (counted) => say("This pixel is painted from {0}.", counted),
  paints: (counted) => say("This number paints {0}.", counted),
};

class ReceptiveField extends Explorer {
  build({ networks }) {
    this.networks = Object.fromEntries(
      networks.map(({ name, kind, decoder, codes, decibels }) => [
        name,
        { layers: LAYERS[kind](readWeights(decoder)), codes: readTensor(codes), decibels },
      ]),
    );
    const names = Object.keys(this.networks);
    const count = this.networks[names[0]].codes.shape[0];
    const network = choice({
      label: say("which decoder paints"),
      options: names.map((name) => [name, say(name)]),
      value: names[0],
    });
    change(network.element, { class: "control choice wide" });
    const digit = slider({
      ...{
        label: say("held-out digit"),
        min: 0,
        max: count - 1,
        step: 1,
        value: Math.min(3, count - 1),
      },
      format: (i) => say("{0} of {1}", i + 1, count),
    });
    change(digit.element, { class: "control wide" });

    const place = { top: BOARD_TOP, size: BOARD_SIZE };
    [this.copy, this.code] = LEFTS.map((left) => board({ left, ...place }));
    const text = (y, look) =>
      LEFTS.map((left) => label(left + BOARD_SIZE / 2, y, "", "middle", look));
    this.titles = text(15, {});
    this.counts = text(BOARD_TOP + BOARD_SIZE + 19, { class: "muted" });
    const look = { stroke: `rgb(${CODE})`, "stroke-width": 1.5, "pointer-events": "none" };
    this.reach = svg("rect", { ...look, fill: "none", rx: 1.5 });
    this.beam = svg("path", {
      ...look,
      "stroke-width": 0.75,
      fill: `rgb(${CODE})`,
      "fill-opacity": 0.1,
    });
    const view = drawing(
      WIDTH,
      HEIGHT,
      say("a digit’s copy, of 28 by 28 pixels, and the code that it is painted from"),
      { role: "group", style: "max-width: 520px" },
      ...this.titles,
      this.copy.element,
      this.code.element,
      this.beam,
      this.reach,
      ...this.counts,
    );
    withSteadyLetters(view);
    onPointing(
      view,
      [
        ["pixel", this.copy],
        ["cell", this.code],
      ].map(([pointed, board]) => ({
        board,
        place: () => this.placeOf(pointed),
        point: (place) => this.set({ pointed, [pointed]: place }),
      })),
      (board) => board === (this.state.pointed === "cell" ? this.code : this.copy),
    );
    // Both have room for their longest text, so that no control moves.
    this.sentence = html("p", { class: "wide said", style: "text-align: center" });
    this.quality = html("p", { class: "wide said muted" });
    return {
      stage: [html("style", {}, ".said { margin: 0; min-height: 2.9em; }"), view],
      controls: [this.sentence, network, this.quality, digit],
      state: {
        ...{ network, digit },
        ...{ pointed: held("pixel"), pixel: held([13, 13]), cell: held([3, 3]) },
      },
      hint: say("Point at a pixel, or at a cell"),
    };
  }

  /** [x, y] of the pixel or cell pointed at, cut to those there are. */
  placeOf(pointed) {
    const side = pointed === "cell" ? this.sideOfCode : PICTURE;
    return [0, 1].map((i) =>
      Math.min(Math.max(Math.round(this.state[pointed][i] ?? 0), 0), side - 1),
    );
  }

  /** The decoder of a network around the code of one digit. */
  lookAt({ network, digit }) {
    const key = `${network} ${digit}`;
    if (this.key === key) return;
    this.key = key;
    const { layers, codes } = this.networks[network];
    this.numbers = { shape: codes.shape.slice(1), data: row(codes, digit) };
    this.pass = layers(this.numbers);
    this.sideOfCode = codes.shape[3];
  }

  update(state) {
    this.lookAt(state);
    const { pass, numbers } = this;
    const [channels, side] = numbers.shape;
    const isPixel = state.pointed !== "cell";
    const place = this.placeOf(isPixel ? "pixel" : "cell");
    const strengths = isPixel ? cellsBehind(pass, place) : pixelsPainted(pass, numbers, place);
    const copy = pass.output.data;
    this.draw(isPixel, place, side, copy, strengths);

    const reached = strengths.filter((strength) => strength > 0).length;
    const words = channels === 1 ? OF_NUMBERS : OF_CELLS;
    const counted = isPixel
      ? words.counted(reached, side ** 2)
      : say("{0} of {1} pixels", reached, PICTURE ** 2);
    this.titles[0].textContent = say("copy: 28 × 28 pixels");
    this.titles[1].textContent = words.title(side);
    this.counts[0].textContent = isPixel ? say("this pixel") : counted;
    this.counts[1].textContent = isPixel ? counted : words.here;
    const said = isPixel ? words.behind(counted, channels * reached) : words.paints(counted);
    this.sentence.textContent = together(
      said,
      reached ? say("The darker, the stronger.") : words.nothing,
    );
    this.quality.textContent = this.inDecibels(state.network);
    const where = ([x, y]) => say("row {0}, column {1}", y + 1, x + 1);
    this.copy.name(say("pixels of the copy: {0}; arrow keys point", where(this.placeOf("pixel"))));
    this.code.name(words.name(where(this.placeOf("cell"))));
    return {
      result: {
        ...{ pointed: isPixel ? "pixel" : "cell", place, reached },
        ...{ strengths: Array.from(strengths), copy: Array.from(copy) },
      },
      summary: say("{0}, {1}: {2}", say(state.network), where(place), said),
    };
  }

  /** How near the copies of a decoder come to the digits, and the best ones. */
  inDecibels(network) {
    const all = Object.entries(this.networks).map(([name, { decibels }]) => [decibels, name]);
    const [most, best] = all.toSorted(([one], [other]) => other - one)[0];
    const reached = this.networks[network].decibels.toFixed(1);
    return network === best
      ? say(
          "On held-out digits its copies have a PSNR of {0} dB on average (the most of all): the higher, the nearer to the original.",
          reached,
        )
      : say(
          "On held-out digits its copies have a PSNR of {0} dB on average ({1} {2} dB): the higher, the nearer to the original.",
          ...[reached, say(best), most.toFixed(1)],
        );
  }

  draw(isPixel, place, side, copy, strengths) {
    const most = Math.max(...strengths);
    const shares = Array.from(strengths, (strength) =>
      strength > 0 ? FAINTEST + (1 - FAINTEST) * (strength / most) : 0,
    );
    const paper = new Array(side ** 2).fill(0);
    const colours = (inks, shares) => Array.from(inks, (ink, i) => mixed(ink, shares?.[i] ?? 0));
    if (isPixel) {
      this.copy.show(PICTURE, colours(copy));
      this.code.show(side, colours(paper, shares));
    } else {
      this.copy.show(
        PICTURE,
        colours(
          copy.map((ink) => PALE * ink),
          shares,
        ),
      );
      this.code.show(side, colours(paper));
    }
    const [from, to] = isPixel ? [this.copy, this.code] : [this.code, this.copy];
    from.mark(place);
    to.mark(null);

    const box = boundsOf(strengths, isPixel ? side : PICTURE);
    change(this.reach, { display: box ? null : "none" });
    change(this.beam, { display: box ? null : "none" });
    if (!box) return; // a ReLU lets nothing through
    const [start, end] = [from.boxOf([...place, 1, 1]), to.boxOf(box)];
    change(this.reach, end);
    // From the side of one that faces the other.
    const [out, into] = isPixel ? [start.x + start.width, end.x] : [start.x, end.x + end.width];
    change(this.beam, {
      d:
        `M${out} ${start.y} L${into} ${end.y} V${end.y + end.height} ` +
        `L${out} ${start.y + start.height} Z`,
    });
  }
}

/** [red, green, blue] of ink on white paper, under so much of the code's colour. */
function mixed(ink, share) {
  const grey = 255 * (1 - Math.min(Math.max(ink, 0), 1));
  return CODE.map((channel) => Math.round(grey + share * (channel - grey)));
}

/** [x, y, width, height] of what is not zero; null if all is. */
function boundsOf(strengths, side) {
  const reached = [...strengths.keys()].filter((at) => strengths[at] > 0);
  if (reached.length === 0) return null;
  const across = reached.map((at) => at % side);
  const down = reached.map((at) => Math.floor(at / side));
  const [x, y] = [Math.min(...across), Math.min(...down)];
  return [x, y, Math.max(...across) - x + 1, Math.max(...down) - y + 1];
}

define("book-receptive-field", ReceptiveField);
