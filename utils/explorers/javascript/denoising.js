// Chapter 3: a digit under noise, held out of training or the reader's own, and what is made of it by
// one of the chapter's denoisers and by the best filter that knows no digits. Both run in the page.
//
// Data: {networks: [{name, encoder, decoder: packed ResidualEncoder and ResidualDecoder}, ...], the one
// shown first named in `first`; digits: packed (n, 28, 28), 0 to 255, one of each class in order;
// hopeless: {kind of noise: its greatest strength}; bm3d: {patchSize, groupSize, step, sigmas:
// {kind of noise: [[share of hopeless, what it was tuned to there], ...]}}}

import { button, menu, slider } from "./controls/controls.js";
import { inked, makePad } from "./controls/drawing_pad.js";
import { change, html } from "./drawing/markup.js";
import { percent } from "./drawing/numbers.js";
import { pixelPicture } from "./drawing/pixels.js";
import { define, Explorer, held } from "./element.js";
import { beside } from "./networks/beside.js";
import { BM3D_SOURCE, bm3d } from "./networks/bm3d.js";
import { decodePicture, encodePicture } from "./networks/convolutional.js";
import { generator } from "./networks/random.js";
import { psnr, readTensor, readWeights, row } from "./networks/tensors.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";

/** What a reader calls the kinds of noise. */
const KINDS = {
  Gaussian: say("Gaussian"),
  "salt and pepper": say("salt and pepper"),
  speckle: say("speckle"),
  "dropped pixels": say("dropped pixels"),
};
/** The kinds of noise of utils/images/noise.py. One draw for each pixel: uniform in [0, 1), or normal. */
const NOISE = {
  Gaussian: (pixel, strength, _uniform, normal) => pixel + strength * normal,
  "salt and pepper": (pixel, strength, uniform) => {
    if (uniform < strength / 2) return 1;
    return uniform < strength ? 0 : pixel;
  },
  speckle: (pixel, strength, _uniform, normal) => pixel * (1 + strength * normal),
  "dropped pixels": (pixel, strength, uniform) => (uniform < strength ? 0 : pixel),
};
const HAS_SIGMA = ["Gaussian", "speckle"];
const OWN = "own";
const TYPICAL = 7; // at the opening noise the network leads BM3D by about the mean of all digits

class Denoising extends Explorer {
  build(data) {
    this.networks = Object.fromEntries(
      data.networks.map(({ name, encoder, decoder }) => [
        name,
        { encoder: readWeights(encoder), decoder: readWeights(decoder) },
      ]),
    );
    this.digits = readTensor(data.digits);
    this.hopeless = data.hopeless;
    this.filter = data.bm3d;
    this.askFilter = beside(bm3d, BM3D_SOURCE);

    this.clean = pixelPicture(say("clean"), say("the clean digit"));
    this.pad = makePad(this.clean, {
      state: () => ({ isPad: this.state.digit === OWN, strokes: this.state.strokes }),
      draw: (strokes) => this.set({ strokes }),
    });
    this.noisy = pixelPicture(say("noisy"), say("the digit under noise"));
    this.network = pixelPicture(say("network"), say("what the network makes of the noisy digit"));
    this.bm3d = pixelPicture(
      say("BM3D, σ tuned"),
      say("what the filter BM3D makes of the noisy digit"),
    );
    const pictures = [this.clean, this.noisy, this.network, this.bm3d];
    for (const { element } of pictures)
      change(element, { style: "flex: 1 1 130px; max-width: 200px" });
    // Below the controls, which would move as the sentence grows.
    this.sentence = html("p", { class: "muted", style: "grid-column: 1 / -1; margin: 0" });

    const kinds = Object.keys(this.hopeless);
    const kind = menu({
      label: say("kind of noise"),
      options: kinds.map((name) => [name, KINDS[name]]),
      value: kinds[0],
    });
    const strength = slider({
      ...{ label: say("strength"), min: 0, max: 1, step: 0.05, value: 0.25 },
      format: (share) => inShort(kind.value, share * this.hopeless[kind.value]),
    });
    // The same share has other words for another kind.
    kind.listen(() => strength.limit(1));
    const heldOut = Array.from({ length: this.digits.shape[0] }, (_, i) => String(i));
    const digit = menu({
      label: say("digit"),
      options: [
        ...heldOut.map((i) => [i, say("a held-out {0}", i)]),
        [OWN, say("your own drawing")],
      ],
      value: heldOut[Math.min(TYPICAL, heldOut.length - 1)],
    });
    const network = menu({
      label: say("network"),
      options: Object.keys(this.networks).map((name) => [name, say(name)]),
      value: data.first,
    });
    this.own = button({
      label: say("draw a digit"),
      pressed: () => this.set({ digit: OWN, strokes: "" }),
    });
    const again = button({
      label: say("new noise"),
      pressed: () => this.set({ seed: this.state.seed + 1 }),
    });
    const controls = [digit, network, kind, strength, this.own, again];
    const panel = html("div", { class: "wide" }, ...controls.map(({ element }) => element));
    // Two beside each other on a phone as well, so that the pictures stay in sight.
    Object.assign(panel.style, {
      ...{ display: "grid", gap: "12px 10px", alignItems: "end" },
      gridTemplateColumns: "repeat(auto-fit, minmax(min(145px, 100%), 1fr))",
    });
    panel.append(this.sentence);
    return {
      stage: pictures,
      controls: [panel],
      state: { digit, network, kind, strength, strokes: held(""), seed: held(1) },
      hint: say("Turn the noise up, or draw a digit"),
    };
  }

  /** One number of each sort for every pixel. They stay the same while the strength is moved. */
  drawNoise(seed) {
    if (seed === this.seed) return;
    this.seed = seed;
    const next = generator(seed);
    const size = this.digits.data.length / this.digits.shape[0];
    this.uniform = Float32Array.from({ length: size }, next);
    // Box and Muller (1958); 1 - next() is never 0.
    this.normal = Float32Array.from(
      { length: size },
      () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    );
  }

  /** What BM3D is told of the noise: what it was tuned to, on a line between the strengths tried. */
  sigma(kind, share) {
    const tried = [[0, 0], ...this.filter.sigmas[kind]];
    const next = Math.max(
      tried.findIndex(([known]) => known >= share),
      1,
    );
    const [[low, from], [high, to]] = [tried[next - 1], tried[next]];
    return from + ((to - from) * (share - low)) / (high - low);
  }

  /**
   * What BM3D makes of a noisy picture, null if that has to wait. It takes longer than all the rest:
   * while a slider is moved, noise and network answer first, and BM3D's last picture stays.
   */
  filtered(key, noisy, sigma) {
    this.wanted = key;
    if (this.filteredLast?.key === key) return this.filteredLast.pixels;
    const keep = (pixels) => {
      this.filteredLast = { key, pixels };
      return pixels;
    };
    if (sigma <= 0) return keep(cut(noisy));
    if (!this.filteredLast) return keep(bm3d(noisy, sigma, this.filter));
    this.askFilter([noisy, sigma, this.filter], (pixels) => {
      if (this.wanted !== key) return; // meanwhile there is other noise, which has been answered
      keep(pixels);
      this.refresh();
    });
    return null;
  }

  /** The clean picture, and the noisy one; doing nothing but cut that is what denoisers have to beat. */
  spoiled(key, { digit, kind, strength, strokes, seed }) {
    if (this.spoiledLast?.key === key) return this.spoiledLast;
    this.drawNoise(seed);
    const spoil = NOISE[kind];
    const clean =
      digit === OWN ? inked(strokes) : row(this.digits, Number(digit)).map((value) => value / 255);
    const noisy = clean.map((pixel, i) => spoil(pixel, strength, this.uniform[i], this.normal[i]));
    this.spoiledLast = { key, clean, noisy, uncleaned: cut(noisy) };
    return this.spoiledLast;
  }

  /** What the network makes of it. */
  restoredBy(network, key, noisy) {
    const keyHere = `${network} ${key}`;
    if (this.restoredLast?.key !== keyHere) {
      const { encoder, decoder } = this.networks[network];
      const pixels = decodePicture(decoder, encodePicture(encoder, noisy));
      this.restoredLast = { key: keyHere, pixels };
    }
    return this.restoredLast.pixels;
  }

  update({ digit, network, kind, strength: share, strokes, seed }) {
    // From a share of hopeless to what utils/images/noise.py takes.
    const strength = share * this.hopeless[kind];
    const isOwn = digit === OWN;
    const key = JSON.stringify([digit, kind, share, strokes, seed]);
    const { clean, noisy, uncleaned } = this.spoiled(key, { digit, kind, strength, strokes, seed });
    const sigma = this.sigma(kind, share);
    const restored = { noisy: uncleaned, network: this.restoredBy(network, key, noisy) };
    this.clean.show(clean);
    const drawn = strokes ? say("your drawing") : say("draw a digit");
    this.clean.caption(isOwn ? drawn : say("held out of training"));
    this.pad.show();
    this.own.input.textContent = isOwn ? say("clear the pad") : say("draw a digit");
    this.noisy.show(noisy);
    this.network.show(restored.network);
    restored.BM3D = this.filtered(key, noisy, sigma);
    if (!restored.BM3D) return { ...this.last, result: { ...this.result, isLate: true } };
    const decibels = Object.fromEntries(
      Object.entries(restored).map(([name, pixels]) => [name, psnr(pixels, clean)]),
    );

    // Of empty paper nothing is better or worse.
    const isEmpty = isOwn && !strokes;
    const best = Math.max(...Object.values(decibels));
    const caption = (value) => {
      if (isEmpty) return "";
      const told = inDecibels(value);
      return value === best ? say("PSNR {0}, best", told) : say("PSNR {0}", told);
    };
    this.noisy.caption(caption(decibels.noisy));
    this.network.caption(caption(decibels.network));
    this.bm3d.show(restored.BM3D);
    this.bm3d.caption(caption(decibels.BM3D));
    this.sentence.textContent = inWords({
      decibels,
      isGone: share === 1 && !HAS_SIGMA.includes(kind),
      isEmpty,
    });
    this.last = {
      result: {
        ...{ strength, sigma, psnr: decibels },
        clean: Array.from(clean),
        uniform: Array.from(this.uniform),
        normal: Array.from(this.normal),
        noisy: Array.from(noisy),
        restored: { network: Array.from(restored.network), BM3D: Array.from(restored.BM3D) },
      },
      summary: isEmpty
        ? this.sentence.textContent
        : say(
            "{0}, {1}: noisy {2}, network ({3}) {4}, BM3D {5}.",
            ...[KINDS[kind], inShort(kind, strength), inDecibels(decibels.noisy)],
            ...[say(network), inDecibels(decibels.network), inDecibels(decibels.BM3D)],
          ),
    };
    return this.last;
  }
}

function cut(pixels) {
  return pixels.map((value) => Math.min(Math.max(value, 0), 1));
}

/** Who comes closest to the clean digit, and by how much, and who is further from it than the noisy. */
function inWords({ decibels, isGone, isEmpty }) {
  if (isEmpty)
    return say(
      "Draw a digit on the paper marked “clean”. As long as it is empty, what appears is made of noise.",
    );
  if (isGone)
    return say(
      "Every pixel is replaced: nothing of the digit is left, and what is drawn is a guess.",
    );
  const closest = closestInWords(decibels);
  const harm = harmInWords(decibels);
  return harm ? together(closest, harm) : closest;
}

function closestInWords({ noisy, network, BM3D }) {
  if (noisy === Infinity) return say("The noisy picture is the clean digit itself.");
  if (noisy >= Math.max(network, BM3D))
    return say("Closest to the clean digit: the noisy picture itself.");
  const lead = inDecibels(Math.abs(network - BM3D));
  const gain = inDecibels(Math.max(network, BM3D) - noisy);
  return network > BM3D
    ? say(
        "Closest to the clean digit: the network, {0} above BM3D and {1} above the noisy picture.",
        ...[lead, gain],
      )
    : say(
        "Closest to the clean digit: BM3D, {0} above the network and {1} above the noisy picture.",
        ...[lead, gain],
      );
}

function harmInWords({ noisy, network, BM3D }) {
  if (Math.max(network, BM3D) < noisy)
    return say("Here the network and BM3D do more harm than good.");
  if (network < noisy) return say("Here the network does more harm than good.");
  return BM3D < noisy ? say("Here BM3D does more harm than good.") : "";
}

/** σ, or the share of the pixels; there is no room for more beside the slider. */
function inShort(kind, strength) {
  if (HAS_SIGMA.includes(kind)) return `σ = ${strength.toFixed(2)}`;
  return percent(strength);
}

function inDecibels(value) {
  return value === Infinity ? say("no error") : `${value.toFixed(1)} dB`;
}

define("book-denoising", Denoising);
