// All heads of a Transformer as small pictures of what they look at; one of them is chosen.

import { change, html, svg } from "../drawing/markup.js";
import { say } from "../text/words.js";

const LEAST_SEEN = 0.04; // a lesser weight cannot be told from paper

export const HEAD_GRID_STYLE = `
  .head-grid { min-width: 0; margin: 0; padding: 0; border: 0; }
  .head-grid > div { display: flex; flex-wrap: wrap; gap: 10px 20px; }
  .head-grid .kind { flex: 1 1 200px; min-width: 0; display: grid; gap: 5px 6px;
    grid-template-columns: auto repeat(var(--heads), minmax(0, 52px));
    align-items: center; justify-content: start; }
  .head-grid .kind > p { grid-column: 1 / -1; font-weight: 600; }
  .head-grid .layer { display: contents; }
  .head-grid .layer > span { font-size: 13px; color: var(--muted); white-space: nowrap; }
  .head-grid label { position: relative; display: block; cursor: pointer; }
  .head-grid input { position: absolute; opacity: 0; }
  .head-grid svg { aspect-ratio: 1; padding: 2px; border: 1px solid var(--line);
    border-radius: 4px; background: var(--paper); }
  .head-grid label:hover svg { border-color: var(--mark); }
  .head-grid input:checked + svg { border-color: transparent; outline: 3px solid var(--mark);
    outline-offset: -2px; }
  .head-grid input:focus-visible + svg { outline: 3px solid var(--orange); outline-offset: 2px; }
  /* A row for each kind, its layers side by side, and these named once. */
  @media screen and (min-width: 350px) and (max-width: 480px) {
    .head-grid > div { gap: 6px; }
    .head-grid .kind { flex-basis: 100%; grid-template-columns: 1fr 1fr; gap: 2px 10px;
      line-height: 1.25; }
    .head-grid .layer { display: grid; gap: 2px 3px;
      grid-template-columns: repeat(var(--heads), minmax(0, 1fr)); }
    .head-grid .layer > span { grid-column: 1 / -1; }
    .head-grid .kind:not(:first-child) span { display: none; }
  }
`;

let gridCount = 0; // for the names of the groups of radio buttons

/** How a head is called in the state, layer and head counted from 1. */
function headName(kind, layer, head) {
  return `${kind}-${layer}-${head}`;
}

/**
 * A control, as those of controls.js; its value is the name of a head. `kinds` are [kind, title]
 * pairs. show(weights) draws by kind the weights of all heads, [layer][head][row][column], where a
 * row may have fewer columns than the last; a kind that is not given stays as it is.
 */
export function headGrid({ label, kinds, layers, heads, value }) {
  const name = `head-grid-${++gridCount}`;
  const from1 = (count) => Array.from({ length: count }, (_, i) => i + 1);
  const all = kinds.flatMap(([kind, title]) =>
    from1(layers).flatMap((layer) =>
      from1(heads).map((head) => {
        const told = say("{0}, layer {1}, head {2}", title, layer, head);
        const value = headName(kind, layer, head);
        return {
          ...{ kind, layer, head, told },
          picture: svg("svg", { "aria-hidden": "true" }),
          input: html("input", { type: "radio", name, value, "aria-label": told }),
        };
      }),
    ),
  );
  const chosen = () => all.find(({ input }) => input.checked);
  const choose = (wanted) => {
    const found = all.find(({ input }) => input.value === wanted);
    if (found) found.input.checked = true;
  };
  choose(value);
  const groups = kinds.map(([kind, title]) =>
    html(
      "div",
      { class: "kind", style: `--heads: ${heads}` },
      html("p", {}, title),
      ...from1(layers).map((layer) =>
        html(
          "div",
          { class: "layer" },
          html("span", { "aria-hidden": "true" }, say("layer {0}", layer)),
          ...all
            .filter((one) => one.kind === kind && one.layer === layer)
            .map(({ input, picture, told }) => html("label", { title: told }, input, picture)),
        ),
      ),
    ),
  );
  return {
    element: html(
      "fieldset",
      { class: "whole head-grid" }, // no "control", as paper shows it
      html("legend", { class: "unseen" }, label),
      html("div", {}, ...groups),
    ),
    get value() {
      return chosen().input.value;
    },
    /** What is no head is left aside. */
    set value(wanted) {
      choose(wanted);
    },
    get told() {
      return chosen().told;
    },
    listen(changed) {
      for (const { input } of all) input.addEventListener("change", changed);
    },
    show(weights) {
      for (const { kind, layer, head, picture } of all.filter(({ kind }) => weights[kind])) {
        const rows = weights[kind][layer - 1]?.[head - 1] ?? [];
        const columns = Math.max(1, ...rows.map((row) => row.length));
        change(picture, { viewBox: `0 0 ${columns} ${Math.max(1, rows.length)}` });
        picture.replaceChildren(...rows.flatMap(cellsOf));
      }
    },
  };
}

function cellsOf(row, y) {
  return [...row].flatMap((weight, x) =>
    weight < LEAST_SEEN
      ? []
      : [
          svg("rect", {
            ...{ x, y, width: 1, height: 1, fill: "var(--bar)" },
            "fill-opacity": weight,
          }),
        ],
  );
}
