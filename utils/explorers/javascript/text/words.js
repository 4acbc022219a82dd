// The words that a reader sees, in the reader's language.

/**
 * A text of the page: its translation where `globalThis.bookWords` has one, which is set before this
 * runs, else the English itself. {0}, {1} and so on are replaced by the values; a place that is given
 * none stays, for around() of markup.js. The English is one literal, since a program collects them.
 */
export function say(english, ...values) {
  const text = globalThis.bookWords?.[english] ?? english;
  return text.replace(/\{(\d+)\}/g, (place, i) => values[i] ?? place);
}
