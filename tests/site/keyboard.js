// Asks of an open page what a mouse can operate and where the keyboard is. Needs accessibility.js.
// Shadow roots count as well.

window.keyboard = (() => {
  const OPERABLE =
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0'], " +
    "[role=button], [role=slider], [contenteditable='true']";

  function* everything(root) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* everything(element.shadowRoot);
    }
  }

  const parentOf = (element) => element.parentElement ?? element.getRootNode().host ?? null;
  const hasPointer = (element) => getComputedStyle(element).cursor === "pointer";

  function isShown(element) {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true }) && box.width > 0 && box.height > 0;
  }

  function scrolls(element) {
    const { overflowX, overflowY } = getComputedStyle(element);
    const canScroll = (overflow) => overflow === "auto" || overflow === "scroll";
    return (
      (canScroll(overflowX) && element.scrollWidth > element.clientWidth + 1) ||
      (canScroll(overflowY) && element.scrollHeight > element.clientHeight + 1)
    );
  }

  /** What one sees of a control: of a radio button the words beside it, of a fold its arrow. */
  function shownOf(element) {
    if (element.type === "radio") return element.nextElementSibling;
    return element.querySelector(":scope > .toctree-toggle") ?? element;
  }

  /** Why a mouse could do something there: "control", "scrolls" or "pointer"; "" if it could not. */
  function useOf(element) {
    if (!isShown(shownOf(element)) || element.disabled) return "";
    if (element.matches(OPERABLE)) return "control";
    if (scrolls(element)) return "scrolls";
    const isLabel = element.closest(`label, ${OPERABLE}`);
    // Of a drawing that follows the mouse, a slider beside it does the same.
    const isInExplorer = element.getRootNode() instanceof ShadowRoot;
    const isOutermost = hasPointer(element) && !hasPointer(parentOf(element));
    return isOutermost && !isLabel && !isInExplorer ? "pointer" : "";
  }

  /** Radio buttons of one group are one stop; the arrow keys move within it. */
  function stopOf(element) {
    if (element.type !== "radio") return element;
    return element.getRootNode().querySelector(`[name="${element.name}"]`);
  }

  function nameOf(element) {
    const text = (element.getAttribute("aria-label") ?? element.textContent).trim();
    const kind = element.id
      ? `#${element.id}`
      : [...element.classList].map((c) => `.${c}`).join("");
    return `${element.localName}${kind} "${text.replace(/\s+/g, " ").slice(0, 40)}"`;
  }

  const numbers = new Map();
  function numberOf(element) {
    if (!numbers.has(element)) numbers.set(element, numbers.size);
    return numbers.get(element);
  }

  const ringOf = (element) => {
    const { outline, boxShadow } = getComputedStyle(shownOf(element));
    return `${outline}; ${boxShadow}`;
  };
  const resting = new Map();

  /** All that a mouse can operate: {number, name, use, isStop}. */
  function operable() {
    return [...everything(document)].flatMap((element) => {
      const use = useOf(element);
      if (!use || stopOf(element) !== element) return [];
      resting.set(element, ringOf(element));
      const isStop = element.tabIndex >= 0;
      return [{ number: numberOf(element), name: nameOf(element), use, isStop }];
    });
  }

  function deepest() {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element === document.body || element === document.documentElement ? null : element;
  }

  /** The contrast of the ring around an element against what lies around it; 0 if there is none. */
  function ringContrast(element) {
    const shown = shownOf(element);
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(shown);
    const ground = accessibility.groundOf(parentOf(shown));
    if (outlineStyle === "auto") return 21; // the browser's own ring is made for any ground
    if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2)
      return accessibility.contrast(outlineColor, ground);
    const ring = boxShadow.match(/(rgba?\([^)]*\)) 0px 0px 0px ([\d.]+)px(?! inset)/);
    return ring && parseFloat(ring[2]) >= 2 ? accessibility.contrast(ring[1], ground) : 0;
  }

  const PARTS = {
    dialog: "dialog[open]",
    skip: "#pst-skip-link",
    sidebar: "#pst-primary-sidebar",
    header: ".bd-header-article",
    article: "article",
    neighbours: ".prev-next-footer",
    contents: "#pst-secondary-sidebar",
  };

  /** Where the keyboard is, or null: the control's number, name, place and the ring around it. */
  function focused() {
    const element = deepest();
    if (!element) return null;
    const shown = shownOf(element);
    const [line] = shown.getClientRects();
    let host = element;
    while (host.getRootNode() instanceof ShadowRoot) host = host.getRootNode().host;
    const part = Object.keys(PARTS).find((name) => host.closest(PARTS[name])) ?? "elsewhere";
    return {
      number: numberOf(stopOf(element)),
      name: nameOf(element),
      part,
      inExplorer: host !== element,
      isSeen: isShown(shown) && line.bottom > 0 && line.top < innerHeight,
      top: line.top + scrollY,
      bottom: line.bottom + scrollY,
      changes: ringOf(element) !== resting.get(stopOf(element)),
      ring: ringContrast(element),
    };
  }

  return { operable, focused };
})();
