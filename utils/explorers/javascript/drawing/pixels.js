// Grey pictures of few pixels: ink dark on white paper, in either theme, as in the book's figures.

import { drawing, label, svg } from "./markup.js";

const SIDE = 28;

/**
 * A titled picture of 28 x 28 pixels. `element` is the drawing, show(pixels) paints numbers in
 * [0, 1] (others are cut), caption(text) changes what stands under it.
 */
export function pixelPicture(title, description) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  const painted = context.createImageData(SIDE, SIDE);
  const image = svg("image", { x: 10, y: 22, width: 140, height: 140, class: "pixels" });
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
    show(pixels) {
      for (let i = 0; i < SIDE * SIDE; i++) {
        const grey = Math.round(255 * (1 - Math.min(Math.max(pixels[i], 0), 1)));
        painted.data.set([grey, grey, grey, 255], 4 * i);
      }
      context.putImageData(painted, 0, 0);
      image.setAttribute("href", canvas.toDataURL());
    },
    caption(text) {
      under.textContent = text;
    },
  };
}
