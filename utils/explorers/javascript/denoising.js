// Chapter 3: a held-out digit under noise, and what the chapter's denoisers, which run in the page,
// make of it.
//
// Data: {networks: [{name, encoder, decoder: packed ResidualEncoder and ResidualDecoder}, ...],
// digits: packed (n, 28, 28), 0 to 255; hopeless: {kind of noise: its greatest strength}}

import { button, choice, slider } from "./controls.js";
import { decodePicture, encodePicture } from "./convolutional.js";
import { define, Explorer, held } from "./element.js";
import { change, html } from "./markup.js";
import { percent } from "./numbers.js";
import { pixelPicture } from "./pixels.js";
import { generator } from "./random.js";
import { psnr, readTensor, readWeights, row } from "./tensors.js";

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

class Denoising extends Explorer {
  build(data) {
    this.networks = data.networks.map(({ name, encoder, decoder }) => ({
      name,
      encoder: readWeights(encoder),
      decoder: readWeights(decoder),
      picture: pixelPicture(name, `what the denoiser makes of the noisy digit: ${name}`),
    }));
    this.digits = readTensor(data.digits);
    this.hopeless = data.hopeless;

    this.clean = pixelPicture("clean", "the clean digit");
    this.noisy = pixelPicture("noisy", "the digit under noise");
    const pictures = [this.clean, this.noisy, ...this.networks.map(({ picture }) => picture)];
    for (const { element } of pictures)
      change(element, { style: "flex: 1 1 130px; max-width: 200px" });
    // Below the sliders, which would move as the sentence grows.
    this.sentence = html("p", { class: "wide muted", style: "margin: 0" });

    const count = this.digits.shape[0];
    const kind = choice({
      label: "kind of noise",
      options: Object.keys(this.hopeless).map((kind) => [kind, kind]),
      value: Object.keys(this.hopeless)[0],
    });
    const strength = slider({
      ...{ label: "strength", min: 0, max: 1, step: 0.05, value: 0.25 },
      format: (share) => strengthInWords(kind.value, share * this.hopeless[kind.value]),
    });
    // The same share has other words for another kind.
    kind.listen(() => strength.limit(1));
    const digit = slider({
      ...{ label: "digit", min: 0, max: count - 1, step: 1, value: Math.min(3, count - 1) },
      format: (i) => `${i + 1} of ${count}`,
    });
    const again = button({
      label: "new noise",
      pressed: () => this.set({ seed: this.state.seed + 1 }),
    });
    change(kind.element, { class: "control choice wide" });
    return {
      stage: pictures,
      controls: [kind, strength, digit, again, this.sentence],
      state: { kind, strength, digit, seed: held(1) },
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

  update({ kind, strength: share, digit, seed }) {
    this.drawNoise(seed);
    // From a share of hopeless to what utils/images/noise.py takes.
    const strength = share * this.hopeless[kind];
    const spoil = NOISE[kind];
    const clean = row(this.digits, digit).map((value) => value / 255);
    const noisy = clean.map((pixel, i) => spoil(pixel, strength, this.uniform[i], this.normal[i]));
    // Doing nothing but cut to [0, 1] is what every denoiser has to beat.
    const decibels = {
      noisy: psnr(
        noisy.map((value) => Math.min(Math.max(value, 0), 1)),
        clean,
      ),
    };
    const restored = {};
    for (const { name, encoder, decoder } of this.networks) {
      restored[name] = decodePicture(decoder, encodePicture(encoder, noisy));
      decibels[name] = psnr(restored[name], clean);
    }

    const best = Math.max(...Object.values(decibels));
    const caption = (value) => inDecibels(value) + (value === best ? ", best" : "");
    this.clean.show(clean);
    this.clean.caption("held out of training");
    this.noisy.show(noisy);
    this.noisy.caption(caption(decibels.noisy));
    for (const { name, picture } of this.networks) {
      picture.show(restored[name]);
      picture.caption(caption(decibels[name]));
    }
    const closest = Object.keys(decibels).find((name) => decibels[name] === best);
    const gain = inDecibels(best - decibels.noisy);
    const isGone = share === 1 && !HAS_SIGMA.includes(kind);
    this.sentence.textContent = isGone
      ? "Every pixel is replaced: nothing of the digit is left, and what is drawn is a guess."
      : closest === "noisy"
        ? "Closest to the clean digit: the noisy picture itself. Here the networks do more harm " +
          "than good."
        : `Closest to the clean digit: “${closest}”, ${gain} above the noisy picture.`;
    const parts = this.networks.map(({ name }) => `${name} ${inDecibels(decibels[name])}`);
    return {
      result: {
        strength,
        clean: Array.from(clean),
        uniform: Array.from(this.uniform),
        normal: Array.from(this.normal),
        noisy: Array.from(noisy),
        restored: Object.fromEntries(
          Object.entries(restored).map(([name, pixels]) => [name, Array.from(pixels)]),
        ),
        psnr: decibels,
      },
      summary:
        `${kind}, ${strengthInWords(kind, strength)}: noisy ${inDecibels(decibels.noisy)}, ` +
        `denoised ${parts.join(", ")}.`,
    };
  }
}

function strengthInWords(kind, strength) {
  if (HAS_SIGMA.includes(kind)) return `σ = ${strength.toFixed(2)}`;
  return `${percent(strength)} of the pixels`;
}

function inDecibels(value) {
  return value === Infinity ? "no error" : `${value.toFixed(1)} dB`;
}

define("book-denoising", Denoising);
