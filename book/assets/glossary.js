// A field that leaves of the glossary's entries those with a name that holds what is typed: English,
// Chinese, or pinyin, with or without tones and spaces, or the first letters of its syllables.

/** Lower case, without accents and tones; ü as v, as one types it. */
const plain = (text) =>
  text.toLowerCase().normalize("NFD").replaceAll("u\u0308", "v").replace(/\p{M}/gu, "");
const joined = (text) => plain(text).replace(/[\s–-]+/g, "");

/** The ways in which one could type a name. */
function spellings(name) {
  const pinyin = name.querySelector(".pinyin")?.textContent ?? "";
  const copy = name.cloneNode(true);
  for (const part of copy.querySelectorAll(".pinyin, .headerlink")) part.remove();
  const syllables = plain(pinyin).split(" ");
  const initials = syllables.map((syllable) => syllable.slice(0, 1)).join("");
  return [
    joined(copy.textContent),
    syllables.join(""),
    initials,
    joined(pinyin).replaceAll("v", "u"),
  ];
}

/** The entries: their elements, names and definition, and how they can be found. */
function entriesOf(list) {
  const entries = [];
  for (const part of list.children) {
    const follows = entries.at(-1)?.parts.at(-1).localName === "dt";
    if (!follows) entries.push({ parts: [], spellings: [] });
    entries.at(-1).parts.push(part);
    if (part.localName === "dt") entries.at(-1).spellings.push(...spellings(part));
  }
  return entries;
}

const list = document.querySelector("dl.glossary");
const entries = entriesOf(list);
const index = document.querySelector(".pinyin-index")?.closest("section");

const field = document.createElement("input");
field.type = "search";
field.id = "glossary-filter";
field.autocomplete = "off";
field.spellcheck = false;
const label = document.createElement("label");
label.htmlFor = field.id;
label.textContent = say("Find a term");
const hint = document.createElement("span");
hint.textContent = say("English, 中文 or pinyin");
hint.className = "hint";
const count = document.createElement("output");
count.htmlFor = field.id;
const form = document.createElement("div");
form.className = "glossary-filter";
label.append(" ", hint);
form.append(label, field, count);
list.before(form);

function filter() {
  const asked = joined(field.value);
  let found = 0;
  for (const entry of entries) {
    const fits = entry.spellings.some((spelling) => spelling.includes(asked));
    found += Number(fits);
    for (const part of entry.parts) part.hidden = !fits;
  }
  if (index) index.hidden = asked !== "";
  count.value = asked === "" ? "" : say("{0} of {1} terms", found, entries.length);
}

field.addEventListener("input", filter);
field.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  field.value = "";
  filter();
});
// A link to an entry leads to it, whatever the field holds.
addEventListener("hashchange", () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.closest("[hidden]")) return;
  field.value = "";
  filter();
  target.scrollIntoView();
});
