// What a term means, which paper is cited, what a formula's symbols stand for: shown beside it while a
// mouse or the keyboard is there, or after a tap. The texts stand in the page: BOOK_TIPS, [{title, text,
// more, page}], written by tools/sphinx_extensions/tips.py, which also numbers them in `data-tips`.

// Names are long where another script of the page could have the same: all share one scope.

// A formula is drawn by MathJax; only the drawing counts, not the line that it stands in.
const MARKED = "a[data-tips], [data-tips] mjx-math";
const WAIT_TO_SHOW = 150; // milliseconds: a mouse on its way to elsewhere opens nothing
const WAIT_TO_HIDE = 250; // milliseconds: time to move onto the tip
const MARGIN = 8; // pixels between the tip and the edges of the window

const tip = document.createElement("div");
tip.className = "book-tip";
tip.hidden = true;
const says = document.createElement("div");
says.id = "book-tip";
says.setAttribute("role", "tooltip");
const more = document.createElement("a");
more.className = "book-tip-more";
more.tabIndex = -1; // with the keyboard, the marked link itself leads there
tip.append(says, more);
(document.querySelector("main") ?? document.body).append(tip); // all of a page stands in a landmark

let shown = null; // what the tip is about: a link or a drawn formula
let described = null; // what the tip describes to a screen reader
let timer = 0;
let touching = false;

const marked = (target) => target?.closest?.(MARKED) ?? null;
const inFormula = (target) => target.closest?.("mjx-container")?.querySelector(MARKED) ?? null;

/** One tip of a link as it is, or a list of a formula's symbols. */
function fillTip(entries) {
  const parts = entries.map(({ title, text }) => {
    const part = document.createElement("div");
    part.innerHTML = `${title && `<p class="book-tip-title">${title}</p>`}<div>${text}</div>`;
    return part;
  });
  says.replaceChildren(...parts);
}

/** Below what it is about, or above where that leaves more room; always inside of the window. */
function placeTip(about) {
  const box = about.getBoundingClientRect();
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  const left = Math.min(box.left, width - MARGIN - tip.offsetWidth);
  const below = height - box.bottom;
  const isAbove = below < tip.offsetHeight + MARGIN && box.top > below;
  const room = (isAbove ? box.top : below) - 2 * MARGIN;
  tip.style.maxHeight = `${Math.max(room, 120)}px`;
  const top = isAbove ? box.top - tip.offsetHeight - 4 : box.bottom + 4;
  const origin = tip.offsetParent.getBoundingClientRect();
  tip.style.left = `${Math.max(left, MARGIN) - origin.left}px`;
  tip.style.top = `${Math.max(top, MARGIN) - origin.top}px`;
  // What does not fit can be scrolled, with the keyboard too.
  if (tip.scrollHeight > tip.clientHeight) tip.tabIndex = 0;
  else tip.removeAttribute("tabindex");
}

async function showTip(about, focused = about) {
  clearTimeout(timer);
  if (shown === about) return;
  hideTip();
  shown = about;
  const holder = about.closest("[data-tips]");
  const entries = holder.dataset.tips.split(" ").map((number) => BOOK_TIPS[number]);
  window.MathJax?.typesetClear?.([says]);
  fillTip(entries);
  more.textContent = entries[0].more;
  more.href = entries[0].page || holder.href;
  tip.style.maxHeight = "";
  tip.classList.remove("is-shown");
  tip.classList.toggle("is-key", holder.matches(".math"));
  tip.hidden = false;
  if (says.querySelector(".math")) {
    await window.MathJax?.startup?.promise;
    await window.MathJax?.typesetPromise?.([says]);
    for (const formula of says.querySelectorAll("[tabindex]")) formula.removeAttribute("tabindex");
  }
  if (shown !== about) return; // something else was pointed at meanwhile
  described = focused;
  described.setAttribute("aria-describedby", says.id);
  placeTip(about);
  tip.classList.add("is-shown");
}

function hideTip() {
  clearTimeout(timer);
  described?.removeAttribute("aria-describedby");
  shown = described = null;
  tip.hidden = true;
}

function after(wait, act) {
  clearTimeout(timer);
  timer = setTimeout(act, wait);
}

document.addEventListener("pointerover", (event) => {
  touching = event.pointerType === "touch";
  if (touching) return;
  const about = marked(event.target);
  if (about) after(WAIT_TO_SHOW, () => showTip(about));
  else if (tip.contains(event.target)) clearTimeout(timer);
  else if (document.activeElement !== described) after(WAIT_TO_HIDE, hideTip);
});

document.addEventListener("focusin", ({ target }) => {
  if (!target.matches(":focus-visible")) return;
  const about = target.matches(MARKED) ? target : inFormula(target);
  if (about) showTip(about, target);
  else if (!tip.contains(target)) hideTip();
});

document.addEventListener("focusout", ({ relatedTarget }) => {
  if (described && !tip.contains(relatedTarget)) after(WAIT_TO_HIDE, hideTip);
});

// A finger's first tap shows the tip, a second one on the same link follows it.
document.addEventListener("pointerdown", (event) => {
  touching = event.pointerType === "touch";
});
document.addEventListener("click", (event) => {
  if (!touching) return;
  const about = marked(event.target);
  if (about && about !== shown) {
    event.preventDefault();
    showTip(about);
  } else if (!about && !tip.contains(event.target)) hideTip();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && shown) hideTip();
});
addEventListener("resize", hideTip);
addEventListener("beforeprint", hideTip);
