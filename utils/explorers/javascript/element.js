// What every explorer is: a custom element that draws in a shadow root from data that lies beside
// it in the page, follows the page's theme, and says aloud what came out.

import { WAY_BACK_STYLE, wayBack } from "./controls/way_back.js";
import { change, html } from "./drawing/markup.js";
import { pointOut, scrollBehavior } from "./drawing/motion.js";
import { STYLE } from "./drawing/style.js";
import { together } from "./text/joined.js";
import { say } from "./text/words.js";

// How long a control must rest before a screen reader is told the result and the address of the page
// says what is seen, in milliseconds.
const REST = 500;

/**
 * An explorer is a state, a view of it, and events that change it. It overrides
 *   build(data): returns {stage, controls, state, hint}: two lists, pictures and what moves them, of
 *     elements or of controls (controls.js); by name all that the pictures depend on, each a
 *     control or held(value); and in some five words what to do first, which goes with the first use;
 *   update(state): draws the state, which holds plain values by name; returns {result, summary}.
 *     `result` holds the numbers shown, for whoever drives the explorer from outside, and isLate
 *     while some of them are computed beside the page; `summary` is a sentence.
 * A control that moves is drawn at once. Any other event, such as a drag, calls this.set().
 *
 * On a page of the book the address keeps what has been changed, and who opens it sees the same. So a
 * link of the page, such as [see it](#book-NAME.STATE=VALUE), leads to what its words are about, and
 * a button on the explorer's edge leads back to it.
 */
export class Explorer extends HTMLElement {
  #live = null;
  #panel = null;
  #printed = null;
  #timer = 0;
  #hint = null;
  #wayBack = wayBack(this);
  #state = {};
  #initial = {};

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
      const { stage, controls, state, hint = "" } = this.build(JSON.parse(source.textContent));
      this.#state = state;
      this.#initial = this.state;
      for (const part of Object.values(state)) part.listen?.(() => this.refresh());
      this.#hint = html("p", { class: "hint-first" }, hint);
      this.#live = html("p", { class: "unseen", "aria-live": "polite" });
      this.#printed = html("p", { class: "printed", "aria-hidden": "true" });
      this.#panel = html(
        "div",
        { class: "panel", role: "group", "aria-label": this.getAttribute("label"), tabindex: "-1" },
        this.#hint,
        this.#wayBack.element,
        html("div", { class: "stage" }, ...stage.map(elementOf)),
        html("div", { class: "controls" }, ...controls.map(elementOf)),
        this.#live,
        this.#printed,
      );
      root.append(html("style", {}, STYLE + WAY_BACK_STYLE), this.#panel);
      followTheme(this.#panel, this);
      followHold(this.#panel);
      this.#followAddress();
      this.refresh();
    } catch (error) {
      console.error(error);
      // The picture that stands in the element for readers without scripts.
      root.replaceChildren(document.createElement("slot"));
    }
  }

  /** Plain values by name. */
  get state() {
    return Object.fromEntries(
      Object.entries(this.#state).map(([name, part]) => [name, part.value]),
    );
  }

  /** Change the state by name, and draw it. */
  set(values) {
    for (const [name, value] of Object.entries(values)) this.#state[name].value = value;
    this.refresh();
  }

  /** Draw the state as it is. */
  refresh() {
    this.#draw(true);
  }

  #draw(isNews) {
    const { result, summary } = this.update(this.state);
    const isFirst = this.result === null;
    this.result = result;
    const settings = this.#settings;
    this.#printed.textContent = settings ? together(settings, summary) : summary; // paper has no controls
    clearTimeout(this.#timer);
    if (isFirst) return; // nobody has moved anything yet
    change(this.#hint, { "data-away": "" });
    this.#timer = setTimeout(() => {
      // Half of what is seen may be of another state yet; the rest draws once more when it comes.
      if (!result?.isLate) this.#live.textContent = summary;
      if (isNews && isPageOfBook()) writeAddress(this.localName, this.state, this.#initial);
    }, REST);
  }

  /** What the controls are set to, in words. */
  get #settings() {
    const told = Object.values(this.#state).flatMap((part) => part.told ?? []);
    const list = told.join(say("; "));
    return list ? say("Set to: {0}.", list) : "";
  }

  /** Take over the state that the page's address holds, now and whenever it is another one. */
  #followAddress() {
    if (!isPageOfBook()) return;
    const take = (values) => {
      for (const [name, part] of Object.entries(this.#state))
        part.value = values[name] ?? this.#initial[name];
    };
    const here = () => {
      const { values, isFirst } = readAddress(this.localName, this.#initial);
      return { values, isFirst, isKnown: Object.keys(values).length > 0 };
    };
    const follow = (link) => {
      const { values, isFirst } = here();
      take(values);
      this.#draw(false);
      if (!isFirst) return;
      this.#scrollHere(scrollBehavior());
      this.#panel.focus({ preventScroll: true });
      pointOut(this.#panel);
      if (link) this.#wayBack.show(link);
    };
    let clicked = null; // the link that leads here
    const left = new Map(); // by the address where it was clicked: the link, and what was seen
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.(`a[href^="#${this.localName}."]`);
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (link.hash !== location.hash) clicked = link;
      else {
        event.preventDefault(); // the address stays, so nobody would be told
        follow(link);
      }
    });
    addEventListener("hashchange", ({ oldURL, newURL }) => {
      const from = clicked;
      clicked = null;
      if (from) left.set(oldURL, { link: from, state: this.state });
      const goneBack = from ? undefined : left.get(newURL);
      if (!goneBack) return here().isKnown && follow(from);
      this.#wayBack.hide();
      take(goneBack.state);
      this.#draw(false);
      goneBack.link.focus({ preventScroll: true }); // the browser scrolls
    });
    const { values, isFirst, isKnown } = here();
    if (isKnown) take(values);
    if (isFirst && isKnown) this.#scrollHere("auto");
  }

  // What is higher than the window is seen from its top.
  #scrollHere(behavior) {
    const isHigh = this.getBoundingClientRect().height > innerHeight;
    this.scrollIntoView({ block: isHigh ? "start" : "center", behavior });
  }
}

/** A part of the state that no control shows, such as the place of something that is dragged. */
export function held(value) {
  return { value };
}

function elementOf(part) {
  return part instanceof Element ? part : part.element;
}

// In the address, a value stands as #EXPLORER.NAME=VALUE, several of them joined by &. Only what is
// not as it was at first is there. Lists are joined by commas.

/** A notebook's address belongs to the program that shows it. */
function isPageOfBook() {
  return document.documentElement.hasAttribute("data-content_root");
}

/** The values of an explorer's state that the address holds; isFirst: it is the first one there. */
function readAddress(explorer, initial) {
  const held = [...new URLSearchParams(location.hash.slice(1))];
  const values = {};
  for (const [key, text] of held) {
    const name = key.slice(explorer.length + 1);
    if (!key.startsWith(`${explorer}.`) || !Object.hasOwn(initial, name)) continue;
    const value = parsed(text, initial[name]);
    if (value !== undefined) values[name] = value;
  }
  return { values, isFirst: held[0]?.[0].startsWith(`${explorer}.`) };
}

function writeAddress(explorer, state, initial) {
  const kept = [...new URLSearchParams(location.hash.slice(1))].filter(
    ([key]) => key.includes(".") && !key.startsWith(`${explorer}.`),
  );
  const changed = Object.entries(state).filter(([name, value]) => {
    return String(value) !== String(initial[name]);
  });
  // The one that was moved last comes first: it is what an opened address shows.
  const all = [...changed.map(([name, value]) => [`${explorer}.${name}`, String(value)]), ...kept];
  const hash = all.length ? `#${new URLSearchParams(all)}` : "";
  history.replaceState(history.state, "", location.pathname + location.search + hash);
}

/** Text from the address as a value of the kind that the state began with, or undefined. */
function parsed(text, initial) {
  if (Array.isArray(initial)) {
    const numbers = text === "" ? [] : text.split(",").map(Number);
    return numbers.every(Number.isFinite) ? numbers : undefined;
  }
  if (typeof initial === "number") {
    return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
  }
  if (typeof initial === "boolean") return text === "true";
  return text;
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

/** The panel knows while a pointer holds a slider or a drawing: nothing then glides behind it. */
function followHold(panel) {
  panel.addEventListener("pointerdown", ({ target }) => {
    if (target.closest("input[type='range'], svg")) panel.dataset.held = "";
  });
  for (const kind of ["pointerup", "pointercancel"])
    addEventListener(kind, () => delete panel.dataset.held);
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
