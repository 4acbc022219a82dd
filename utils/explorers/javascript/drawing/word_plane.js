// What one head sees of each word: two numbers, as an arrow that can be dragged.

import { say } from "../text/words.js";
import { change, label, svg, withSteadyLetters } from "./markup.js";
import { namePlaces } from "./name_places.js";
import { coordinatePlane } from "./plane.js";
import { contextCross, planeHandle } from "./plane_marks.js";
import { lettersIn } from "./room.js";

const HEAVIEST = 17; // radius of the circle of a weight of 1, in units
const ARROW_HEAD = 11; // units
const NAME_LETTER = 7.6; // units, the width of a bold letter at most, on average
const NAME_LINE = 12; // of a name, below the upper edge of its box
const NAMES_ROOM = { left: 23, right: 164, top: 28, bottom: 167 };
const KEY_STEP = 0.1; // way of an arrow key

export const WORD_PLANE_STYLE = `
  .word-plane .handle { cursor: grab; }
  .word-plane .handle:active { cursor: grabbing; }
  .word-plane .name {
    font-weight: 700; paint-order: stroke; stroke: var(--paper); stroke-width: 3.5px; stroke-linejoin: round;
    pointer-events: none;
  }
`;

/**
 * `head` counts from 1, `numbers` are those that it sees, counted so too; both axes go from -reach to
 * reach. move(i, [x, y]) is called when word `i` is dragged, or moved by a key. show({points, asks,
 * weights, context}): all points are [x, y], `asks` is the word that looks, from 0.
 */
export function wordPlane({ head, numbers, words, reach, move }) {
  const plane = coordinatePlane({
    title: say("head {0}", head),
    description: say(
      "Head {0}: each word is an arrow, which can be dragged, or moved by the arrow keys.",
      head,
    ),
    low: [-reach, -reach],
    high: [reach, reach],
    names: numbers.map((number) => say("number {0}", number)),
    rim: 10,
    isSmall: true,
  });
  const origin = plane.place([0, 0]);
  let points = [];
  let asking = 0;
  const arrows = words.map((word, i) => {
    const circle = svg("circle", { fill: "var(--orange)", "fill-opacity": 0.3 });
    const line = svg("line", { x1: origin[0], y1: origin[1], "stroke-linecap": "round" });
    const tip = svg("path", { d: `M0,0l${-ARROW_HEAD},-5v10z` });
    const handle = planeHandle({
      ...{ label: say("“{0}” in head {1}", word, head), kind: "handle" },
      shapes: [svg("circle", { r: 12, fill: "transparent" }), tip],
      step: KEY_STEP,
      pushed: (way) =>
        move(
          i,
          points[i].map((number, d) => number + way[d]),
        ),
    });
    return { circle, line, tip, handle, name: label(0, 0, word, "start", { class: "name" }) };
  });
  const context = contextCross(5);
  change(plane.element, { role: "group", class: "word-plane" }).append(
    ...arrows.map(({ circle }) => circle),
    ...arrows.map(({ line }) => line),
    ...arrows.map(({ name }) => name),
    context,
    ...arrows.map(({ handle }) => handle.element),
  );
  // Where no other is near, a press moves the word that asks.
  const others = () => words.map((_, i) => i).filter((i) => i !== asking);
  const order = () => [asking, ...others()];
  plane.onDragOf(
    () => order().map((i) => points[i]),
    (mark, place) => move(order()[mark], place),
  );
  return {
    element: withSteadyLetters(plane.element),
    show(shown) {
      ({ points, asks: asking } = shown);
      const places = points.map(plane.place);
      const found = plane.place(shown.context);
      const named = places.map((at, i) => ({
        ...{ at, width: NAME_LETTER * lettersIn(words[i]) },
        side: at[1] < origin[1] ? "above" : "below",
      }));
      // The context has no name, but none shall lie on it.
      const names = namePlaces([...named, { at: found, width: 0, side: "right" }], NAMES_ROOM);
      arrows.forEach(({ circle, line, tip, handle, name }, i) => {
        const [x, y] = places[i];
        const colour = i === asking ? "var(--green)" : "var(--blue)";
        const [across, down] = [x - origin[0], y - origin[1]];
        const length = Math.hypot(across, down);
        const share = Math.max(1 - ARROW_HEAD / (length || 1), 0); // the line ends within the head
        // The area goes with the weight, so the radius with its root.
        change(circle, { cx: x, cy: y, r: HEAVIEST * Math.sqrt(shown.weights[i]) });
        change(line, {
          ...{ x2: origin[0] + share * across, y2: origin[1] + share * down },
          ...{ stroke: colour, "stroke-width": i === asking ? 3 : 2 },
        });
        const angle = (Math.atan2(down, across) * 180) / Math.PI;
        change(tip, { fill: colour, transform: `rotate(${angle})` });
        handle.show(places[i], points[i]);
        change(name, { x: names[i][0], y: names[i][1] + NAME_LINE, style: `fill: ${colour}` });
      });
      change(context, { transform: `translate(${found.join(" ")})` });
    },
  };
}
