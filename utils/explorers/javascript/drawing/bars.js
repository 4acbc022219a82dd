// Horizontal bars with a name and a number each.

import { change, drawing, label, svg, write } from "./markup.js";

/**
 * `count` rows, each `row` high, of `width`, in units of the drawing; names end at `names`. show(rows) takes [{name, value, marked}], value from 0 to `highest`; rows that are
 * not given are left empty. `format` writes the number at a bar's end.
 */
export function barChart({
  description,
  title,
  count,
  names = 90,
  highest = 1,
  width = 320,
  row = 24,
  format,
}) {
  const top = 24;
  const room = width - names - 60; // the number needs its place at the end
  const rows = Array.from({ length: count }, (_, i) => {
    const y = top + i * row;
    const line = y + row / 2 + 4;
    return {
      name: label(names - 8, line, "", "end"),
      bar: svg("rect", { x: names, y: y + 4, width: 0, height: row - 8, rx: 2, class: "glides" }),
      number: label(names, line, "", "start", { class: "glides" }),
    };
  });
  const heading = label(0, 14, title, "start", { class: "muted" });
  const element = drawing(
    width,
    top + count * row + 4,
    description,
    {},
    heading,
    svg("line", {
      x1: names,
      x2: names,
      y1: top,
      y2: top + count * row,
      stroke: "var(--line)",
    }),
    ...rows.flatMap(({ name, bar, number }) => [bar, name, number]),
  );
  return {
    element,
    title(text) {
      heading.textContent = text;
    },
    show(values) {
      rows.forEach(({ name, bar, number }, i) => {
        const given = values[i];
        const length = given ? (room * Math.max(given.value, 0)) / highest : 0;
        write(name, given?.name ?? "");
        write(number, given ? format(given.value) : "");
        change(bar, { width: length, fill: given?.marked ? "var(--mark)" : "var(--bar)" });
        change(number, { style: `transform: translate(${(length + 6).toFixed(2)}px, 0)` });
      });
    },
  };
}
