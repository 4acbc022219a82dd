// What every explorer is: a custom element that draws in a shadow root from data that lies beside
// it in the page, follows the page's theme, and says aloud what came out.

import { html } from "./markup.js";
import { STYLE } from "./style.js";

// How long a slider must rest before a screen reader is told the result, in milliseconds.
const REST = 500;

/**
 * An explorer overrides
 *   build(data): returns {stage, controls}, two lists of elements: pictures, and what moves them;
 *   update(): computes and draws anew from the controls; returns {result, summary}. `result` holds
 *     the numbers shown, for whoever drives the explorer from outside; `summary` is a sentence.
 * and calls this.refresh() when a control has moved.
 */
export class Explorer extends HTMLElement {
  #live = null;
  #timer = 0;

  /** The numbers that are shown, as update() returned them. */
  result = null;

  connectedCallback() {
    this.start();
  }

  /** Does nothing the second time, nor while the data beside the element has not been read. */
  start() {
    const source = this.querySelector(":scope > script[type='application/json']");
    if (this.shadowRoot || !source) return;
    // Else JupyterLab would take the arrow keys away from the sliders.
    this.dataset.lmSuppressShortcuts = "true";
    const root = this.attachShadow({ mode: "open" });
    try {
      const { stage, controls } = this.build(JSON.parse(source.textContent));
      this.#live = html("p", { class: "unseen", "aria-live": "polite" });
      const panel = html(
        "div",
        { class: "panel", role: "group", "aria-label": this.getAttribute("label") },
        html("div", { class: "stage" }, ...stage),
        html("div", { class: "controls" }, ...controls),
        this.#live,
      );
      root.append(html("style", {}, STYLE), panel);
      followTheme(panel, this);
      this.refresh();
    } catch (error) {
      console.error(error);
      // The picture that stands in the element for readers without scripts.
      root.replaceChildren(document.createElement("slot"));
    }
  }

  refresh() {
    const { result, summary } = this.update();
    const isFirst = this.result === null;
    this.result = result;
    clearTimeout(this.#timer);
    if (isFirst) return; // nobody has moved anything yet
    this.#timer = setTimeout(() => {
      this.#live.textContent = summary;
    }, REST);
  }
}

/** Make `name` an element of the page, unless an earlier output has, and start all that wait. */
export function define(name, explorer) {
  if (!customElements.get(name)) customElements.define(name, explorer);
  for (const element of document.querySelectorAll(name)) element.start?.();
}

function followTheme(panel, host) {
  const follow = () => {
    panel.dataset.theme = isDark(host) ? "dark" : "light";
  };
  follow();
  const observer = new MutationObserver(follow);
  for (const element of [document.documentElement, document.body])
    observer.observe(element, { attributes: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
}

/** Whether the element lies on a dark ground: the book's page, JupyterLab and Colab each say so in
 * a way of their own, but all paint it. */
function isDark(host) {
  for (let element = host; element; element = element.parentElement) {
    const [, channels] = getComputedStyle(element).backgroundColor.match(/^rgba?\((.*)\)$/) ?? [];
    const [red, green, blue, opacity = 1] = (channels ?? "0, 0, 0, 0").split(",").map(Number);
    if (opacity > 0.5) return 0.3 * red + 0.59 * green + 0.11 * blue < 128;
  }
  const named = document.documentElement.getAttribute("theme"); // Colab's frames are transparent
  return named ? named === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
