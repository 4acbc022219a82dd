// Numbers in words of one language, as utils/explorers/packed_readers.py wrote them: each word with the
// places of the digits that it says, such as "four0 hundred seven2".

const WORD = /^(\D+)(\d*)$/;

export class SpokenNumbers {
  /** `spoken`: of all numbers from 0 on. */
  constructor(spoken) {
    this.numbers = spoken.map((text) =>
      text.split(" ").map((written) => {
        const [, word, places] = written.match(WORD);
        return { word, places: [...places].map(Number) };
      }),
    );
    this.byWords = new Map(this.numbers.map((_, number) => [this.words(number).join(" "), number]));
  }

  words(number) {
    return this.numbers[number].map(({ word }) => word);
  }

  /**
   * Of each word the places of the digits that it says, if all of them together are a number of so many
   * digits; else null.
   */
  placesOf(words, digits) {
    const number = this.byWords.get(words.join(" "));
    if (number === undefined || String(number).length !== digits) return null;
    return this.numbers[number].map(({ places }) => places);
  }
}
