// How much of a chapter stands open: its story, its code as well, or everything that can be unfolded.
// The choice is remembered. Without scripts everything can be unfolded one by one.

const VIEWS = [
  ["story", say("Story")],
  ["code", say("With the code")],
  ["everything", say("Everything")],
];
const REMEMBERED = "book-view";

// A page opened from disk, or in a private window, may not remember anything.
function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

function remember(view) {
  try {
    localStorage.setItem(REMEMBERED, view);
  } catch {
    // Then the choice holds for this page.
  }
}

/** What the view shows without being asked: code, but neither that of solutions nor of claims. */
function standsOpen(details, view) {
  if (view === "everything") return true;
  return view === "code" && details.matches(".hide") && !details.closest(".tag_solution");
}

function show(view, article) {
  document.documentElement.dataset.view = view;
  for (const details of article.querySelectorAll("details")) {
    details.open = standsOpen(details, view);
  }
}

function choice(view, article) {
  const group = document.createElement("fieldset");
  group.className = "views";
  const legend = document.createElement("legend");
  legend.textContent = say("Show");
  group.append(legend);
  for (const [value, name] of VIEWS) {
    const label = document.createElement("label");
    const button = document.createElement("input");
    Object.assign(button, { type: "radio", name: "view", value, checked: value === view });
    button.addEventListener("change", () => {
      remember(value);
      show(value, article);
    });
    const text = document.createElement("span");
    text.textContent = name;
    label.append(button, text);
    group.append(label);
  }
  return group;
}

/** A link into a folded part opens it. */
function openTarget() {
  const target =
    location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  let opened = false;
  for (let part = target; part; part = part.parentElement) {
    if (part.localName === "details" && !part.open) opened = part.open = true;
  }
  // The heading of a folded section is not folded itself: who comes for it wants to read on.
  const folded = target.querySelector(":scope > details.aside");
  if (folded) folded.open = true;
  if (opened) target.scrollIntoView();
}

const article = document.querySelector("article.bd-article");
if (article?.querySelector("div.cell")) {
  const stored = remembered();
  const view = VIEWS.some(([value]) => value === stored) ? stored : "story";
  article.querySelector("h1").after(choice(view, article));
  show(view, article);
}
addEventListener("hashchange", openTarget);
openTarget();
