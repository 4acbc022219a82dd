// The way back to the sentence whose link has led to an explorer.

import { change, html } from "../drawing/markup.js";
import { pointOut, scrollBehavior } from "../drawing/motion.js";
import { say } from "../text/words.js";

export const WAY_BACK_STYLE = `
  .way-back {
    position: absolute; top: 0; right: 14px; z-index: 1; width: auto; min-height: 30px;
    padding: 2px 14px; transform: translateY(-65%); border-color: var(--focus);
    border-radius: 16px; background: var(--focus); color: var(--paper); font-size: 14px;
  }
`;

/**
 * A button on the explorer's edge. show(link) lets it lead to the link, until it is pressed, the
 * reader clicks elsewhere on the page, or the explorer is out of sight.
 */
export function wayBack(explorer) {
  let origin = null;
  let wasSeen = false;
  const element = html("button", { type: "button", class: "way-back" }, say("↩ back to the text"));
  const watched = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting && wasSeen) hide();
    wasSeen = isIntersecting; // at first it may still be on its way into the window
  });
  const leave = (event) => {
    if (!event.composedPath().includes(explorer)) hide();
  };

  function hide() {
    origin = null;
    watched.disconnect();
    document.removeEventListener("click", leave);
    change(element, { hidden: "" });
  }

  element.addEventListener("click", () => {
    const link = origin;
    hide();
    link.scrollIntoView({ block: "center", behavior: scrollBehavior() });
    link.focus({ preventScroll: true });
    pointOut(link);
  });
  hide();
  return {
    element,
    hide,
    show(link) {
      hide();
      origin = link;
      wasSeen = false;
      change(element, { hidden: null });
      watched.observe(explorer);
      // Not the click that has led here, which has yet to reach the document.
      setTimeout(() => origin === link && document.addEventListener("click", leave));
    },
  };
}
