// Marks in a plane: handles that a hand or a key moves, and the cross of a context.

import { say } from "../text/words.js";
import { change, svg } from "./markup.js";
import { decimal } from "./numbers.js";

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const FARTHER = 10; // times as far with the shift key

/**
 * A handle of the class `kind` made of `shapes`, which lie around 0. The arrow keys move it by `step`:
 * pushed([x, y]) is called with how far. show([across, down], [x, y]) puts it to its place in the
 * drawing, and says what that is in numbers.
 */
export function planeHandle({ label, kind, shapes, step, pushed }) {
  const look = { class: kind, role: "slider", tabindex: "0", "aria-label": label };
  const element = svg("g", { ...look, "aria-valuenow": 0 }, ...shapes);
  element.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const length = step * (event.shiftKey ? FARTHER : 1);
    pushed(way.map((number) => length * number));
  });
  return {
    element,
    show(place, point) {
      change(element, {
        transform: `translate(${place.join(" ")})`,
        "aria-valuenow": point[0],
        "aria-valuetext": say("{0} and {1}", ...point.map((number) => decimal(number, 2))),
      });
    },
  };
}

/** The mark of a context, where 0 is; `arm` is half as long as either of its lines, in units. */
export function contextCross(arm) {
  return svg(
    "g",
    { class: "context" },
    ...["var(--paper)", "var(--orange)"].map((stroke, i) =>
      svg("path", {
        d: `M${-arm},${-arm}L${arm},${arm}M${-arm},${arm}L${arm},${-arm}`,
        ...{ stroke, "stroke-width": 7 - 3.5 * i },
      }),
    ),
  );
}
