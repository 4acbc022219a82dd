// Below two translations beside each other: the sentences as far as they are written, and whether
// they are right.

import { say } from "../text/words.js";
import { writtenSentence } from "../text/written.js";
import { html } from "./markup.js";

const SIDES = ["plain", "attending"];

export const TWIN_COLUMNS_STYLE = `
  .columns { display: grid; gap: 2px 16px; grid-template-columns: 1fr 1fr; line-height: 1.3; }
  .columns .attending { text-align: end; }
  .heads, .verdict { font-size: 14px; }
  .heads strong, .verdict { display: block; }
  .outcomes > * { min-height: 5.1em; }
  .sentence { font-weight: 650; overflow-wrap: anywhere; }
  .verdict.right { color: var(--green); }
  .verdict.wrong { color: var(--orange); }
  svg.twin-arcs text { font-size: 13.5px; }
  svg text.now { font-weight: 700; }
  svg text.unknown { fill: var(--orange); }
  svg text.wrong { fill: var(--muted); }
  @media (min-width: 700px) {
    .heads strong { display: inline; margin-right: 0.5em; }
    .outcomes > * { min-height: 3.9em; }
  }
`;

/** What stands above the columns; `how` are two texts, of the one without attention and with it. */
export function twinHeads(how) {
  const names = [say("Without attention"), say("With attention")];
  const texts = how.map((text) => html("span", {}, text));
  const parts = SIDES.map((side, i) =>
    html("p", { class: side }, html("strong", {}, names[i]), texts[i]),
  );
  return {
    element: html("div", { class: "columns heads" }, ...parts),
    show(how) {
      texts.forEach((text, i) => {
        text.textContent = how[i];
      });
    },
  };
}

/**
 * show(translations, step) draws the first `step` words of each {tokens, finished, isRight}, where
 * isRight is null if nobody knows, and returns what stands there.
 */
export function twinOutcomes() {
  const parts = SIDES.map((side) => html("p", { class: side }));
  return {
    element: html("div", { class: "columns outcomes" }, ...parts),
    show: (translations, step) =>
      translations.map(({ tokens, finished, isRight }, i) => {
        const text = step && tokens.length ? writtenSentence(tokens.slice(0, step), "en") : "";
        const isWhole = step >= tokens.length && tokens.length > 0;
        const open = isWhole && finished ? "" : " …";
        const judged = isRight ? say("✓ right") : say("✗ not right");
        const verdict = isWhole && isRight !== null ? judged : "";
        parts[i].replaceChildren(
          html("span", { class: "sentence", lang: "en" }, text && text + open),
          html("span", { class: `verdict ${isRight ? "right" : "wrong"}` }, verdict),
        );
        return `${text}${open} ${verdict}`.trim();
      }),
  };
}
