// How much room there is on the screen.

/** Whether the page is as narrow as a phone: the width at which styles of the explorers change too. */
export function isNarrow() {
  return matchMedia("(max-width: 480px)").matches;
}
