// What the keyboard tests ask of an open page. Elements inside of shadow roots count as well.

(() => {
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

  function isShown(element) {
    const box = element.getBoundingClientRect();
    return (
      element.checkVisibility({ checkVisibilityCSS: true }) && box.width > 0 && box.height > 0
    );
  }

  function scrolls(element) {
    const { overflowX, overflowY } = getComputedStyle(element);
    const canScroll = (style) => style === "auto" || style === "scroll";
    return (
      (canScroll(overflowX) && element.scrollWidth > element.clientWidth + 1) ||
      (canScroll(overflowY) && element.scrollHeight > element.clientHeight + 1)
    );
  }

  // A cross-section of one element that a reader of the test's message recognises.
  function nameOf(element) {
    const text = element.getAttribute("aria-label") ?? element.textContent.trim();
    const kind = element.id ? `#${element.id}` : `.${[...element.classList].join(".")}`;
    return `${element.localName}${kind === "." ? "" : kind} "${text.replace(/\s+/g, " ").slice(0, 40)}"`;
  }

  const numbers = new Map();
  const numberOf = (element) => {
    if (!numbers.has(element)) numbers.set(element, numbers.size);
    return numbers.get(element);
  };

  // Radio buttons of one group are one stop: the arrow keys move within it.
  const stopOf = (element) =>
    element.type === "radio"
      ? [...element.getRootNode().querySelectorAll(`[name="${element.name}"]`)][0]
      : element;

  window.keyboard = {
    operable() {
      const found = [];
      for (const element of everything(document)) {
        if (!isShown(element) || element.disabled) continue;
        const kind = element.matches(OPERABLE) ? "control" : scrolls(element) ? "scrolls" : "";
        const pointer =
          !kind && getComputedStyle(element).cursor === "pointer" &&
          getComputedStyle(parentOf(element)).cursor !== "pointer" &&
          !element.closest(OPERABLE + ", label") ? "pointer" : "";
        if (!kind && !pointer) continue;
        if (stopOf(element) !== element) continue;
        const box = element.getBoundingClientRect();
        found.push({ number: numberOf(element), name: nameOf(element), kind: kind || pointer,
          tabindex: element.tabIndex,
          x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height });
      }
      return found;
    },
    focused() {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      if (!element || element === document.body) return null;
      const box = element.getBoundingClientRect();
      const shown = element.type === "radio" ? element.nextElementSibling : element;
      const style = getComputedStyle(shown);
      return { number: numberOf(stopOf(element)), name: nameOf(element), shown: isShown(element),
        inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        outline: style.outline, offset: style.outlineOffset, shadow: style.boxShadow, y: box.y+scrollY, x: box.x,
        ground: groundOf(parentOf(shown)) };
    },
  };

  function groundOf(element) {
    for (; element; element = parentOf(element)) {
      const colour = getComputedStyle(element).backgroundColor;
      if (!/rgba\(.*, 0(\.\d+)?\)/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  }
})();
