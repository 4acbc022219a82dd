// Grey pictures of few pixels: ink dark on white paper, in either theme, as in the book's figures.

import { drawing, label, svg } from "./markup.js";

const SIDE = 28;

/**
 * A square of side x side pixels, as an SVG image of so many units at [x, y]. show(pixels) paints
 * numbers in [0, 1] (others are cut).
 */
export function greySquare({ side, x, y, size }) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const painted = context.createImageData(side, side);
  const element = svg("image", { x, y, width: size, height: size, class: "pixels" });
  return {
    element,
    show(pixels) {
      let isNew = !element.hasAttribute("href");
      for (let i = 0; i < side * side; i++) {
        const grey = Math.round(255 * (1 - Math.min(Math.max(pixels[i], 0), 1)));
        isNew ||= painted.data[4 * i] !== grey;
        painted.data.set([grey, grey, grey, 255], 4 * i);
      }
      if (!isNew) return; // packing a picture takes longer than all else here
      context.putImageData(painted, 0, 0);
      element.setAttribute("href", canvas.toDataURL());
    },
  };
}

/**
 * A titled picture of 28 x 28 pixels. `element` is the drawing, show(pixels) paints numbers in
 * [0, 1] (others are cut), caption(text) changes what stands under it.
 */
export function pixelPicture(title, description) {
  const { element: image, show } = greySquare({ side: SIDE, x: 10, y: 22, size: 140 });
  const under = label(80, 180, "", "middle", { class: "muted" });
  const element = drawing(
    160,
    188,
    description,
    { class: "small" },
    label(80, 15, title, "middle"),
    svg("rect", { x: 9.5, y: 21.5, width: 141, height: 141, fill: "#fff", stroke: "var(--line)" }),
    image,
    under,
  );
  return {
    element,
    show,
    caption(text) {
      under.textContent = text;
    },
  };
}
