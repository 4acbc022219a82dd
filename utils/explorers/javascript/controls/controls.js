// What a reader moves. Each control is labelled, shows its value, and tells those who listen() when
// a reader moves it. `element` goes onto the page; `value` can be read, and set without being told;
// `told` says on paper what it is set to.

import { change, html } from "../drawing/markup.js";

let count = 0; // for ids, which tie a label to what it names

/**
 * `format` turns the number into what stands beside the slider, units included; `note` says below
 * the label what it does.
 */
export function slider({ label, min, max, step, value, format = String, note = "" }) {
  const id = `control-${++count}`;
  const shown = html("output", { for: id });
  const noted = note ? html("p", { class: "what-it-does muted", id: `${id}-note` }, note) : "";
  const input = html("input", {
    ...{ type: "range", id, min, max, step },
    "aria-describedby": note ? noted.id : null,
  });
  const show = () => {
    shown.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  let wanted = value; // may lie beyond the end of the scale, until that is moved
  input.value = String(value);
  show();
  input.addEventListener("input", () => {
    wanted = Number(input.value);
    show();
  });
  return {
    element: html(
      "div",
      { class: "control" },
      html("div", { class: "named" }, html("label", { for: id }, label), shown),
      noted,
      input,
    ),
    input,
    get value() {
      return Number(input.value);
    },
    get told() {
      return `${label} ${shown.textContent}`;
    },
    set value(number) {
      wanted = number;
      input.value = String(number);
      show();
    },
    /** Move the end of the scale; the value goes with it as far as it can. */
    limit(max) {
      change(input, { max: String(max) });
      input.value = String(wanted);
      show();
    },
    listen: (changed) => input.addEventListener("input", changed),
  };
}

/** One of a few, all of them in sight. `options` are [value, label] pairs of strings. */
export function choice({ label, options, value }) {
  const name = `control-${++count}`;
  const inputs = options.map(([option]) =>
    change(html("input", { type: "radio", name, value: option }), {
      checked: option === value ? "" : null,
    }),
  );
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
    get told() {
      return `${label} ${options[inputs.findIndex((input) => input.checked)][1]}`;
    },
    /** What is no option is left aside. */
    set value(option) {
      const chosen = inputs.find((input) => input.value === option);
      if (chosen) chosen.checked = true;
    },
    listen(changed) {
      for (const input of inputs) input.addEventListener("change", changed);
    },
  };
}

/**
 * One of many. `options` are [value, label] pairs of strings; where a third says what some have in
 * common, they stand below it.
 */
export function menu({ label, options, value }) {
  const id = `control-${++count}`;
  const input = html("select", { id });
  const groups = new Map(); // by what they have in common
  for (const [option, text, group] of options) {
    if (group && !groups.has(group)) groups.set(group, html("optgroup", { label: group }));
    if (group) input.append(groups.get(group));
    (groups.get(group) ?? input).append(html("option", { value: option }, text));
  }
  input.value = value;
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
    get told() {
      return `${label} ${input.selectedOptions[0].textContent}`;
    },
    /** What is no option is left aside. */
    set value(option) {
      if (options.some(([known]) => known === option)) input.value = option;
    },
    listen: (changed) => input.addEventListener("change", changed),
  };
}

/** A line of text in a language, given as in `lang`. Every letter is a change. */
export function textField({ label, value, language }) {
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
    get told() {
      return `“${input.value}”`;
    },
    listen: (changed) => input.addEventListener("input", changed),
  };
}

export function button({ label, pressed }) {
  const element = html("button", { type: "button" }, label);
  element.addEventListener("click", pressed);
  return { element: html("div", { class: "control" }, element), input: element };
}
