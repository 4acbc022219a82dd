// A picture that moves from one step to the next, and stands still where motion is not wanted.

const LONGEST_WAY = 300; // milliseconds
const POINTED_OUT = 1500; // milliseconds that an element has a rim, of which the last 300 fade
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** How a page or a line scrolls: gently, where motion is wanted and somebody looks. */
export function scrollBehavior() {
  return reduced.matches || document.hidden ? "auto" : "smooth";
}

/** Show for a moment that this is where a link has led; the style sheets say how. */
export function pointOut(element) {
  element.dataset.pointedOut = "";
  setTimeout(() => delete element.dataset.pointedOut, POINTED_OUT);
}

/**
 * Scroll a line that is wider than its place until the part of it that is concerned is amidst. By the
 * keyboard it can be scrolled too.
 */
export function scrollAside(line, part) {
  const isWider = line.scrollWidth > line.clientWidth;
  if (isWider) line.setAttribute("tabindex", "0");
  else line.removeAttribute("tabindex");
  if (!isWider) return;
  const left = part.offsetLeft + part.offsetWidth / 2 - line.clientWidth / 2;
  line.scrollTo({ left, behavior: scrollBehavior() });
}

/**
 * Parts of a group that keep what they are: show() takes [key, element] pairs. What has the key of an
 * element that is there gives it its looks, so that this glides to them; others come and go.
 */
export function keyed(group) {
  let known = new Map();
  return {
    show(parts) {
      const fresh = new Map(parts);
      for (const [key, part] of known)
        if (fresh.has(key)) {
          takeLooks(part, fresh.get(key));
          fresh.set(key, part);
        } else part.remove();
      inOrder(group, fresh.values());
      known = fresh;
    },
    clear() {
      group.replaceChildren();
      known = new Map();
    },
  };
}

/** Make these the group's first children. What stands in its order already is left alone, so it glides. */
export function inOrder(group, parts) {
  let place = group.firstChild;
  for (const part of parts) {
    if (part === place) place = place.nextSibling;
    else group.insertBefore(part, place);
  }
}

function takeLooks(part, fresh) {
  for (const { name } of [...part.attributes])
    if (!fresh.hasAttribute(name)) part.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (part.getAttribute(name) !== value) part.setAttribute(name, value);
  if (part.textContent !== fresh.textContent) part.textContent = fresh.textContent;
}

/**
 * Calls `act` with what it is given, of all that comes within one frame with the last alone. In a page
 * that nobody sees, which has no frames, at once.
 */
export function oncePerFrame(act) {
  let wanted = [];
  let isDue = false;
  return (...given) => {
    wanted = given;
    if (document.hidden) act(...wanted);
    if (document.hidden || isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      act(...wanted);
    });
  };
}

/**
 * A number that goes to where it is sent within 300 ms; draw(number) is called on its way and at its
 * end. With reduced motion, or in a page that nobody sees, it is there at once.
 */
export function motion(draw) {
  let now = 0;
  let frame = 0;
  const stop = (value) => {
    cancelAnimationFrame(frame);
    frame = 0;
    now = value;
  };
  return {
    get isMoving() {
      return frame !== 0;
    },
    /** Be at `target` without a way there. */
    jump(target) {
      stop(target);
      draw(now);
    },
    /** Go to `target`, from where it is or from `start`. */
    go(target, start = now) {
      stop(start);
      if (reduced.matches || document.hidden) return this.jump(target);
      let began = null;
      const move = (time) => {
        began ??= time;
        const share = Math.min((time - began) / LONGEST_WAY, 1);
        now = start + (target - start) * share * share * (3 - 2 * share);
        frame = share < 1 ? requestAnimationFrame(move) : 0;
        draw(now);
      };
      frame = requestAnimationFrame(move);
    },
  };
}
