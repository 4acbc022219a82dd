// Squares of paper, ruled into places, on which a reader points: with a mouse, a finger or the arrow
// keys.

import { change, onDrag, placeOf, svg } from "./markup.js";

const GRIP = 24; // how far from a mark a finger still takes hold of it
const MARK = "#0072b2"; // paper is white in either theme
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
// Nothing moves where a reader wants no motion, and a board shows itself where keys reach it.
const BOARD_STYLE = `
  .board { outline: none; cursor: crosshair; }
  .board .focus { display: none; }
  .board:focus-visible .focus { display: inline; }
`;

/**
 * A square at [left, top]. show(side, colours) rules it into side x side places, row after row, and
 * paints each in [red, green, blue]; mark([x, y] or null) says what is pointed at; name(text) what it
 * is for those who do not see it; boxOf([x, y, width, height]) where on the drawing those places lie.
 */
export function board({ left, top, size }) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const frame = { x: left, y: top, width: size, height: size, fill: "none" };
  const image = svg("image", { ...frame, class: "pixels" });
  const rules = svg("path", { stroke: "#c3cad4", "stroke-width": 0.5, fill: "none" });
  const halo = svg("rect", { fill: "none", stroke: "#fff", "stroke-width": 4 });
  const mark = svg("rect", { fill: "none", stroke: MARK, "stroke-width": 2 });
  const element = svg(
    "g",
    { class: "board", role: "application", tabindex: 0 },
    svg("rect", { ...frame, fill: "#fff" }),
    image,
    rules,
    svg("rect", { ...frame, stroke: "var(--line)" }),
    halo,
    mark,
    svg("rect", {
      ...{ x: left - 3.5, y: top - 3.5, width: size + 7, height: size + 7, rx: 3, class: "focus" },
      ...{ fill: "none", stroke: "var(--orange)", "stroke-width": 3 },
    }),
  );
  let side = 1;
  const boxOf = ([x, y, width, height]) => {
    const unit = size / side;
    return { x: left + x * unit, y: top + y * unit, width: width * unit, height: height * unit };
  };
  return {
    element,
    boxOf,
    show(newSide, colours) {
      side = newSide;
      canvas.width = canvas.height = side;
      const painted = context.createImageData(side, side);
      colours.forEach((colour, i) => {
        painted.data.set([...colour, 255], 4 * i);
      });
      context.putImageData(painted, 0, 0);
      change(image, { href: canvas.toDataURL() });
      const unit = size / side;
      const lines = Array.from({ length: side - 1 }, (_, i) => (i + 1) * unit);
      const isRuled = side < 28; // the lines of finer ones would grey the paper
      change(rules, {
        d: isRuled
          ? lines
              .map((at) => `M${left + at} ${top} v${size} M${left} ${top + at} h${size}`)
              .join("")
          : "",
      });
    },
    mark(place) {
      for (const drawn of [halo, mark])
        change(drawn, {
          display: place ? null : "none",
          ...(place ? boxOf([...place, 1, 1]) : {}),
        });
    },
    name(text) {
      change(element, { "aria-label": text });
    },
    /** The place at a point of the drawing; the nearest one if `isHeld`, else null outside. */
    placeAt(x, y, isHeld) {
      const along = [(x - left) / size, (y - top) / size];
      if (!isHeld && along.some((share) => share < 0 || share >= 1)) return null;
      return along.map((share) => Math.min(Math.max(Math.floor(share * side), 0), side - 1));
    },
  };
}

/**
 * Boards of one drawing, [{board, place(): where its mark is, point([x, y])}, ...]: point() is called
 * where a mouse passes over, a finger taps or drags, or an arrow key goes. isPointed(board) says
 * whose mark is seen.
 */
export function onPointing(drawn, boards, isPointed) {
  drawn.append(svg("style", {}, BOARD_STYLE));
  const pointAt = ({ board, point, place }, at) => {
    const isSame = isPointed(board) && String(at) === String(place());
    if (!isSame) point(at);
  };
  drawn.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || event.buttons) return;
    for (const each of boards) {
      const at = each.board.placeAt(...placeOf(drawn, event), false);
      if (at) pointAt(each, at);
    }
  });
  let held = null;
  onDrag(drawn, {
    move(x, y, isPress) {
      if (isPress) held = boards.find(({ board }) => board.placeAt(x, y, false));
      if (held) pointAt(held, held.board.placeAt(x, y, true));
    },
    grips: (x, y) =>
      boards.some(({ board, place }) => {
        const mark = board.boxOf([...place(), 1, 1]);
        const [across, down] = [x - mark.x - mark.width / 2, y - mark.y - mark.height / 2];
        return isPointed(board) && Math.hypot(across, down) <= GRIP;
      }),
  });
  for (const each of boards)
    each.board.element.addEventListener("keydown", (event) => {
      const way = ARROWS[event.key];
      if (!way) return;
      event.preventDefault();
      const from = each.place();
      // What lies outside, whoever shows the place moves to the rim.
      each.point(isPointed(each.board) ? from.map((along, i) => along + way[i]) : from);
    });
}
