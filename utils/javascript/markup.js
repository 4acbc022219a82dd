// Elements of HTML and SVG. Text is always set as text: nothing that a reader types becomes markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. Children are elements or strings; an attribute that is null is left out. */
export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element, in the same manner. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** Change attributes of an element, and return it. */
export function change(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, typeof value === "number" ? rounded(value) : value);
  }
  return element;
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

/** Where a pointer is, in the units of the drawing, wherever in its box the drawing lies. */
export function placeOf(drawn, event) {
  const there = new DOMPoint(event.clientX, event.clientY);
  const { x, y } = there.matrixTransform(drawn.getScreenCTM().inverse());
  return [x, y];
}

/** Call move(x, y), in the drawing's units, where a pointer presses and as long as it is held. */
export function onDrag(drawn, move, end = () => {}) {
  let held = null;
  drawn.style.touchAction = "none"; // a finger moves the point, not the page
  // Else a second press would drag away what the first has selected, and the point would stay.
  drawn.style.userSelect = drawn.style.webkitUserSelect = "none";
  drawn.addEventListener("dragstart", (event) => event.preventDefault());
  drawn.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = event.pointerId;
    drawn.setPointerCapture(held);
    move(...placeOf(drawn, event), true);
  });
  drawn.addEventListener("pointermove", (event) => {
    if (event.pointerId === held) move(...placeOf(drawn, event), false);
  });
  const release = (event) => {
    if (event.pointerId !== held) return;
    held = null;
    end();
  };
  drawn.addEventListener("pointerup", release);
  drawn.addEventListener("pointercancel", release);
}

function filled(element, attributes, children) {
  change(element, attributes);
  element.append(...children);
  return element;
}

function rounded(number) {
  return Number(number.toFixed(3));
}
