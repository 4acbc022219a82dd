// Quality over bytes, small: a curve for each way of keeping a picture, with its name at its end.

import { say } from "../text/words.js";
import { around, change, drawing, html, label, svg } from "./markup.js";
import { keyed } from "./motion.js";
import { decimal } from "./numbers.js";

export const NETWORK = "network";
const LABELS = { [NETWORK]: say("network") }; // the others' names are labels themselves
const HEIGHT_OF_CHART = 188; // as that of the pictures beside it
const PLOT = { left: 22, right: 4, top: 22, bottom: 34 };
const BYTES = [0, 180];
const DECIBELS = [8, 38];
const ROOM = 28; // for the letters of PCA
const TICKS = { bytes: [0, 50, 100, 150], decibels: [10, 20, 30] };
// Each thing's colour in the book.
const RATE_STYLE = `
  .rates { --network: #a3457f; --PCA: #926300; --WebP: #0072b2; }
  @media screen {
    .panel[data-theme="dark"] .rates { --network: #e79ac8; --PCA: #eab33b; --WebP: #5cb4f2; }
  }
  .rates text.curve {
    font-weight: 600; paint-order: stroke; stroke: var(--paper); stroke-width: 4px;
    stroke-linejoin: round;
  }
`;
const colourOf = (name) => ({ style: `fill: var(--${name})` });

/**
 * show({curves, others, point}): curves are by name lists of [bytes, dB], the fewest bytes first, the
 * same object as long as they are the same; others are what the network's curve could be; point is
 * the network's [bytes, dB]. At its bytes the other curves are marked as well. Each may be left out.
 */
export function rateChart() {
  const [below, marks, names] = [svg("g"), svg("g"), svg("g")];
  const element = drawing(
    160,
    HEIGHT_OF_CHART,
    say("quality over bytes, for this picture"),
    { class: "rates" },
    svg("style", {}, RATE_STYLE),
    below,
    marks,
    names,
  );
  let width = 160;
  let seen = {};
  const parts = keyed(marks);
  const mark = () => parts.show(marked(width, seen));
  const draw = () => {
    below.replaceChildren(...chart(width, seen));
    names.replaceChildren(...nameCurves(width, seen));
    mark();
  };
  // Drawn as wide as there is room, so that letters keep their size.
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width < 1) return;
    width = Math.round(contentRect.width);
    change(element, { viewBox: `0 0 ${width} ${HEIGHT_OF_CHART}` });
    draw();
  }).observe(element);
  return {
    element,
    show(what) {
      const isSame = seen.curves === what.curves;
      seen = what;
      if (isSame) mark();
      else draw();
    },
  };
}

/** dB of a curve at so many bytes, on a straight line between its neighbouring points; null beyond. */
export function readOff(curve, bytes) {
  const after = curve.findIndex(([size]) => size >= bytes);
  if (after === 0 && curve[0][0] === bytes) return curve[0][1];
  if (after < 1) return null;
  const [[from, low], [to, high]] = curve.slice(after - 1, after + 1);
  return low + ((high - low) * (bytes - from)) / (to - from);
}

/** [name, dB or null] of each curve but the network's, at so many bytes. */
export function rivalsAt(curves, bytes) {
  const rivals = Object.entries(curves).filter(([name]) => name !== NETWORK);
  return rivals.map(([name, curve]) => [name, readOff(curve, bytes)]);
}

/** What a reader is shown of a curve's name. */
function labelOf(name) {
  return LABELS[name] ?? name;
}

/** "At 40.0 bytes: network 27.1 dB, WebP not measured.": a paragraph's children, each name in its colour. */
export function besideOneAnother([bytes, decibels], curves) {
  const named = [[NETWORK, decibels], ...rivalsAt(curves, bytes)].map(([name, value]) =>
    html(
      "strong",
      { style: `color: var(--${name}); white-space: nowrap` },
      value === null
        ? say("{0} not measured", labelOf(name))
        : say("{0} {1} dB", labelOf(name), value.toFixed(1)),
    ),
  );
  const apart = named.flatMap((part) => [say(", "), part]).slice(1);
  return around(say("At {0} bytes: {1}."), bytes.toFixed(1), apart);
}

/** Where bytes and decibels lie in a chart of so many units. */
function scales(width) {
  const { left, top } = PLOT;
  const [right, bottom] = [width - PLOT.right, HEIGHT_OF_CHART - PLOT.bottom];
  const across = (bytes) => left + ((right - left) * (bytes - BYTES[0])) / (BYTES[1] - BYTES[0]);
  const up = (decibels) => {
    const share = (decibels - DECIBELS[0]) / (DECIBELS[1] - DECIBELS[0]);
    return bottom - (bottom - top) * Math.min(Math.max(share, 0), 1);
  };
  return { left, right, top, bottom, across, up };
}

function chart(width, { curves = {}, others = [] }) {
  const { left, right, top, bottom, across, up } = scales(width);
  const path = (curve) =>
    curve.map(([x, y], i) => `${i ? "L" : "M"}${across(x)} ${up(y)}`).join("");
  const line = (curve, attributes) =>
    svg("path", { d: path(curve), fill: "none", "stroke-linejoin": "round", ...attributes });
  const muted = { class: "muted" };
  return [
    label(0, 15, say("PSNR (dB)"), "start"),
    label((left + right) / 2, HEIGHT_OF_CHART - 3, say("bytes"), "middle", muted),
    ...TICKS.bytes.map((bytes) =>
      label(across(bytes), bottom + 15, String(bytes), "middle", muted),
    ),
    ...TICKS.decibels.flatMap((decibels) => [
      svg("line", {
        ...{ x1: left, x2: right, y1: up(decibels), y2: up(decibels), stroke: "var(--faint)" },
      }),
      label(left - 4, up(decibels) + 4.5, decimal(decibels), "end", muted),
    ]),
    svg("path", { d: `M${left} ${top}V${bottom}H${right}`, fill: "none", stroke: "var(--line)" }),
    ...others.map((curve) => line(curve, { stroke: "var(--network)", "stroke-opacity": 0.3 })),
    ...Object.entries(curves).map(([name, curve]) =>
      line(curve, { stroke: `var(--${name})`, "stroke-width": name === NETWORK ? 2.5 : 1.75 }),
    ),
  ];
}

/** What stands at the network's bytes: on its curve, and on those of the rivals. */
function marked(width, { curves = {}, point = null }) {
  if (!point) return [];
  const { top, bottom, across, up } = scales(width);
  const x = across(point[0]);
  const dot = (y, name, r) => [
    name,
    svg("circle", {
      ...{ cx: x, cy: up(y), r, stroke: "var(--paper)", "stroke-width": 1.5, class: "glides" },
      ...colourOf(name),
    }),
  ];
  return [
    [
      "bytes",
      svg("path", {
        ...{ d: `M${x.toFixed(2)} ${top}V${bottom}`, class: "glides" },
        ...{ stroke: "var(--muted)", "stroke-dasharray": "2 3" },
      }),
    ],
    ...rivalsAt(curves, point[0]).flatMap(([name, value]) =>
      value === null ? [] : [dot(value, name, 4)],
    ),
    dot(point[1], NETWORK, 6),
  ];
}

/**
 * The network's curve goes on to the right, and has its name there; WebP's has it at its top, PCA's
 * at its end, as far as there is room.
 */
function nameCurves(width, { curves = {} }) {
  const { right, across, up } = scales(width);
  const ends = Object.entries(curves).map(([name, curve]) => ({ name, end: curve.at(-1) }));
  const going = ends.filter(({ name }) => name !== "WebP");
  const highest = Math.max(...going.map(({ end }) => end[1]));
  return ends.map(({ name, end: [bytes, decibels] }) => {
    const look = { class: "curve", ...colourOf(name) };
    const text = labelOf(name);
    if (name === "WebP") return label(across(bytes) - 3, up(decibels) - 9, text, "end", look);
    const y = up(decibels) + (decibels === highest ? -7 : 17);
    if (name === NETWORK) return label(right, y, text, "end", look);
    return label(Math.min(across(bytes) + 4, right - ROOM), y, text, "start", look);
  });
}
