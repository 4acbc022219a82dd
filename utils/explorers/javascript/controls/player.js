// A slider over the steps of something, with buttons that go back, play, and go on.

import { change, html } from "../drawing/markup.js";
import { say } from "../text/words.js";
import { button, slider } from "./controls.js";

export const PLAYER_STYLE = `
  .moving { display: flex; flex-wrap: wrap; gap: 6px 22px; align-items: end; margin-top: 6px; }
  .moving > * { flex: 1 1 250px; min-width: 0; }
  .buttons { display: flex; gap: 8px; }
  .buttons > * { flex: 1; }
  .buttons button { padding-inline: 4px; white-space: nowrap; }
  .buttons .leads:not([aria-disabled="true"]) {
    background: var(--focus); border-color: var(--focus); color: var(--paper);
  }
  .buttons [aria-disabled="true"] { color: var(--muted); border-style: dashed; cursor: default; }
`;

/**
 * `go` is called with the step, from 1, that a reader wants to see. Whoever shows a step says so by
 * show(step, last), which returns it, or the last one where there are not so many. Played, a step
 * takes `pace` milliseconds; nothing plays where readers want no motion. `isPlayed`: one is to watch
 * the steps rather than to take one after the other, and the button for that stands out.
 */
export function player({ label, go, pace, isPlayed = false }) {
  let timer = 0;
  let last = 1;
  const step = slider({
    label,
    ...{ min: 1, max: last, step: 1, value: 1 },
    format: (step) => say("{0} of {1}", step, last),
  });
  const walkTo = (step) => {
    pause();
    if (step >= 1 && step <= last) go(step);
  };
  const back = button({ label: say("← back"), pressed: () => walkTo(step.value - 1) });
  const playing = button({
    label: say("▶ play"),
    pressed: () => (timer ? walkTo(step.value) : play()),
  });
  const next = button({ label: say("next →"), pressed: () => walkTo(step.value + 1) });
  step.listen(() => walkTo(step.value));

  function play() {
    pause();
    if (still.matches) return;
    const move = () => {
      go(step.value === last ? 1 : step.value + 1);
      if (step.value < last) return;
      pause();
      go(last); // what is drawn may differ while it plays
    };
    timer = setInterval(move, pace);
    playing.input.textContent = say("❚❚ pause");
    move();
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    playing.input.textContent = say("▶ play");
  }

  // Nothing moves by itself for readers who do not want that.
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const follow = () => {
    pause();
    change(playing.element, { hidden: still.matches ? "" : null });
    const leads = isPlayed && !still.matches ? playing : next;
    for (const { input } of [playing, next]) input.classList.toggle("leads", input === leads.input);
  };
  still.addEventListener("change", follow);
  follow();

  const buttons = [back, playing, next].map(({ element }) => element);
  return {
    element: html(
      "div",
      { class: "moving" },
      step.element,
      html("div", { class: "buttons" }, ...buttons),
    ),
    play,
    pause,
    /** What to press, for who has pressed nothing yet. */
    get invitation() {
      return isPlayed && !still.matches ? say("Press ▶ play") : say("Press next →");
    },
    get isPlaying() {
      return timer !== 0;
    },
    show(wanted, steps) {
      last = steps;
      step.limit(last);
      step.value = Math.min(Math.max(wanted, 1), last);
      change(back.input, { "aria-disabled": String(step.value === 1) });
      change(next.input, { "aria-disabled": String(step.value === last) });
      return step.value;
    },
  };
}
