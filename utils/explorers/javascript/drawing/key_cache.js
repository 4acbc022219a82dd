// How many keys and values each layer of a Transformer's decoder holds: the source's, which are made
// once, and one more pair with every token that it reads.

import { say } from "../text/words.js";
import { change, drawing, label, svg } from "./markup.js";

const CACHE_WIDTH = 340;
const CACHE_LEFT = 108; // where the pairs begin
const CACHE_TOP = 26;
const CACHE_LINE = 24;
const LAYER_GAP = 10; // between one layer and the next
const WIDEST_PAIR = 17;
const COUNT_ROOM = 30; // for a number behind the pairs

/** show({layers, source, read, most, description}): how many tokens of the source there are, how
 * many the decoder has read, and how many at most. */
export function keyCache() {
  const content = svg("g");
  const element = drawing(CACHE_WIDTH, CACHE_TOP, "", { class: "key-cache" }, content);
  return {
    element,
    show({ layers, source, read, most, description }) {
      const places = Math.max(source, most, 1);
      const width = Math.min(WIDEST_PAIR, (CACHE_WIDTH - CACHE_LEFT - COUNT_ROOM) / places);
      const high = layers * (2 * CACHE_LINE + LAYER_GAP);
      change(element, {
        viewBox: `0 0 ${CACHE_WIDTH} ${CACHE_TOP + high + 22}`,
        "aria-label": description,
      });
      const rows = Array.from({ length: layers }, (_, layer) => {
        const y = CACHE_TOP + layer * (2 * CACHE_LINE + LAYER_GAP);
        return [
          label(0, y + 14.5, say("layer {0}", layer + 1), "start"),
          ...[say("German"), say("English")].map((language, line) =>
            label(CACHE_LEFT - 6, y + CACHE_LINE * line + 14.5, language, "end", {
              class: "muted",
            }),
          ),
          ...pairsOf(y, width, source, source, "var(--blue)", "source"),
          ...pairsOf(y + CACHE_LINE, width, read, most, "var(--green)", "own"),
        ];
      });
      content.replaceChildren(
        label(0, 13, say("Kept by the decoder"), "start", { class: "muted" }),
        ...rows.flat(),
        ...legendOf(CACHE_TOP + high + 12),
      );
    },
  };
}

/** So many pairs of a key, above, and a value, below; the last is new, and dashes stand for more. */
function pairsOf(y, width, count, most, fill, kind) {
  const box = (i, down, look) =>
    svg("rect", {
      ...{ x: CACHE_LEFT + width * i + 1, y: y + down, width: width - 2, height: 8, rx: 1.5 },
      ...look,
    });
  const isNew = (i) => kind === "own" && i === count - 1;
  const pairs = Array.from({ length: most }, (_, i) =>
    i < count
      ? svg(
          "g",
          { class: `pair ${kind}${isNew(i) ? " new" : ""}` },
          box(i, 1, { fill: isNew(i) ? "var(--mark)" : fill }),
          box(i, 11, { fill: isNew(i) ? "var(--mark)" : fill, "fill-opacity": 0.45 }),
        )
      : svg(
          "g",
          {},
          ...[1, 11].map((down) => box(i, down, { fill: "none", stroke: "var(--line)" })),
        ),
  );
  return [
    ...pairs,
    label(CACHE_LEFT + width * most + 5, y + 14.5, String(count), "start", { class: "count" }),
  ];
}

function legendOf(y) {
  const square = (x, fill, opacity = 1) =>
    svg("rect", { x, y: y - 8, width: 12, height: 8, rx: 1.5, fill, "fill-opacity": opacity });
  return [
    square(CACHE_LEFT + 1, "var(--muted)"),
    label(CACHE_LEFT + 18, y, say("key"), "start", { class: "muted" }),
    square(CACHE_LEFT + 50, "var(--muted)", 0.45),
    label(CACHE_LEFT + 67, y, say("value"), "start", { class: "muted" }),
    square(CACHE_LEFT + 110, "var(--mark)"),
    label(CACHE_LEFT + 127, y, say("new at this step"), "start", { class: "muted" }),
  ];
}
