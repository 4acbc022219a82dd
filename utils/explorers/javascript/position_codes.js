// Chapter 6, position codes by hand. A word is dragged from place to place: its code, and how much
// that has in common with the others. Then one pair of numbers of a query and of a key, which turn
// with their places.
//
// Data: {word, places, sizes, place, query, key, head_size, pair, query_place, key_place, most}: the
// word at `place`, of `places`, with a code of as many numbers as one of the `sizes` says, multiples of
// the first; a query and a key, [x, y] each, as pair number `pair` of `head_size` numbers, at two
// places from 0 to `most`.

import { choice, slider } from "./controls/controls.js";
import { html, write } from "./drawing/markup.js";
import { decimal } from "./drawing/numbers.js";
import { scoreCurve, turningArrows } from "./drawing/turning_arrows.js";
import { waveChart } from "./drawing/wave_chart.js";
import { define, Explorer } from "./element.js";
import { sineCode, turnedPoint, waveFrequencies } from "./networks/positions.js";
import { dot } from "./networks/tensors.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";

const CODES_STYLE = `
  .stage > .wave-chart { max-width: 560px; }
  .stage > .turning-arrows { max-width: 340px; }
  .stage > .score-curve { max-width: 360px; }
  .stage > h3 { font-size: 1.05em; }
  .sliders { display: grid; gap: 6px 22px;
    grid-template-columns: repeat(auto-fit, minmax(min(280px, 100%), 1fr)); }
  svg text.on { fill: var(--paper); font-weight: 600; }
  svg text.sine { fill: var(--orange); font-variant-numeric: tabular-nums; }
  svg text.cosine { fill: var(--blue); font-variant-numeric: tabular-nums; }
  .wave-chart .cursor { opacity: 0.6; }
  /* The line of the place goes behind the headings. */
  .wave-chart text.muted { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
  .parts { display: none; }
  @media screen and (max-width: 480px) {
    .parts { display: flex; flex-wrap: nowrap; }
    .parts label { flex: 1; display: grid; text-align: center; font-size: 14px; line-height: 1.25; }
    .stage:has([value="waves"]:checked) > [data-part="pair"] { display: none; }
    .stage:has([value="pair"]:checked) > [data-part="waves"] { display: none; }
    .stage h3 { display: none; } /* the switch says it */
    .sliders { grid-template-columns: 1fr 1fr; gap: 4px 14px; }
    .sliders .named { font-size: 14px; flex-wrap: wrap; gap: 0 8px; }
    .stage { gap: 10px; }
    .stage p { font-size: 14px; line-height: 1.35; }
    .stage > .turning-arrows { max-width: 260px; }
  }
`;

class PositionCodes extends Explorer {
  build(data) {
    this.data = data;
    const { places, sizes, head_size: headSize, most } = data;
    this.codes = new Map(
      sizes.map((size) => [
        String(size),
        Array.from({ length: places }, (_, place) => sineCode(place, size)),
      ]),
    );
    this.frequencies = waveFrequencies(headSize);
    const place = slider({
      label: say("place of the word"),
      ...{ min: 0, max: places - 1, step: 1, value: data.place },
    });
    const size = choice({
      label: say("numbers in the code"),
      options: sizes.map((size) => [String(size), String(size)]),
      value: String(sizes[0]),
    });
    const placeOf = (label, value) => slider({ label, ...{ min: 0, max: most, step: 1, value } });
    const query = placeOf(say("place of the query"), data.query_place);
    const key = placeOf(say("place of the key"), data.key_place);
    const both = slider({
      label: say("move both by"),
      ...{ min: 0, max: most, step: 1, value: 0 },
      format: (shift) => `+${shift}`,
    });
    const pair = slider({
      label: say("pair of numbers"),
      ...{ min: 1, max: this.frequencies.length, step: 1, value: data.pair },
      format: (pair) => say("{0}: a turn in {1} places", pair, this.#turn(pair)),
    });
    this.waves = waveChart({
      word: data.word,
      frequencies: waveFrequencies(sizes[0]),
      places,
      pick: (place) => this.set({ place }),
    });
    this.arrows = turningArrows(data);
    const largest = Math.hypot(...data.query) * Math.hypot(...data.key);
    this.scores = scoreCurve({ most, largest });
    this.toldCode = html("p", { class: "whole told-code" });
    this.toldPair = html("p", { class: "whole told-pair" });
    this.parts = { waves: [place, size], pair: [query, key, both, pair] };
    this.drawn = this.#settings();
    const titles = {
      waves: say("Waves that are added to a word"),
      pair: say("A pair of numbers that turns with its place"),
    };
    this.shownPart = choice({
      label: say("show"),
      options: Object.entries(titles),
      value: "waves",
    });
    this.shownPart.element.classList.add("whole", "parts");
    this.shownPart.element.firstChild.className = "unseen";
    const pictures = {
      waves: [this.waves.element, this.toldCode],
      pair: [this.arrows.element, this.scores.element, this.toldPair],
    };
    return {
      stage: [
        html("style", {}, CODES_STYLE),
        this.shownPart,
        ...Object.entries(this.parts).map(([part, controls]) =>
          html(
            "div",
            { class: "whole stage", "data-part": part },
            html("h3", { class: "whole" }, titles[part]),
            html("div", { class: "whole sliders" }, ...controls.map(({ element }) => element)),
            ...pictures[part],
          ),
        ),
      ],
      controls: [],
      state: { place, size, query, key, both, pair },
      hint: say("Drag the word along its places"),
    };
  }

  /** By part, what its controls are set to. */
  #settings() {
    return Object.entries(this.parts).map(([part, controls]) => [
      part,
      String(controls.map(({ value }) => value)),
    ]);
  }

  /** A phone shows one part: what was moved last, by a hand or by a link of the page. */
  #showPart() {
    const settings = this.#settings();
    settings.forEach(([part, set], i) => {
      if (set !== this.drawn[i][1]) this.shownPart.value = part;
    });
    this.drawn = settings;
  }

  /** How many places a full turn of a pair takes, in round numbers. */
  #turn(pair) {
    const turn = (2 * Math.PI) / this.frequencies[pair - 1];
    return turn < 100 ? decimal(turn, 1) : Math.round(turn).toLocaleString("en");
  }

  update({ place, size, query, key, both, pair }) {
    this.#showPart();
    const codes = this.codes.get(size);
    const code = codes[place];
    const products = codes.map((other) => dot(code, other));
    const toldCode = tellOfCode(place, products);
    write(this.toldCode, toldCode);
    const [drawn, waves] = [this.data.sizes[0] / 2, code.length / 2];
    const every = waves / drawn; // a longer code has the same waves, and others between them
    this.waves.show({
      ...{ place, products, most: waves },
      code: code.filter((_, i) => Math.floor(i / 2) % every === 0),
      named: every === 1 ? say("its {0} waves", waves) : say("{0} of its {1} waves", drawn, waves),
      description: together(
        say(
          "Waves, one below the other, with a line at the place of the word; below them the dot product with the codes of all places.",
        ),
        toldCode,
      ),
    });

    const frequency = this.frequencies[pair - 1];
    const [queryPlace, keyPlace] = [query + both, key + both];
    const [queryAngle, keyAngle] = [queryPlace * frequency, keyPlace * frequency];
    const turnedQuery = turnedPoint(this.data.query, queryAngle);
    const turnedKey = turnedPoint(this.data.key, keyAngle);
    const score = dot(turnedQuery, turnedKey);
    const distance = key - query;
    const toldPair = say(
      "Query at place {0}, key at place {1}: the difference is {2}, and the score is {3}. Moved together, both turn by the same angle, and the score stays.",
      ...[queryPlace, keyPlace, decimal(distance), decimal(score, 2)],
    );
    write(this.toldPair, toldPair);
    this.arrows.show({
      ...{ queryAngle, keyAngle },
      description: together(
        say("Two arrows, the query and the key, turned by their places."),
        toldPair,
      ),
    });
    this.scores.show({
      scoreAt: (at) => dot(this.data.query, turnedPoint(this.data.key, at * frequency)),
      ...{ distance, score },
      description: together(say("A curve of the score by the difference of places."), toldPair),
    });
    return {
      result: {
        ...{ place, code: [...code], products },
        ...{ query_place: queryPlace, key_place: keyPlace, pair, frequency, distance },
        ...{ turned_query: turnedQuery, turned_key: turnedKey, score },
      },
      summary: together(toldCode, toldPair),
    };
  }
}

function tellOfCode(place, products) {
  const near = products[place + 1] ?? products[place - 1];
  return say(
    "The code of place {0} has the dot product {1} with itself, the greatest, and {2} with its neighbour. Places as far before it as behind it have the same.",
    ...[place, decimal(products[place], 0), decimal(near, 2)],
  );
}

define("book-position-codes", PositionCodes);
