// A plane with axes: two numbers are a place, and a finger or a mouse moves it.

import { drawing, label, onDrag, svg } from "./markup.js";
import { decimal } from "./numbers.js";

const PLANE = { width: 320, height: 338, left: 46, top: 26, side: 266, ticks: 16, name: 12 };
const SMALL = { width: 166, height: 188, left: 21, top: 26, side: 142, ticks: 14, name: 15 };
const UNTITLED = 18; // units that a plane without a title is lower
const REACH = 14; // how far outside a press still counts
const FINGERTIP = 24; // how far from the mark a finger still takes hold of it

/**
 * The square from `low` to `high`, both [x, y]; `names` are the two axes', and `footer` units below
 * are left free, and `rim` units between the square and the frame. A plane that `isSmall` is half as
 * wide, and its axes' names stand among their numbers. `element` is the drawing, and place([x, y])
 * says where in it a point lies. rescale(low, high) makes it another square. onMove(move, handle)
 * calls move([x, y]), cut to the square, where a pointer presses in it, and as long as that is held;
 * handle() is the [x, y] of the mark that a finger can take hold of.
 * onDragOf(marks, move) is for several marks: marks() are the [x, y] of all, and move(i, [x, y]) is
 * called with the one that is dragged, the first where no other is near.
 */
export function coordinatePlane({
  title,
  description,
  low,
  high,
  names,
  footer = 0,
  rim = 0,
  isSmall = false,
}) {
  const size = isSmall ? SMALL : PLANE;
  const { width } = size;
  const raised = title ? 0 : UNTITLED;
  const height = size.height - raised;
  const left = size.left + rim;
  const top = size.top - raised + rim;
  const side = size.side - 2 * rim;
  const bottom = top + side;
  const frame = {
    left: left - rim,
    right: left + side + rim,
    top: top - rim,
    bottom: bottom + rim,
  };
  let from = low;
  let range = [];
  const place = ([x, y]) => [
    left + (side * (x - from[0])) / range[0],
    bottom - (side * (y - from[1])) / range[1],
  ];
  const numbers = (across, down) => [
    from[0] + range[0] * Math.min(Math.max((across - left) / side, 0), 1),
    from[1] + range[1] * Math.min(Math.max((bottom - down) / side, 0), 1),
  ];
  const shade = (value) => (value === 0 ? "var(--line)" : "var(--faint)");
  const numberOf = (value) => (isSmall && value === 0 ? "" : decimal(value)); // there stands the name
  const grid = svg("g");
  const rescale = (low, high) => {
    from = low;
    range = [high[0] - low[0], high[1] - low[1]];
    grid.replaceChildren(
      ...roundNumbers(low[0], high[0]).flatMap((value) => {
        const [x] = place([value, 0]);
        return [
          svg("line", { x1: x, x2: x, y1: frame.top, y2: frame.bottom, stroke: shade(value) }),
          label(x, frame.bottom + size.ticks, numberOf(value), "middle", { class: "muted" }),
        ];
      }),
      ...roundNumbers(low[1], high[1]).flatMap((value) => {
        const [, y] = place([0, value]);
        return [
          svg("line", { x1: frame.left, x2: frame.right, y1: y, y2: y, stroke: shade(value) }),
          label(frame.left - 5, y + 4.5, numberOf(value), "end", { class: "muted" }),
        ];
      }),
    );
  };
  rescale(low, high);
  const element = drawing(
    width,
    height + footer,
    description,
    {},
    ...(title ? [label(frame.left, 15, title, "start")] : []),
    grid,
    svg("rect", {
      ...{ x: frame.left, y: frame.top, width: size.side, height: size.side },
      ...{ class: "frame", fill: "none", stroke: "var(--line)" },
    }),
    label(left + side / 2, height - 6, names[0], "middle", { class: "muted" }),
    label(0, 0, names[1], "middle", {
      class: "muted",
      transform: `translate(${size.name} ${top + side / 2}) rotate(-90)`,
    }),
  );
  element.style.cursor = "crosshair";
  const isInside = (across, down) =>
    Math.max(Math.abs(across - left - side / 2), Math.abs(down - top - side / 2)) <=
    side / 2 + rim + REACH;
  const onMove = (move, handle) => {
    let isOurs = false;
    onDrag(element, {
      move(across, down, isPress) {
        if (isPress) isOurs = isInside(across, down);
        if (isOurs) move(numbers(across, down));
      },
      grips(across, down) {
        const [x, y] = place(handle());
        return Math.hypot(across - x, down - y) <= FINGERTIP;
      },
    });
  };
  // The mark at a fingertip, and how far from it that is; null if there is none.
  const markAt = (marks, across, down) => {
    const ways = marks.map(place).map(([x, y]) => [x - across, y - down]);
    const distances = ways.map(([x, y]) => Math.hypot(x, y));
    const mark = distances.indexOf(Math.min(...distances));
    return distances[mark] <= FINGERTIP ? { mark, way: ways[mark] } : null;
  };
  const onDragOf = (marks, move) => {
    let held = null;
    onDrag(element, {
      move(across, down, isPress) {
        if (isPress) {
          const first = isInside(across, down) ? { mark: 0, way: [0, 0] } : null;
          held = markAt(marks(), across, down) ?? first;
        }
        if (held) move(held.mark, numbers(across + held.way[0], down + held.way[1]));
      },
      grips: (across, down) => markAt(marks(), across, down) !== null,
    });
  };
  return { element, place, rescale, onMove, onDragOf };
}

/** About five round numbers between two others. */
function roundNumbers(low, high) {
  const aim = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(aim));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= 0.99 * aim);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
