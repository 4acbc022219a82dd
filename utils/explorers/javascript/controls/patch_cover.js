// Patches of a picture that a reader covers and uncovers, with a mouse, a finger or the keyboard.

import { change, onDrag, svg } from "../drawing/markup.js";
import { say } from "../text/words.js";

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const COVER_STYLE = `
  .cover { outline: none; cursor: pointer; }
  .cover .cursor { display: none; }
  .cover:focus-visible .cursor { display: inline; }
`;

/**
 * Over a square of so many units at [left, top] of the drawing `drawn`: columns x columns patches,
 * counted row by row. A press covers a patch, or uncovers it, and whatever it is dragged over
 * likewise; the arrow keys go to a patch, and the space bar or Enter presses it. turn(place, isHidden)
 * is told what a reader wants, goTo(place) where the keys are. show() says what is covered, and where
 * the keys are.
 */
export function patchCover(drawn, { left, top, size, columns, turn, goTo }) {
  const side = size / columns;
  const at = (place) => ({
    x: left + (place % columns) * side,
    y: top + Math.floor(place / columns) * side,
  });
  const square = { width: side, height: side };
  const patches = Array.from({ length: columns ** 2 }, (_, place) =>
    // Paper is white in either theme, so what lies on it is grey in either.
    svg("rect", { ...at(place), ...square, stroke: "#fff", "stroke-width": 0.7, fill: "#8995a4" }),
  );
  const cursor = svg("rect", {
    ...{ ...square, class: "cursor", fill: "none", stroke: "#c04d00", "stroke-width": 3 },
  });
  const element = svg(
    "g",
    { class: "cover", role: "application", tabindex: 0 },
    svg("rect", { x: left, y: top, width: size, height: size, fill: "transparent" }),
    ...patches,
    cursor,
  );
  drawn.append(svg("style", {}, COVER_STYLE), element);
  let hidden = new Set();
  let place = 0;

  const placeAt = (x, y) => {
    const [column, line] = [Math.floor((x - left) / side), Math.floor((y - top) / side)];
    const isWithin = [column, line].every((along) => along >= 0 && along < columns);
    return isWithin ? line * columns + column : null;
  };
  let isCovering = null; // what the drag does; null where it began beside the picture
  onDrag(drawn, {
    grips: (x, y) => placeAt(x, y) !== null,
    move(x, y, isPress) {
      const pointed = placeAt(x, y);
      if (isPress) isCovering = pointed === null ? null : !hidden.has(pointed);
      if (pointed === null || isCovering === null || hidden.has(pointed) === isCovering) return;
      turn(pointed, isCovering);
    },
  });
  element.addEventListener("keydown", (event) => {
    const way = KEYS[event.key];
    if (way) {
      const cut = (along) => Math.min(Math.max(along, 0), columns - 1);
      const [column, line] = [(place % columns) + way[0], Math.floor(place / columns) + way[1]];
      goTo(cut(line) * columns + cut(column));
    } else if (event.key === " " || event.key === "Enter") turn(place, !hidden.has(place));
    else return;
    event.preventDefault();
  });

  return {
    show(covered, here) {
      hidden = new Set(covered);
      place = here;
      patches.forEach((patch, i) => {
        change(patch, { "fill-opacity": hidden.has(i) ? 1 : 0 });
      });
      change(cursor, at(place));
      const counted = [Math.floor(place / columns) + 1, (place % columns) + 1];
      change(element, {
        "aria-label": hidden.has(place)
          ? say(
              "Patch in row {0}, column {1}, hidden: the arrow keys go to others, the space bar shows it",
              ...counted,
            )
          : say(
              "Patch in row {0}, column {1}, seen: the arrow keys go to others, the space bar hides it",
              ...counted,
            ),
      });
    },
  };
}
