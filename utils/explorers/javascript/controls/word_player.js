// Buttons that write a sentence word by word, as one watches.

import { html } from "../drawing/markup.js";
import { say } from "../text/words.js";
import { button } from "./controls.js";

export const ALL_WRITTEN = -1; // of the words are seen
const EACH_WORD = 450; // milliseconds; less than what is read out and put into the address waits for
const GROWING = 300; // of them its arcs grow

export const WORD_PLAYER_STYLE = `
  .moves { display: flex; gap: 8px; }
  .moves button { flex: 1 1 auto; width: auto; min-height: 40px; padding: 4px 8px;
    white-space: nowrap; }
  .moves .play { background: var(--focus); border-color: var(--focus); color: var(--paper); }
  @keyframes grow { from { stroke-dashoffset: 1; } }
  @keyframes arrive { from { opacity: 0; } }
  .growing { stroke-dasharray: 1; animation: grow ${GROWING}ms ease-out; }
  .arriving { animation: arrive ${GROWING}ms ease-in; }
  @media (prefers-reduced-motion: reduce) {
    .growing, .arriving { animation: none; }
    .moves .play { display: none; }
  }
`;

/**
 * `go(written)` is called with the number of words that are to be seen, or ALL_WRITTEN; `written()`
 * returns what is seen, `count()` how many words there are. `others` are buttons beside these.
 */
export function wordPlayer({ go, written, count, others = [] }) {
  let timer = 0;
  const halt = () => {
    clearTimeout(timer);
    timer = 0;
  };
  // After the last word it begins anew.
  const nextWord = () => {
    if (written() === ALL_WRITTEN) return Math.min(1, count());
    return written() + 1 < count() ? written() + 1 : ALL_WRITTEN;
  };
  const stopAt = (word) => {
    halt();
    go(word);
  };
  const play = () => {
    const write = () => {
      timer = setTimeout(write, EACH_WORD);
      const word = written() === ALL_WRITTEN ? 0 : nextWord();
      if (word === ALL_WRITTEN) halt();
      go(word);
    };
    write();
  };
  const playing = button({
    label: "",
    pressed: () => (timer ? stopAt(written()) : play()),
  });
  playing.input.className = "play";
  const next = button({ label: say("Next word"), pressed: () => stopAt(nextWord()) });
  const inputs = [playing, next, ...others].map(({ input }) => input);
  return {
    element: html("div", { class: "moves" }, ...inputs),
    get isPlaying() {
      return timer !== 0;
    },
    play,
    halt,
    stopAt,
    show() {
      playing.input.textContent = timer ? say("Pause") : say("Play");
    },
  };
}
