// What a reader moves. Each control is labelled, shows its value, and calls `changed` when moved.
// `element` goes onto the page; `value` can be read, and set without calling `changed`.

import { change, html } from "./markup.js";

let count = 0; // for ids, which tie a label to what it names

/** `format` turns the number into what stands beside the slider, units included. */
export function slider({ label, min, max, step, value, format = String, changed }) {
  const id = `control-${++count}`;
  const shown = html("output", { for: id });
  const input = html("input", { type: "range", id, min, max, step });
  const show = () => {
    shown.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  input.value = String(value);
  show();
  input.addEventListener("input", () => {
    show();
    changed();
  });
  return {
    element: html(
      "div",
      { class: "control" },
      html("div", { class: "named" }, html("label", { for: id }, label), shown),
      input,
    ),
    input,
    get value() {
      return Number(input.value);
    },
    set value(number) {
      input.value = String(number);
      show();
    },
    /** Move the end of the scale; the value goes with it if it lay beyond. */
    limit(max) {
      change(input, { max: String(max) });
      show();
    },
  };
}

/** One of a few, all of them in sight. `options` are [value, label] pairs of strings. */
export function choice({ label, options, value, changed }) {
  const name = `control-${++count}`;
  const inputs = options.map(([option]) =>
    change(html("input", { type: "radio", name, value: option }), {
      checked: option === value ? "" : null,
    }),
  );
  for (const input of inputs) input.addEventListener("change", changed);
  return {
    element: html(
      "fieldset",
      { class: "control choice" },
      html("legend", {}, label),
      ...inputs.map((input, i) => html("label", {}, input, html("span", {}, options[i][1]))),
    ),
    inputs,
    get value() {
      return inputs.find((input) => input.checked).value;
    },
    set value(option) {
      for (const input of inputs) input.checked = input.value === option;
    },
  };
}

/** One of many. `options` are [value, label] pairs of strings. */
export function menu({ label, options, value, changed }) {
  const id = `control-${++count}`;
  const input = html(
    "select",
    { id },
    ...options.map(([option, text]) => html("option", { value: option }, text)),
  );
  input.value = value;
  input.addEventListener("change", changed);
  return {
    element: html(
      "div",
      { class: "control" },
      html("div", { class: "named" }, html("label", { for: id }, label)),
      input,
    ),
    input,
    get value() {
      return input.value;
    },
    set value(option) {
      input.value = option;
    },
  };
}

/** A line of text in a language, given as in `lang`. Calls `changed` at every letter. */
export function textField({ label, value, language, changed }) {
  const id = `control-${++count}`;
  const input = html("input", {
    type: "text",
    id,
    lang: language,
    maxlength: "400",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
  });
  input.value = value;
  input.addEventListener("input", changed);
  return {
    element: html(
      "div",
      { class: "control wide" },
      html("div", { class: "named" }, html("label", { for: id }, label)),
      input,
    ),
    input,
    get value() {
      return input.value;
    },
    set value(text) {
      input.value = text;
    },
  };
}

export function button({ label, pressed }) {
  const element = html("button", { type: "button" }, label);
  element.addEventListener("click", pressed);
  return { element: html("div", { class: "control" }, element), input: element };
}
