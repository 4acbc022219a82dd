// The search page, on top of Sphinx's own search: chapters come first, then terms of the glossary,
// each under its name and with a link to itself, then the other pages, those on the code last.
// What is quoted is prose. Chinese is found in pieces, since nothing parts its words.
//
// Sphinx reads the index, takes the question apart and lists what is found; which pages those are
// and in what order is decided here. BOOK_TERMS, [{names, anchor}], is written by
// tools/sphinx_extensions/site.py.

const KINDS = [
  /^(chapters\/|book\/before_you_start$)/,
  /^book\/glossary$/,
  /^(?!book\/api\/)/,
  /^/, // the code
];
const GLOSSARY = 1;
const QUOTED = "p, li, dd"; // what a result is quoted from, but not inside of these
const NO_PROSE =
  ".cell_input, .cell_output, .prev-next-area, .headerlink, script, style, nav, summary, pre";
const QUOTE = 240; // letters
const SENTENCE = 60; // letters; what has fewer is a heading or a name
const HAN = /\p{Script=Han}/u;

const stemmer = new Stemmer();
const stemmed = (text) => splitQuery(text.toLowerCase()).map((word) => stemmer.stemWord(word));
const kindOf = (name) => KINDS.findIndex((pages) => pages.test(name));

/** What to look for: a word of an alphabet, or the longest pieces of a Chinese one that there are. */
function piecesOf(word) {
  if (!HAN.test(word)) return [word];
  const tokens = Object.keys(Search._index.terms).filter((token) => HAN.test(token));
  const pieces = [];
  for (let rest = [...word]; rest.length; rest = rest.slice([...pieces.at(-1)].length)) {
    const ends = rest.map((_, i) => rest.slice(0, rest.length - i).join(""));
    pieces.push(ends.find((end) => tokens.some((token) => token.includes(end))) ?? rest[0]);
  }
  const long = pieces.filter((piece) => piece.length > 1);
  return long.length ? long : pieces;
}

/** The numbers of all pages with a token that is the piece or, if there is none, contains it. */
function pagesWith(piece) {
  const pages = [Search._index.terms, Search._index.titleterms].flatMap((tokens) =>
    Object.hasOwn(tokens, piece) && !HAN.test(piece)
      ? tokens[piece]
      : Object.keys(tokens).flatMap((token) => (token.includes(piece) ? tokens[token] : [])),
  );
  return new Set(pages);
}

/** How well a title answers: 3 it is the question, 2 it begins so, 1 it holds all words, 0 not. */
function fit(title, question) {
  const plain = title.toLowerCase().replace(/^\d+ /, "");
  if (plain === question) return 3;
  const own = stemmed(plain);
  const holds = HAN.test(question)
    ? plain.includes(question)
    : stemmed(question).every((word) => own.includes(word));
  return holds ? 1 + Number(plain.startsWith(question)) : 0;
}

/** The best of the fits. */
const fitAny = (title, questions) => Math.max(...questions.map((asked) => fit(title, asked)));

/** What a Chinese question asks for, and the English names of the terms that it may mean. */
function inEnglish(questions) {
  const meant = BOOK_TERMS.filter(({ names }) =>
    names.some((name) => questions.some((asked) => HAN.test(asked) && name.includes(asked))),
  );
  return [...questions, ...meant.map(({ names }) => names[0].toLowerCase())];
}

/** Results as Sphinx lists them, [page, title, anchor, description, score, file], best last. */
Search._performSearch = (query, searchTerms, _excluded, _highlighted, objectTerms) => {
  document.getElementById("search-progress")?.replaceChildren();
  const { docnames, filenames, titles, alltitles } = Search._index;
  const question = query.toLowerCase().trim();
  const found = []; // {rank, result}; the lower the rank the better, compared from its beginning
  const add = (rank, page, title, anchor, description = null) =>
    found.push({ rank, result: [docnames[page], title, anchor, description, 0, filenames[page]] });

  const pieces = [...searchTerms].flatMap(piecesOf);
  const asked = [question, ...pieces.filter((piece) => HAN.test(piece))];
  const inBoth = inEnglish(asked);
  const fits = (title) => fitAny(title, inBoth);
  const places = pieces.map(pagesWith);
  docnames.forEach((name, page) => {
    if (!places.length || !places.every((pages) => pages.has(page))) return;
    let section = { best: fits(titles[page]), title: titles[page], anchor: "" };
    for (const [title, where] of Object.entries(alltitles))
      for (const [at, id] of where)
        if (at === page && id && fits(title) > section.best)
          section = { best: fits(title), title: `${titles[page]} › ${title}`, anchor: `#${id}` };
    // The glossary's entries say more than its page, which comes behind them.
    const kind = kindOf(name);
    add(
      [kind, kind === GLOSSARY ? 9 : 0, -section.best, name],
      page,
      section.title,
      section.anchor,
    );
  });

  const glossary = docnames.findIndex((name) => kindOf(name) === GLOSSARY);
  for (const { names, anchor } of BOOK_TERMS) {
    const best = places.length && Math.max(...names.map((name) => fitAny(name, asked)));
    const title = say("{0} (glossary)", names.join(" · "));
    if (best) add([GLOSSARY, 0, -best, names[0]], glossary, title, `#${anchor}`);
  }

  for (const term of [...objectTerms].filter((word) => !stopwords.includes(word)))
    for (const [name, title, anchor, description, score] of Search.performObjectSearch(
      term,
      objectTerms,
    ))
      add([KINDS.length, 0, -score, title], docnames.indexOf(name), title, anchor, description);

  const compare = ({ rank: a }, { rank: b }) => {
    const i = a.findIndex((value, at) => value !== b[at]);
    return i < 0 ? 0 : a[i] < b[i] ? -1 : 1;
  };
  const seen = new Set();
  return found
    .sort(compare)
    .map(({ result }) => result)
    .filter(([page, , anchor]) => !seen.has(page + anchor) && seen.add(page + anchor))
    .reverse();
};

/** A paragraph of the page that has the words in it, or of the section that a result leads to. */
Search.makeSearchSummary = (page, words, anchor) => {
  const main = new DOMParser().parseFromString(page, "text/html").querySelector("[role='main']");
  let part = (anchor && main?.querySelector(anchor)) || main;
  if (part?.localName === "dt") part = part.parentElement.querySelector(`${anchor} ~ dd`);
  if (!part) return null;
  for (const element of part.querySelectorAll(NO_PROSE)) element.remove();
  const paragraphs = [...(part.matches(QUOTED) ? [part] : part.querySelectorAll(QUOTED))]
    .map((element) =>
      element.textContent
        .replace(/\\[()]/g, "")
        .replace(/\s+/g, " ")
        .trim(),
    )
    .filter((text) => text);
  const wanted = [...words].flatMap(piecesOf);
  const count = (text) => wanted.filter((word) => text.toLowerCase().includes(word)).length;
  const worth = (text) => 2 * count(text) + Number(text.length >= SENTENCE);
  const best = Math.max(...paragraphs.map(worth));
  const text = paragraphs.find((paragraph) => worth(paragraph) === best);
  if (!text) return null;
  const quote = document.createElement("p");
  quote.className = "context";
  quote.textContent = excerpt(text, wanted);
  return quote;
};

/** So much of a text that the first of the words stands in it, cut between words. */
function excerpt(text, words) {
  const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0);
  const first = Math.min(...places, text.length);
  let start = first < QUOTE - 40 || !places.length ? 0 : first - QUOTE / 2;
  if (start) start = text.indexOf(" ", start) + 1;
  let end = text.length <= start + QUOTE ? text.length : text.lastIndexOf(" ", start + QUOTE);
  if (end <= start) end = start + QUOTE;
  return (start ? "… " : "") + text.slice(start, end) + (end < text.length ? " …" : "");
}
