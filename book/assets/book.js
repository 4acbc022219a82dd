// What the page's scripts write, in its language: as in utils/explorers/javascript/text/words.js. They
// all come after this one.
function say(english, ...values) {
  const text = globalThis.bookWords?.[english] ?? english;
  return text.replace(/\{(\d+)\}/g, (place, i) => values[i] ?? place);
}

// From disk a page may not read another one, which the search would do to quote from what it finds.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// What unfolds the pages below a page in the list of all pages: an arrow, which needs a name as well.
document.addEventListener("DOMContentLoaded", () => {
  for (const arrow of document.querySelectorAll("summary:has(> .toctree-toggle)")) {
    const page = arrow.closest("li").querySelector("a").textContent;
    arrow.setAttribute("aria-label", say("Pages below “{0}”", page));
  }
});

// The theme's links open a page, but a notebook that a browser opens is a page of raw text.
document.addEventListener("DOMContentLoaded", () => {
  for (const link of document.querySelectorAll("a.btn-download-notebook-button")) {
    link.download = "";
    link.removeAttribute("target");
  }
});

// What scrolls has to be reached by keyboard, too; what does not, is no stop of the tab key.
const MAY_SCROLL = ".drawing .scrolls-aside, .bd-sidebar";
const sizes = new ResizeObserver((entries) => {
  for (const scroller of new Set(entries.map(({ target }) => target.closest(MAY_SCROLL)))) {
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = scroller;
    if (scrollWidth > clientWidth || scrollHeight > clientHeight) scroller.tabIndex = 0;
    else scroller.removeAttribute("tabindex");
  }
});
document.addEventListener("DOMContentLoaded", () => {
  // The box may change, and so may what is in it.
  for (const scroller of document.querySelectorAll(MAY_SCROLL))
    for (const box of [scroller, ...scroller.children]) sizes.observe(box);
});

// A dialog gives the focus back to the button that opened it. The theme does so on wide screens only.
const OPENERS = ".search-button__button, .primary-toggle, .secondary-toggle";
let opener = null;
addEventListener(
  "click",
  (event) => {
    opener = event.target.closest(OPENERS);
  },
  true,
);
addEventListener(
  "close",
  () => {
    opener?.focus();
    opener = null; // the next one may be opened by a key
  },
  true,
);

// Paper is white: in a dark theme the text would be pale on it.
const page = document.documentElement;
let themeOnScreen = null;
function print() {
  themeOnScreen ??= page.dataset.theme;
  page.dataset.theme = "light";
}
function endPrint() {
  if (themeOnScreen) page.dataset.theme = themeOnScreen;
  themeOnScreen = null;
}
addEventListener("beforeprint", print);
addEventListener("afterprint", endPrint);
const paper = matchMedia("print"); // not all that print a page say so beforehand
paper.addEventListener("change", () => (paper.matches ? print() : endPrint()));
