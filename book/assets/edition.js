// Which edition a reader sees: that of the browser's language at the first visit, then the one chosen.
const CHOICE = "book-edition"; // in the browser's own store

function remember(language) {
  try {
    localStorage.setItem(CHOICE, language);
  } catch {} // a browser that keeps nothing asks again
}

function chosen() {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    return "unknown"; // and is led nowhere, again and again
  }
}

const other = document.querySelector('link[rel="alternate"][hreflang]');
const here = document.documentElement.lang.slice(0, 2);
if (chosen() === null) {
  remember(here);
  const reads = navigator.language.slice(0, 2);
  // An address below zh/ was somebody's choice already.
  if (reads === "zh" && here === "en" && other)
    location.replace(new URL(other.getAttribute("href"), location.href).href + location.hash);
}

addEventListener("click", (event) => {
  const link = event.target.closest("a.edition-switch");
  if (!link) return;
  remember(link.hreflang.slice(0, 2));
  link.hash = location.hash; // the same section, the same state of an explorer
});
