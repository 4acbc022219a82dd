// What a phone shows only to those who ask for it.

import { html } from "../drawing/markup.js";

export const FOLD_STYLE = `
  .fold > summary { padding: 6px 0; color: var(--muted); font-weight: 600; cursor: pointer; }
  @media (min-width: 481px) { .fold > summary { display: none; } }
`;

/** Elements that stand open where there is room, and on a phone behind the words of `summary`. */
export function foldedOnPhones(summary, ...elements) {
  const fold = html("details", { class: "whole fold" }, html("summary", {}, summary), ...elements);
  const phone = matchMedia("(max-width: 480px)");
  const follow = () => {
    fold.open = !phone.matches;
  };
  phone.addEventListener("change", follow);
  follow();
  return fold;
}
