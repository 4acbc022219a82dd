// A sentence that somebody typed, as the tokens a network knows, or what to change in it: what
// utils/text/typed_sentences.py does, letter for letter, and how a sentence is written (utils/text/corpus.py).

import { UNKNOWN } from "./control_tokens.js";
import { listed } from "./joined.js";
import { say } from "./words.js";

const CONTROL_TOKEN_COUNT = 4; // padding, start, end and unknown are no words
const FINAL_MARKS = ".?!…";
const DOUBLE_QUOTES = '"„“”«»';
const SINGLE_QUOTES = "'‚‘’‹›";
const QUOTES = DOUBLE_QUOTES + SINGLE_QUOTES;
// How to write without umlauts.
const PLAIN_LETTERS = { ä: "ae", ö: "oe", ü: "ue", "’": "'" };
const JOINER = "+"; // ends a token that the next one is written onto: "ein+", "und+", "zwanzig"
const HYPHEN = "-"; // ends one that is written with the hyphen: "twenty-", "one"
const MOST_NAMED = 5; // unknown words that a message names; it counts the others
const LONGEST_NAME = 30; // letters that it shows of each
// Words by which a language is known: frequent ones that the others here do not have.
const FREQUENT = [
  [say("German"), "der die das den dem ein eine einen einem und nicht ist sind hat ich du er wir"],
  [
    say("English"),
    "the a is are has have does and not of to i you he she they we my your his this",
  ],
].map(([name, words]) => ({ name, words: words.split(" ") }));
const FEWEST_FREQUENT = 3; // of them that the vocabulary of a network which reads the language has
const CHINESE = /[\u3400-\u4dbf\u4e00-\u9fff]/u;
const LETTER = /^[\p{L}\p{N}]/u;
const CAPITAL = /^\p{Uppercase}/u;
// TOKEN of utils/text/multi30k.py: a number such as 2.50; letters and digits joined by hyphens; what
// follows an apostrophe; any other sign alone.
const TOKEN = new RegExp(
  [
    String.raw`\p{Nd}+(?:[.,]\p{Nd}+)+`,
    String.raw`[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*`,
    String.raw`(?<=[\p{L}\p{N}])['’][\p{L}\p{N}]+`,
    String.raw`\S`,
  ].join("|"),
  "gu",
);

/** The tokens of one language: `tokens` in the order of their ids, control tokens first. */
export class Vocabulary {
  #idOf = new Map();
  #spelled = new Map(); // plain spelling -> tokens
  #longest = 0;

  constructor(tokens) {
    this.tokens = tokens;
    tokens.slice(CONTROL_TOKEN_COUNT).forEach((token, i) => {
      this.#idOf.set(token, i + CONTROL_TOKEN_COUNT);
      const plain = plainSpelling(token);
      this.#spelled.set(plain, [...(this.#spelled.get(plain) ?? []), token]);
      this.#longest = Math.max(this.#longest, [...plain].length);
    });
  }

  has(token) {
    return this.#idOf.has(token);
  }

  encode(tokens) {
    return tokens.map((token) => this.#idOf.get(token) ?? UNKNOWN);
  }

  /** One token as a rule; several that are written as one; the word itself if unknown. */
  read(word, isFirst) {
    const plain = plainSpelling(word);
    if (this.#spelled.has(plain)) return [this.#nearest(plain, word, isFirst)];
    const parts = this.#split([...plain]);
    return parts.length ? parts : [word];
  }

  // Of the tokens that are spelled alike but for capitals and umlauts, the likeliest one.
  #nearest(plain, word, isFirst) {
    const unlikeness = (token) => {
      const otherLetters = Number(token.toLowerCase() !== word.toLowerCase());
      const isCapital = Number(CAPITAL.test(token));
      const isOther = Number(token !== word);
      const [first, second, third] = isFirst
        ? [otherLetters, isCapital, isOther]
        : [isOther, otherLetters, isCapital];
      return 4 * first + 2 * second + third;
    };
    return this.#spelled
      .get(plain)
      .reduce((best, token) => (unlikeness(token) < unlikeness(best) ? token : best));
  }

  // Known parts that make up the word, the first as long as can be, then the next; or none. From
  // the end of the word, so that each place is looked at once, however long the word is.
  #split(letters) {
    const partAt = new Array(letters.length).fill(null); // where the part ends, and which
    for (let start = letters.length - 1; start >= 0; start--) {
      for (let end = Math.min(letters.length, start + this.#longest); end > start; end--) {
        const isLast = end === letters.length;
        if (!isLast && partAt[end] === null) continue;
        const part = this.#part(letters.slice(start, end).join(""), isLast);
        if (part !== undefined) {
          partAt[start] = [end, part];
          break;
        }
      }
    }
    const parts = [];
    for (let start = 0; start < letters.length && partAt[start] !== null; ) {
      const [end, part] = partAt[start];
      parts.push(part);
      start = end;
    }
    return parts;
  }

  #part(text, isLast) {
    const isJoined = !isLast && !text.endsWith(HYPHEN);
    return this.#spelled.get(text + (isJoined ? JOINER : ""))?.[0];
  }
}

/**
 * {tokens, unknown, message}: the sentence as tokens, those of them that the vocabulary does not
 * know, and plain words for the reader, "" if all is well. Of a sentence of more than `longest`
 * tokens, or in another language, there are none.
 */
export function readSentence(text, vocabulary, longest = 40) {
  let tokens = [];
  let isFirst = true;
  for (const [piece] of cleaned(text).matchAll(TOKEN)) {
    if (QUOTES.includes(piece)) {
      tokens = tokens.concat(knownQuote(piece, vocabulary));
    } else {
      tokens = tokens.concat(vocabulary.read(piece, isFirst));
      isFirst &&= !LETTER.test(piece);
    }
  }
  const nothing = { tokens: [], unknown: [] };
  if (isFirst)
    return { ...nothing, message: say("There is no word to read yet: type a sentence.") };
  const last = tokens.findLast((token) => !QUOTES.includes(token));
  if (!FINAL_MARKS.includes(last) && vocabulary.has(".")) tokens.push(".");
  const [other, own] = languages(tokens, vocabulary);
  if (other) {
    const message = say(
      "This looks like {0}. The network reads {1} only: type {1}, please.",
      ...[other, own],
    );
    return { ...nothing, message };
  }
  if (tokens.length > longest) {
    const message = say(
      "This sentence has {0} tokens, words and marks together, and {1} is the most: shorten it, and all of it is read.",
      ...[tokens.length, longest],
    );
    return { ...nothing, message };
  }
  const unknown = [...new Set(tokens.filter((token) => !vocabulary.has(token)))];
  return { tokens, unknown, message: unknown.length ? aboutUnknown(unknown) : "" };
}

// The language of a sentence, where it is not the vocabulary's, and the vocabulary's; or "".
function languages(tokens, vocabulary) {
  const count = (words, test) => words.filter(test).length;
  const size = ({ words }) => count(words, (word) => vocabulary.has(word));
  const own = FREQUENT.reduce((best, language) => (size(language) > size(best) ? language : best));
  const words = tokens.filter((token) => LETTER.test(token));
  const unknown = words.filter((word) => !vocabulary.has(word));
  if (size(own) < FEWEST_FREQUENT || 2 * unknown.length <= words.length) return ["", own.name];
  if (unknown.some((word) => CHINESE.test(word))) return [say("Chinese"), own.name];
  const frequent = count(words, (word) => own.words.includes(word.toLowerCase()));
  const found = FREQUENT.find(
    (language) =>
      language !== own &&
      count(unknown, (word) => language.words.includes(word.toLowerCase())) > frequent,
  );
  return [found?.name ?? "", own.name];
}

// Composed characters, and none that controls how a text is shown instead of being part of it.
function cleaned(text) {
  return text
    .replace(/\p{Cf}|[\ufe00-\ufe0f]/gu, "")
    .replace(/\p{Cc}/gu, " ")
    .replace(/\p{Cs}/gu, "\ufffd")
    .normalize("NFC")
    .replace(/[‐‑]/gu, HYPHEN); // hyphens that a text processor puts in the place of "-"
}

// The same for all spellings of a word: without capitals, umlauts, "ß" and "’".
function plainSpelling(word) {
  // There and back makes "ss" of "ß", as Python's casefold does; the Turkish "ı" alone it keeps.
  const folded = Array.from(word, (letter) =>
    letter === "ı" ? letter : letter.toLowerCase().toUpperCase().toLowerCase(),
  ).join("");
  return folded.replace(/[äöü’]/gu, (letter) => PLAIN_LETTERS[letter]);
}

function knownQuote(mark, vocabulary) {
  const plain = DOUBLE_QUOTES.includes(mark) ? '"' : "'";
  return [mark, plain].filter((known) => vocabulary.has(known)).slice(0, 1);
}

function aboutUnknown(unknown) {
  const names = unknown.slice(0, MOST_NAMED).map((word) => `“${shortName(word)}”`);
  if (unknown.length > MOST_NAMED) names.push(say("{0} more", unknown.length - MOST_NAMED));
  return say(
    "The network does not know {0}: it reads everything unknown as one and the same symbol, and can only guess.",
    listed(names),
  );
}

function shortName(word) {
  const letters = [...word];
  return letters.length <= LONGEST_NAME ? word : `${letters.slice(0, LONGEST_NAME - 1).join("")}…`;
}
