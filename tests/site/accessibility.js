// Asks of an open page whether its text can be read. Needs axe. Shadow roots count as well.

window.accessibility = (() => {
  function* textElements(root) {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) yield* textElements(element.shadowRoot);
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.data.trim(),
      );
      // A text in a group of a drawing that is not displayed counts as visible, but takes no room.
      const isDrawn = element.getBoundingClientRect().width > 0;
      const isVisible = element.checkVisibility({ visibilityProperty: true });
      if (hasText && isDrawn && isVisible) yield element;
    }
  }

  const parentOf = (element) => element.parentElement ?? element.getRootNode().host ?? null;

  /** What lies behind an element: the first opaque colour from it upwards. */
  function groundOf(element) {
    for (let above = element; above; above = parentOf(above)) {
      const colour = getComputedStyle(above).backgroundColor;
      if (/^rgb\(|, 1\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)"; // the browser's own paper
  }

  /** What lies behind a text of a drawing: the last shape painted before it around its middle. */
  function groundInDrawing(text) {
    const { x, y, width, height } = text.getBoundingClientRect();
    let ground = groundOf(text);
    for (const shape of text.ownerSVGElement.querySelectorAll("rect, circle, path")) {
      const box = shape.getBoundingClientRect();
      const { fill, fillOpacity } = getComputedStyle(shape);
      const isBefore = shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING;
      const isAround =
        Math.abs(box.x + box.width / 2 - x - width / 2) < box.width / 2 &&
        Math.abs(box.y + box.height / 2 - y - height / 2) < box.height / 2;
      if (isBefore && isAround && fill.startsWith("rgb(") && fillOpacity === "1") ground = fill;
    }
    return ground;
  }

  /** One element of each look: a colour, size and weight of letters on a ground. */
  function looks() {
    const found = new Map();
    for (const element of textElements(document.body)) {
      const { color, fill, fontSize, fontWeight } = getComputedStyle(element);
      const isDrawn = element.ownerSVGElement instanceof SVGElement;
      const [ink, ground] = isDrawn ? [fill, groundInDrawing(element)] : [color, groundOf(element)];
      const look = { element, ink, ground, size: parseFloat(fontSize), weight: Number(fontWeight) };
      found.set([ink, ground, fontSize, fontWeight].join(), look);
    }
    return [...found.values()];
  }

  const channelsOf = (colour) => colour.match(/[\d.]+/g).map(Number);

  function luminance(channels) {
    const [red, green, blue] = channels.map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  /** The contrast of two colours as WCAG defines it, from 1 to 21; the first may be translucent. */
  function contrast(ink, ground) {
    const below = channelsOf(ground).slice(0, 3);
    const [red, green, blue, opacity = 1] = channelsOf(ink);
    const above = [red, green, blue].map((c, i) => opacity * c + (1 - opacity) * below[i]);
    const [dark, light] = [luminance(above), luminance(below)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  /** Text that is too pale, code and formulas included: less than 4.5 to 1, 3 to 1 if it is large. */
  function paleText() {
    return looks().flatMap(({ element, ink, ground, size, weight }) => {
      const needed = size >= 24 || (size >= 18.66 && weight >= 700) ? 3 : 4.5;
      const reached = contrast(ink, ground);
      if (reached >= needed) return [];
      const sample = element.textContent.trim().slice(0, 40);
      return [`"${sample}" is ${ink} on ${ground}: ${reached.toFixed(2)}, needed is ${needed}`];
    });
  }

  /** One link of each look among the text around it. */
  function linkLooks() {
    const found = new Map();
    for (const link of document.querySelectorAll("a[href]")) {
      const [own, around] = [link, link.parentElement].map((element) => {
        const style = getComputedStyle(element);
        const { color, textDecorationLine, borderBottom, backgroundColor, fontWeight } = style;
        const { fontSize, fontStyle, fontFamily, backgroundImage } = style;
        const ground = [backgroundColor, backgroundImage, borderBottom];
        return [color, textDecorationLine, fontWeight, fontSize, fontStyle, fontFamily, ...ground];
      });
      found.set([...own, "in", link.parentElement.localName, ...around].join(), link);
    }
    return [...found.values()];
  }

  /**
   * What axe finds, by all of its rules. A long page has thousands of words and hundreds of links in
   * the same few looks: the rules on contrast measure one of each. Axe asks where on the page each
   * element lies, and most elements are coloured pieces of code: each listing is read as one text,
   * and paleText() measures its colours.
   */
  async function violations() {
    const chosen = looks();
    const links = linkLooks();
    const listings = [...document.querySelectorAll("pre")].map((listing) => {
      const pieces = [...listing.childNodes];
      listing.replaceChildren(listing.textContent);
      return { listing, pieces };
    });
    for (const { element } of chosen) element.dataset.look = "";
    for (const link of links) link.dataset.linkLook = "";
    axe.configure({
      rules: [
        { id: "color-contrast", selector: "[data-look]" },
        { id: "link-in-text-block", selector: "a[data-link-look]" },
      ],
    });
    // It would read the style sheets anew to preload: not allowed from disk, and of no use here.
    const found = await axe.run(document, { preload: false, resultTypes: ["violations"] });
    for (const { listing, pieces } of listings) listing.replaceChildren(...pieces);
    for (const link of links) delete link.dataset.linkLook;
    for (const { element } of chosen) delete element.dataset.look;
    return found.violations.flatMap(({ id, impact, nodes }) =>
      nodes.map(({ html, failureSummary }) => {
        const summary = failureSummary.split("\n").slice(1).join(" ").replace(/\s+/g, " ").trim();
        return `${id} (${impact}): ${html.slice(0, 160)} ${summary}`;
      }),
    );
  }

  /** Where the eye would have to go back up: blocks of the text that stand above the one before. */
  function outOfOrder() {
    const blocks = [
      ...document.querySelectorAll("article :is(h1, h2, h3, h4, p, li, pre, img, table)"),
    ]
      .filter((block) => block.checkVisibility({ visibilityProperty: true }))
      .map((block) => ({ block, top: block.getBoundingClientRect().top }));
    const line = 24; // pixels by which boxes of one line may differ
    const label = ({ block }) => block.outerHTML.slice(0, 80);
    return blocks.slice(1).flatMap((next, i) => {
      const before = blocks[i];
      const isBeside =
        before.block.closest("tr") && before.block.closest("tr") === next.block.closest("tr");
      const [card, nextCard] = [before, next].map(({ block }) => block.closest(".cards > li"));
      const isNextCard =
        nextCard && card?.nextElementSibling === nextCard && standsBeside(card, nextCard);
      return next.top >= before.top - line || isBeside || isNextCard
        ? []
        : [`${label(before)}, then ${label(next)}`];
    });
  }

  function standsBeside(first, second) {
    const [left, right] = [first, second].map((element) => element.getBoundingClientRect());
    return left.top === right.top && left.right < right.left;
  }

  return { contrast, groundOf, outOfOrder, paleText, violations };
})();
