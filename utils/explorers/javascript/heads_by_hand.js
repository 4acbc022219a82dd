// Chapter 6, several heads by hand. Each of two heads sees half of the numbers of every word, as
// arrows in a plane of its own, and finds what it finds; beside them one head sees all numbers.
//
// Data: {words, vectors, heads, asks, reach}: a vector for each word, of two numbers for each head,
// from -reach to reach; `asks` is the word that looks first, from 0. Each vector is query, key and
// value of its word.

import { button, choice } from "./controls/controls.js";
import { HEAD_COLUMNS_STYLE, headColumns } from "./drawing/head_columns.js";
import { html, write } from "./drawing/markup.js";
import { mostOf } from "./drawing/told_weights.js";
import { WORD_PLANE_STYLE, wordPlane } from "./drawing/word_plane.js";
import { define, Explorer, held } from "./element.js";
import { scaledDotScores, weightedMean } from "./networks/attention.js";
import { softmax } from "./networks/tensors.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";

const SEEN = 2; // numbers of a head: the axes of its plane
const SNAP = 20; // places to which arrows snap, in one unit
const HEADS_STYLE = `
  ${WORD_PLANE_STYLE}
  ${HEAD_COLUMNS_STYLE}
  .stage > .planes {
    display: grid; gap: 8px; max-width: 440px;
    grid-template-columns: repeat(auto-fit, minmax(min(150px, 100%), 1fr));
  }
  .stage > .head-columns { max-width: 400px; }
  .stage > .told { min-height: 4.35em; } /* so that what stands below stays */
  .controls { grid-template-columns: minmax(0, 250px); }
  @media (max-width: 480px) {
    .stage { gap: 8px; }
    .stage > .told { min-height: 7.25em; }
  }
`;

/** What a query finds among keys that are the values as well. */
function lookedUp(query, keys) {
  const scores = scaledDotScores(query, keys);
  const weights = [...softmax(scores)];
  return { scores, weights, context: [...weightedMean(weights, keys)] };
}

class HeadsByHand extends Explorer {
  build({ words, vectors, heads, asks, reach }) {
    const size = SEEN * heads;
    if (vectors.length !== words.length || vectors.some(({ length }) => length !== size))
      throw new Error(`expected ${size} numbers for each of ${words.length} words`);
    this.words = words;
    this.reach = reach;
    this.first = vectors.flat();
    const asking = choice({
      label: say("which word asks"),
      options: words.map((word, i) => [String(i + 1), word]),
      value: String(asks + 1),
    });
    this.planes = Array.from({ length: heads }, (_, head) =>
      wordPlane({
        ...{ head: head + 1, words, reach },
        numbers: [1, 2].map((number) => SEEN * head + number),
        move: (word, place) => this.move(SEEN * head, word, place),
      }),
    );
    this.columns = headColumns({ words, sizes: [...this.planes.map(() => SEEN), size] });
    this.told = html("p", { class: "whole told" });
    const back = button({
      label: say("back to the start"),
      pressed: () => this.set({ asking: String(asks + 1), vectors: this.first }),
    });
    return {
      stage: [
        html("style", {}, HEADS_STYLE),
        html("div", { class: "whole" }, asking.element),
        html("div", { class: "planes" }, ...this.planes.map(({ element }) => element)),
        this.columns.element,
        this.told,
      ],
      controls: [back],
      state: { asking, vectors: held(this.first) },
      hint: say("Drag an arrow in one of the planes"),
    };
  }

  /** All numbers of all words, none beyond the edge of its plane. */
  get numbers() {
    const { vectors } = this.state;
    const known = vectors.length === this.first.length ? vectors : this.first; // an address may hold anything
    return known.map((number) => Math.min(Math.max(number, -this.reach), this.reach));
  }

  /** Move the arrow of a word, in the plane of the head that sees its numbers from `at` on. */
  move(at, word, place) {
    const size = this.first.length / this.words.length;
    const snapped = place.map((number) => Math.round(number * SNAP) / SNAP);
    this.set({ vectors: this.numbers.toSpliced(word * size + at, SEEN, ...snapped) });
  }

  update({ asking }) {
    const asks = Number(asking) - 1;
    const { numbers, words } = this;
    const size = numbers.length / words.length;
    const vectors = words.map((_, i) => numbers.slice(i * size, (i + 1) * size));
    const heads = this.planes.map((plane, head) => {
      const points = vectors.map((vector) => vector.slice(SEEN * head, SEEN * (head + 1)));
      const found = lookedUp(points[asks], points);
      plane.show({ points, asks, ...found });
      return found;
    });
    const one = lookedUp(vectors[asks], vectors);
    const joined = heads.flatMap(({ context }) => context);
    const told = together(
      say("“{0}” asks.", words[asks]),
      ...heads.map(({ weights }, i) =>
        say("Head {0} looks at {1}.", i + 1, mostOf(weights, words)),
      ),
      say("One head over all numbers looks at {0}.", mostOf(one.weights, words)),
    );
    write(this.told, told);
    this.columns.show({
      ...{ columns: [...heads, one], asks },
      description: together(
        say("The scores, the weights and the context of each head, and of one over all numbers."),
        told,
      ),
    });
    return { result: { asks, vectors: numbers, heads, joined, one }, summary: told };
  }
}

define("book-heads-by-hand", HeadsByHand);
