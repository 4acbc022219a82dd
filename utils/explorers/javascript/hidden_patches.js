// Chapter 7: a held-out digit of which a reader hides patches, and what a masked autoencoder makes of
// those that are left.
//
// Data: {network, as pack_masked_autoencoder of utils/explorers/packed_transformers.py packed it; digits:
// packed (n, 28, 28), 0 to 255; labels: which digit each is; digit: which one is seen first; hidden: the
// places of the patches that are hidden first, row by row; share: of all patches, how many a button
// hides at random, as many as in training}

import { button, menu } from "./controls/controls.js";
import { patchCover } from "./controls/patch_cover.js";
import { html, withSteadyLetters, write } from "./drawing/markup.js";
import { percent } from "./drawing/numbers.js";
import { pixelPicture } from "./drawing/pixels.js";
import { define, Explorer, held } from "./element.js";
import { fromPatches, restorePatches, toPatches } from "./networks/masked_autoencoder.js";
import { psnr, readTensor, readWeights, row } from "./networks/tensors.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";

const PATCHES_STYLE = `
  .stage > svg.small { flex: 1 1 130px; max-width: 220px; }
  .stage > svg.masked { max-width: 260px; flex-grow: 1.4; }
  .stage > .told { flex-basis: 100%; min-height: 2.9em; }
  .tools { display: grid; gap: 12px 10px; align-items: end;
    grid-template-columns: repeat(auto-fit, minmax(min(145px, 100%), 1fr)); }
  @media (max-width: 480px) {
    .stage { gap: 4px; }
    .stage > svg.masked { flex-basis: 230px; }
    .stage > .told { min-height: 4.4em; }
  }
`;

class HiddenPatches extends Explorer {
  build(data) {
    this.network = { ...data.network, weights: readWeights(data.network.weights) };
    this.digits = readTensor(data.digits);
    this.side = this.digits.shape[1];
    this.columns = this.side / data.network.patch_size;
    this.count = this.columns ** 2;
    this.masked = pixelPicture(say("what it sees"), say("the digit, some patches hidden"));
    this.restored = pixelPicture(
      say("what it restores"),
      say("the digit with its hidden patches restored"),
    );
    this.whole = pixelPicture(say("the truth"), say("the whole digit"));
    this.masked.element.setAttribute("role", "group");
    this.masked.element.classList.add("masked");
    this.cover = patchCover(this.masked.element, {
      ...{ left: 10, top: 22, size: 140, columns: this.columns },
      turn: (place, isHidden) => this.#turn(place, isHidden),
      goTo: (place) => this.set({ place }),
    });
    const digit = menu({
      label: say("digit"),
      options: data.labels.map((label, i) => [String(i), say("a held-out {0}", label)]),
      value: String(data.digit),
    });
    const most = Math.round(data.share * this.count);
    const random = button({
      label: say("hide {0} at random", percent(data.share)),
      pressed: () => this.set({ hidden: drawn(this.count, most) }),
    });
    const none = button({ label: say("show all"), pressed: () => this.set({ hidden: [] }) });
    this.told = html("p", { class: "whole told" });
    const tools = [digit, random, none];
    return {
      stage: [
        html("style", {}, PATCHES_STYLE),
        ...[this.masked, this.restored, this.whole].map(({ element }) =>
          withSteadyLetters(element),
        ),
        this.told,
      ],
      controls: [html("div", { class: "wide tools" }, ...tools.map(({ element }) => element))],
      state: { digit, hidden: held(data.hidden), place: held(0) },
      hint: say("Hide a patch, or show one"),
    };
  }

  #turn(place, isHidden) {
    const others = this.hidden.filter((other) => other !== place);
    this.set({ place, hidden: isHidden ? [...others, place].sort((a, b) => a - b) : others });
  }

  /** The places that are hidden: of what an address may have brought, those there are. */
  get hidden() {
    const isPlace = (place) => Number.isInteger(place) && place >= 0 && place < this.count;
    const places = [...new Set(this.state.hidden.filter(isPlace))];
    return places.length < this.count ? places : places.slice(1); // one patch has to be seen
  }

  update({ digit, place: wanted }) {
    const { hidden, side, network } = this;
    const place = Math.min(Math.max(Math.round(wanted), 0), this.count - 1);
    const pixels = row(this.digits, Number(digit)).map((grey) => grey / 255);
    const patches = toPatches(pixels, side, network.patch_size);
    const visible = patches.map((_, i) => i).filter((i) => !hidden.includes(i));
    const made = restorePatches(network, patches, visible);
    const all = patches.map((patch, i) => (hidden.includes(i) ? made[i] : patch));
    const restored = fromPatches(all, side, network.patch_size);
    const of = (from) => hidden.flatMap((i) => Array.from(from[i]));
    const decibels = hidden.length ? psnr(of(made), of(patches)) : null;

    this.masked.show(pixels);
    this.masked.caption(say("{0} of {1} patches", visible.length, this.count));
    this.cover.show(hidden, place);
    this.restored.show(restored);
    this.restored.caption(
      decibels === null ? say("nothing is hidden") : say("PSNR {0} dB", decibels.toFixed(1)),
    );
    this.whole.show(pixels);
    this.whole.caption(say("held out of training"));
    const told = inWords(visible.length, hidden.length, decibels);
    write(this.told, told);
    return {
      result: {
        ...{ digit: Number(digit), hidden, place, psnr: decibels },
        restored: Array.from(restored),
      },
      summary: told,
    };
  }
}

function inWords(seen, hidden, decibels) {
  if (!hidden) return say("Nothing is hidden, so nothing is restored: hide some patches.");
  const told = say(
    "The network reads {0} of {1} patches and makes up the other {2}: over their pixels the PSNR is {3} dB.",
    ...[seen, seen + hidden, hidden, decibels.toFixed(1)],
  );
  return seen === 1 ? together(told, say("The last patch cannot be hidden.")) : told;
}

/** So many of the places from 0 to count - 1, all choices being equally likely. */
function drawn(count, most) {
  const keyed = Array.from({ length: count }, (_, place) => [Math.random(), place]);
  return keyed
    .sort(([a], [b]) => a - b)
    .slice(0, most)
    .map(([, place]) => place)
    .sort((a, b) => a - b);
}

define("book-hidden-patches", HiddenPatches);
