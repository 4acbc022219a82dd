// Numbered steps, each with a name and a sentence; one of them is chosen, and a button goes on.

import { html } from "../drawing/markup.js";
import { say } from "../text/words.js";
import { button } from "./controls.js";

let stepperCount = 0; // for the names of the groups of radio buttons

export const STEPPER_STYLE = `
  .stepper { container-type: inline-size; }
  .stepper > div { display: grid; grid-template-columns: repeat(4, 1fr); column-gap: 6px; }
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
  /* All in one place, which is as high as the highest: nothing moves from step to step. */
  .stepper .sentence {
    grid-row: 2; grid-column: 1 / 4; padding: 5px 2px 0; color: var(--muted); line-height: 1.35;
  }
  .stepper input:not(:checked) ~ .sentence { visibility: hidden; }
  .stepper .go-on {
    grid-row: 2; grid-column: 4; align-self: center; padding: 6px 4px; margin-top: 5px;
    background: var(--focus); border-color: var(--focus); color: var(--paper); line-height: 1.2;
  }
  .stepper input:checked + .name { background: var(--focus); border-color: var(--focus);
    color: var(--paper); }
  .stepper input:checked + .name b { background: var(--paper); color: var(--focus); }
  .stepper input:checked ~ .sentence { color: var(--ink); }
  .stepper input:focus-visible + .name { outline: 3px solid var(--orange); outline-offset: 2px; }
  .stepper .pointed .name { box-shadow: inset 0 0 0 2px var(--mark); }
  @container (max-width: 430px) {
    .stepper .name { flex-direction: column; gap: 3px; padding: 5px 2px; font-size: 13.5px; }
    .stepper .sentence { font-size: 14px; }
  }
  @container (min-width: 620px) {
    .stepper > div { grid-template-columns: 1.5fr 1.1fr 1fr 1fr 80px; column-gap: 8px; }
    .stepper .sentence {
      grid-column: auto; padding: 6px 9px; border: 2px solid transparent; border-top: 0;
      border-radius: 0 0 6px 6px;
    }
    .stepper input:not(:checked) ~ .sentence { visibility: visible; }
    /* The step and its sentence are one card. */
    .stepper input:checked + .name { border-radius: 6px 6px 0 0; }
    .stepper input:checked ~ .sentence { border-color: var(--focus); background: var(--faint); }
    .stepper .go-on { grid-row: 1; grid-column: 5; align-self: stretch; margin: 0; }
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
  const goOn = button({
    label: "",
    pressed: () => {
      const next = inputs[chosen() % steps.length];
      next.checked = true;
      next.dispatchEvent(new Event("change"));
    },
  }).input;
  goOn.className = "go-on";
  const chosen = () => inputs.findIndex((input) => input.checked) + 1;
  const show = () => {
    goOn.textContent = chosen() < steps.length ? say("next →") : say("↺ again");
  };
  for (const input of inputs) input.addEventListener("change", show);
  show();
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
      html("div", {}, ...labels, goOn),
    ),
    inputs,
    get value() {
      return chosen();
    },
    /** What is no step is left aside. */
    set value(number) {
      if (inputs[number - 1]) inputs[number - 1].checked = true;
      show();
    },
    listen(changed) {
      for (const input of inputs) input.addEventListener("change", changed);
    },
    point(number) {
      labels.forEach((step, i) => step.classList.toggle("pointed", i + 1 === number));
    },
  };
}
