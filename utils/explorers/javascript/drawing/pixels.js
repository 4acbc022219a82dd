// Grey pictures of few pixels: ink dark on white paper, in either theme, as in the book's figures.

import { drawing, label, svg } from "./markup.js";

const SIDE = 28;

/** greyPicture() of side x side pixels. */
export function greySquare({ side, x, y, size }) {
  return greyPicture({ columns: side, rows: side, x, y, width: size });
}

/**
 * A picture of rows x columns pixels, as an SVG image so many units wide at [x, y]. show(pixels) paints
 * numbers in [0, 1] (others are cut).
 */
export function greyPicture({ columns, rows, x, y, width }) {
  const head = bitmapHead(columns, rows);
  const line = lineOfBitmap(columns);
  const greys = new Uint8Array(line * rows);
  const height = (width * rows) / columns;
  const element = svg("image", { x, y, width, height, class: "pixels" });
  return {
    element,
    show(pixels) {
      let isNew = !element.hasAttribute("href");
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const ink = Math.min(Math.max(pixels[row * columns + column], 0), 1);
          const grey = Math.round(255 * (1 - ink));
          if (greys[row * line + column] === grey) continue;
          greys[row * line + column] = grey;
          isNew = true;
        }
      if (isNew) element.setAttribute("href", head + btoa(String.fromCharCode(...greys)));
    },
  };
}

// A bitmap (BMP): unlike a PNG, which takes longer than all else here, it is not packed.

const HEAD = 1080; // bytes: the least multiple of 3, which base64 needs, that has room for what follows
const [FILE, INFO] = [14, 40]; // bytes of its two headers

/** What stands before the greys of rows x columns pixels, as the beginning of an address. */
function bitmapHead(columns, rows) {
  const bytes = new Uint8Array(HEAD);
  const view = new DataView(bytes.buffer);
  const write = (at, number) => view.setInt32(at, number, true);
  bytes.set([66, 77]); // "BM"
  write(2, HEAD + lineOfBitmap(columns) * rows);
  write(10, HEAD);
  write(FILE, INFO);
  write(18, columns);
  write(22, -rows); // from the top down
  view.setInt16(26, 1, true);
  view.setInt16(28, 8, true); // bits for a pixel: the number of its grey
  for (let grey = 0; grey < 256; grey++)
    bytes.fill(grey, FILE + INFO + 4 * grey, FILE + INFO + 4 * grey + 3);
  return `data:image/bmp;base64,${btoa(String.fromCharCode(...bytes))}`;
}

/** Bytes of a line of pixels, a multiple of 4. */
function lineOfBitmap(columns) {
  return 4 * Math.ceil(columns / 4);
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
