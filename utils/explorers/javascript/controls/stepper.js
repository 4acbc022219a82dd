// Numbered steps, each with a name and a sentence; one of them is chosen.

import { html } from "../drawing/markup.js";

let stepperCount = 0; // for the names of the groups of radio buttons

export const STEPPER_STYLE = `
  .stepper { container-type: inline-size; }
  .stepper > div { display: grid; grid-template-columns: repeat(4, 1fr); gap: 6px; }
  .stepper label { display: contents; cursor: pointer; }
  .stepper input { position: absolute; opacity: 0; }
  .stepper .name {
    grid-row: 1; display: flex; gap: 7px; align-items: center; padding: 6px 8px; min-height: 40px;
    border: 1px solid var(--muted); border-radius: 6px; font-weight: 600; line-height: 1.2;
  }
  .stepper .name b {
    flex: none; width: 20px; height: 20px; border-radius: 50%; background: var(--muted);
    color: var(--paper); font-size: 13px; line-height: 20px; text-align: center;
  }
  .stepper .sentence {
    grid-row: 2; grid-column: 1 / -1; min-height: 2.9em; padding: 0 2px; color: var(--muted);
  }
  .stepper input:not(:checked) ~ .sentence { display: none; }
  .stepper input:checked + .name { background: var(--focus); border-color: var(--focus);
    color: var(--paper); }
  .stepper input:checked + .name b { background: var(--paper); color: var(--focus); }
  .stepper input:checked ~ .sentence { color: var(--ink); }
  .stepper input:focus-visible + .name { outline: 3px solid var(--orange); outline-offset: 2px; }
  .stepper .pointed .name { box-shadow: inset 0 0 0 2px var(--mark); }
  @container (max-width: 430px) {
    .stepper .name { flex-direction: column; gap: 3px; padding: 5px 2px; font-size: 13.5px; }
  }
  @container (min-width: 620px) {
    .stepper > div { gap: 6px 12px; }
    .stepper .sentence { grid-column: auto; }
    .stepper input:not(:checked) ~ .sentence { display: block; }
  }
  @media (forced-colors: active) {
    .stepper input:checked + .name {
      forced-color-adjust: none; background: Highlight; color: HighlightText;
    }
  }
`;

/**
 * A control, as those of controls.js: `value` is the number of a step, counted from 1. `steps` are
 * {name, sentence}. pointed(number) is called with the step that a mouse or the keyboard is at, with
 * 0 where it leaves; point(number) shows that something else points at it.
 */
export function stepper({ label, steps, value, pointed }) {
  const name = `stepper-${++stepperCount}`;
  const inputs = steps.map((_, i) => html("input", { type: "radio", name, value: String(i + 1) }));
  inputs[value - 1].checked = true;
  const labels = inputs.map((input, i) => {
    const number = html("b", { "aria-hidden": "true" }, String(i + 1));
    const step = html(
      "label",
      {},
      input,
      html("span", { class: "name" }, number, html("span", {}, steps[i].name)),
      html("span", { class: "sentence" }, steps[i].sentence),
    );
    step.addEventListener("pointerover", () => pointed(i + 1));
    step.addEventListener("pointerout", () => pointed(0));
    input.addEventListener("focus", () => pointed(input.matches(":focus-visible") ? i + 1 : 0));
    input.addEventListener("blur", () => pointed(0));
    return step;
  });
  return {
    element: html(
      "fieldset",
      { class: "control stepper whole" },
      html("legend", { class: "unseen" }, label),
      html("div", {}, ...labels),
    ),
    inputs,
    get value() {
      return inputs.findIndex((input) => input.checked) + 1;
    },
    /** What is no step is left aside. */
    set value(number) {
      if (inputs[number - 1]) inputs[number - 1].checked = true;
    },
    listen(changed) {
      for (const input of inputs) input.addEventListener("change", changed);
    },
    point(number) {
      labels.forEach((step, i) => step.classList.toggle("pointed", i + 1 === number));
    },
  };
}
