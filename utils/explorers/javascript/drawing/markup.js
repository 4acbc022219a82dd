// Elements of HTML and SVG. Text is always set as text: nothing that a reader types becomes markup.

const SVG = "http://www.w3.org/2000/svg";
const LETTERS = { drawn: 13, least: 12, beside: 15 }; // in a drawing's units; in pixels; the panel's
const SLACK = 5; // pixels by which a finger that taps may slip

/** An HTML element. Children are elements or strings; an attribute that is null is left out. */
export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element, in the same manner. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * The children of an element whose words are a sentence of say(), with a part in each of its places
 * {0}, {1}, and so on: an element, a string or a number, or several of them in a list.
 */
export function around(sentence, ...parts) {
  const pieces = sentence.split(/\{(\d+)\}/); // by turns text and the number of a place
  return pieces.flatMap((piece, i) => (i % 2 ? parts[piece] : piece)).filter((part) => part !== "");
}

/** Change attributes of an element, and return it. What is as it was costs nothing. */
export function change(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) element.removeAttribute(name);
    else {
      const text = String(typeof value === "number" ? rounded(value) : value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
  return element;
}

/** Change the text of an element, unless it is there. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A text in a drawing; `anchor` is "start", "middle" or "end". */
export function label(x, y, text, anchor = "start", attributes = {}) {
  return svg("text", { x, y, "text-anchor": anchor, ...attributes }, text);
}

/** A drawing of so many units, described for those who do not see it; as wide as there is room. */
export function drawing(width, height, description, attributes = {}, ...children) {
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description, ...attributes },
    ...children,
  );
}

/**
 * Lets a drawing grow and shrink without its letters: where there is much room they stay as large as
 * those beside it, and where there is little they stay legible. Returns the drawing.
 */
export function withSteadyLetters(drawn) {
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width < 1) return;
    const scale = contentRect.width / drawn.viewBox.baseVal.width;
    const [least, most] = [LETTERS.least / scale, LETTERS.beside / scale];
    const size = Math.min(Math.max(LETTERS.drawn, least), most);
    drawn.style.setProperty("--letters", `${rounded(size)}px`);
  }).observe(drawn);
  return drawn;
}

/** Where a pointer is, in the units of the drawing, wherever in its box the drawing lies. */
export function placeOf(drawn, event) {
  const there = new DOMPoint(event.clientX, event.clientY);
  const { x, y } = there.matrixTransform(drawn.getScreenCTM().inverse());
  return [x, y];
}

/**
 * Call move(x, y, isPress), in the drawing's units, where a pointer presses and as long as it is
 * held, and end() when it is let go.
 *
 * A finger has the page to scroll as well: up and down it does that, a tap and a way to the side
 * are the drawing's. Where grips(x, y) is true, a finger takes hold and goes any way.
 */
export function onDrag(drawn, { move, end = () => {}, grips = () => false }) {
  let held = null;
  let landed = null; // a finger that may yet scroll the page: where it is on the screen, and in units
  drawn.style.touchAction = "pan-y pinch-zoom";
  // Else a second press would drag away what the first has selected, and the point would stay.
  drawn.style.userSelect = drawn.style.webkitUserSelect = "none";
  drawn.addEventListener("dragstart", (event) => event.preventDefault());
  drawn.addEventListener(
    "touchstart",
    (event) => {
      if (grips(...placeOf(drawn, event.changedTouches[0]))) event.preventDefault();
    },
    { passive: false },
  );
  drawn.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || held !== null) return;
    held = event.pointerId;
    drawn.setPointerCapture(held);
    const place = placeOf(drawn, event);
    if (event.pointerType === "mouse" || grips(...place)) move(...place, true);
    else landed = { x: event.clientX, y: event.clientY, place };
  });
  drawn.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held) return;
    if (landed) {
      const aside = Math.abs(event.clientX - landed.x);
      if (aside < SLACK || aside < Math.abs(event.clientY - landed.y)) return;
      move(...landed.place, true);
      landed = null;
    }
    move(...placeOf(drawn, event), false);
  });
  const release = (event) => {
    if (event.pointerId !== held) return;
    if (landed && event.type === "pointerup") {
      const way = Math.hypot(event.clientX - landed.x, event.clientY - landed.y);
      if (way < 2 * SLACK) move(...landed.place, true);
    }
    held = landed = null;
    end();
  };
  drawn.addEventListener("pointerup", release);
  drawn.addEventListener("pointercancel", release); // the page scrolls
}

function filled(element, attributes, children) {
  change(element, attributes);
  element.append(...children);
  return element;
}

function rounded(number) {
  return Number(number.toFixed(3));
}
