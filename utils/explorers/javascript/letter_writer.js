// Chapter 4: a network that writes English letter by letter. A reader begins, it goes on; the
// probabilities of each letter are drawn beside the one that chance has taken.
//
// Data: {weights, tokens, beginning, longest}; the weights are those of a RecurrentLanguageModel of
// one GRU layer, of a text there are at most `longest` letters.

import { button, slider, textField } from "./controls/controls.js";
import { PLAYER_STYLE, player } from "./controls/player.js";
import { barChart } from "./drawing/bars.js";
import { change, html } from "./drawing/markup.js";
import { percent } from "./drawing/numbers.js";
import { define, Explorer, held } from "./element.js";
import { LanguageModel } from "./networks/language_model.js";
import { readWeights } from "./networks/tensors.js";
import { END, UNKNOWN } from "./text/control_tokens.js";
import { enumerated, together } from "./text/joined.js";
import { say } from "./text/words.js";

const CANDIDATES = 8; // letters that get a bar of their own
const PACE = 120; // milliseconds for each letter, when they are played
const NAMES = { " ": say("blank") }; // of what would not be seen in a chart

const WRITER_STYLE = `
  ${PLAYER_STYLE}
  .text {
    min-height: 5.4em; padding: 8px 12px; border-radius: 6px; background: var(--faint);
    font: 17px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
    white-space: pre-wrap; overflow-wrap: anywhere;
  }
  .heading { margin-bottom: 3px; font-weight: 600; }
  .text .begun { color: var(--muted); }
  .text [data-when] { cursor: pointer; border-radius: 3px; padding: 2px 0; }
  .text [data-when="now"] { background: var(--mark); color: var(--paper); font-weight: 700; }
  .text [data-when="later"] { color: var(--muted); opacity: 0.85; }
  .text[data-arriving] [data-when="later"] { visibility: hidden; }
  .text .end {
    padding: 2px 5px; font-size: 13px; white-space: nowrap; border: 1px solid currentColor;
  }
  .note { padding: 4px 12px; border-left: 4px solid var(--orange); background: var(--faint); }
  .note:empty { display: none; }
  input[type="text"] { font-size: 16px; }
  .draws { display: flex; flex-wrap: wrap; gap: 8px 22px; align-items: end; margin-top: 10px; }
  .draws > * { flex: 1 1 120px; }
  .draws > :first-child { flex: 2 1 170px; }
`;

class LetterWriter extends Explorer {
  build(data) {
    this.data = data;
    this.model = new LanguageModel(readWeights(data.weights));
    const beginning = textField({
      label: say("you begin"),
      value: data.beginning,
      language: "en",
    });
    const temperature = slider({
      label: say("temperature"),
      ...{ min: 0.2, max: 2, step: 0.1, value: 1 },
      note: say("low: the likeliest, high: surprises"),
      format: (temperature) => `T = ${temperature.toFixed(1)}`,
    });
    this.player = player({
      label: say("letter"),
      go: (step) => this.set({ step }),
      pace: PACE,
      isPlayed: true,
    });
    for (const control of [beginning, temperature]) control.listen(() => this.player.pause());
    const again = button({
      label: say("write anew"),
      pressed: () => {
        this.player.pause();
        this.set({ seed: this.state.seed + 1, step: 1 });
        this.player.play();
      },
    });
    this.text = html("p", { class: "text", lang: "en" });
    const heading = html("p", { class: "heading" }, say("the network goes on, letter by letter"));
    this.note = html("p", { class: "whole note" });
    this.bars = barChart({
      description: say(
        "Bars: probabilities of the likeliest next letters, and of all others together",
      ),
      title: "",
      count: CANDIDATES + 1,
      names: 80,
      format: (share) => percent(share, 1),
    });
    return {
      stage: [
        html("style", {}, WRITER_STYLE),
        html("div", { class: "whole" }, beginning.element),
        this.note,
        html(
          "div",
          {},
          heading,
          this.text,
          this.player.element,
          html("div", { class: "draws" }, temperature.element, again.element),
        ),
        html("div", {}, this.bars.element),
      ],
      controls: [],
      state: { beginning, temperature, step: held(1), seed: held(2) },
      hint: say("{0}: letter by letter", this.player.invitation),
    };
  }

  disconnectedCallback() {
    this.player?.pause();
  }

  /** Write, unless nothing but the step has changed. */
  write(beginning, temperature, seed) {
    const key = `${beginning}/${temperature}/${seed}`;
    if (key === this.key) return;
    this.key = key;
    const { tokens, longest } = this.data;
    const begun = [...beginning];
    const tokenIds = begun.map((letter) => {
      const tokenId = tokens.indexOf(letter);
      return tokenId > UNKNOWN ? tokenId : UNKNOWN;
    });
    this.written = this.model.write(tokenIds, { temperature, seed, longest });
    const unknown = [...new Set(begun.filter((_, i) => tokenIds[i] === UNKNOWN))];
    this.note.textContent = unknown.length
      ? say(
          "It has never read {0}: all unknown signs are one and the same to it.",
          enumerated(unknown.map((letter) => `“${letter}”`)),
        )
      : "";
    this.letters = this.written.map(({ tokenId }, i) => {
      const isEnd = tokenId === END;
      const letter = html(
        "span",
        isEnd ? { class: "end" } : {},
        isEnd ? say("end") : tokens[tokenId],
      );
      letter.addEventListener("click", () => {
        this.player.pause();
        this.set({ step: i + 1 });
      });
      return letter;
    });
    this.text.replaceChildren(html("span", { class: "begun" }, beginning), ...this.letters);
  }

  update({ beginning, temperature, step: wanted, seed }) {
    this.write(beginning, temperature, seed);
    const step = this.player.show(wanted, this.written.length);
    const { tokens } = this.data;
    this.letters.forEach((letter, i) => {
      change(letter, { "data-when": i + 1 < step ? "before" : i + 1 === step ? "now" : "later" });
    });
    change(this.text, { "data-arriving": this.player.isPlaying ? "" : null });

    const { tokenId: drawn, probabilities } = this.written[step - 1];
    const name = (tokenId) =>
      tokenId === END ? say("end") : (NAMES[tokens[tokenId]] ?? tokens[tokenId]);
    const order = Array.from(probabilities.keys())
      .filter((tokenId) => tokenId >= END)
      .sort((a, b) => probabilities[b] - probabilities[a]);
    // The one that was drawn has a bar of its own, however unlikely it was.
    const place = Math.min(order.indexOf(drawn), CANDIDATES - 1);
    const shown = [...order.slice(0, CANDIDATES - 1), order[CANDIDATES - 1]];
    shown[place] = drawn;
    const rest = 1 - shown.reduce((sum, tokenId) => sum + probabilities[tokenId], 0);
    this.bars.title(
      say("letter {0}: chance draws one of these (T = {1})", step, temperature.toFixed(1)),
    );
    this.bars.show([
      ...shown.map((tokenId) => ({
        name: tokenId === drawn ? `▸ ${name(tokenId)}` : name(tokenId),
        value: probabilities[tokenId],
        marked: tokenId === drawn,
      })),
      { name: say("{0} others", order.length - shown.length), value: Math.max(rest, 0) },
    ]);
    const written = this.written.map(({ tokenId }) => tokens[tokenId]);
    const finished = this.written.at(-1).tokenId === END;
    const text = beginning + (finished ? written.slice(0, -1) : written).join("");
    return {
      result: {
        step,
        text,
        drawn: this.written.map(({ tokenId }) => tokenId),
        probabilities: Array.from(probabilities),
        finished,
        message: this.note.textContent,
      },
      summary: together(
        say("Letter {0} is {1}, {2}.", step, name(drawn), percent(probabilities[drawn], 1)),
        say("The text: “{0}”", text),
        this.note.textContent,
      ),
    };
  }
}

define("book-letter-writer", LetterWriter);
