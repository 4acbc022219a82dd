"""Opens an explorer of the built page and moves its controls as a reader would."""

from __future__ import annotations

from datetime import datetime, timedelta

from playwright.sync_api import Browser, BrowserContext, Locator

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# Where sliders live on the page.
EXPLORERS_OF = {
    "index.html": ["book-two-translators"],
    "book/before_you_start.html": ["book-gated-cell"],
    "chapters/01_encoder_decoder.html": ["book-code-plane"],
    "chapters/02_compression.html": ["book-compression", "book-receptive-field"],
    "chapters/03_denoising.html": ["book-denoising"],
    "chapters/04_seq2seq.html": [
        "book-translation-steps",
        "book-beam-search-tree",
        "book-letter-writer",
    ],
    "chapters/05_attention.html": ["book-translator", "book-attention-by-hand"],
}
# In milliseconds. Only what hangs for good takes so long: no test fails because a machine is slow.
PATIENCE = 300_000

# A control by its label: a range, a text field or a menu, or a group of radio buttons by its
# legend. Sets it as a hand would.
SET = """(element, [label, value]) => {
  const root = element.shadowRoot;
  const named = [...root.querySelectorAll("label[for]")].find(l => l.textContent === label);
  const group = [...root.querySelectorAll("fieldset")]
    .find(f => f.querySelector("legend").textContent === label);
  let input;
  if (named) {
    input = root.getElementById(named.htmlFor);
    input.value = value;
    if (input.value !== String(value)) throw new Error(`${label} cannot be ${value}`);
  } else if (group) {
    input = group.querySelector(`input[value="${value}"]`);
    if (!input) throw new Error(`${label} has no ${value}`);
    input.checked = true;
  } else throw new Error(`there is no control called ${label}`);
  input.dispatchEvent(new Event(named && input.tagName !== "SELECT" ? "input" : "change"));
}"""

# Something of the element, when it has drawn what takes longer too.
SETTLED = """async element => {
  while (element.result?.isLate) await new Promise(resolve => setTimeout(resolve));
  return %s;
}"""


class Driven:
    """An explorer on an open page.

    errors: what its page logged as an error, and each request to another host.
    """

    def __init__(self, element: Locator, errors: list[str]):
        self.element = element
        self.page = element.page
        self.errors = errors

    def set(self, label: str, value: object) -> None:
        """Move a control."""
        self.element.evaluate(SET, [label, value])

    @property
    def result(self) -> dict:
        """The numbers that are shown, when all are."""
        return self.element.evaluate(SETTLED % "element.result")

    @property
    def data(self) -> dict:
        """What lies beside the element in the page."""
        return self.element.evaluate(
            "element => JSON.parse(element.querySelector('script').textContent)"
        )

    @property
    def text(self) -> str:
        """All text that is drawn on a screen, in reading order."""
        return self.element.evaluate(
            SETTLED
            % """[...element.shadowRoot.querySelector(".panel").children]
              .filter(child => !child.matches(".printed"))
              .map(child => child.textContent).join("")"""
        )

    def close(self) -> None:
        self.page.context.close()


def new_context(browser: Browser, **options: object) -> BrowserContext:
    """A window of its own, that waits as long as a slow machine needs."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context


def open_explorer(
    browser: Browser,
    address: str,
    name: str,
    viewport: dict[str, int] = DESKTOP,
    scheme: str = "light",
    motion: str = "reduce",
    before: str = "",
) -> Driven:
    """Open the page at `address` and wait until its first element `name` has drawn itself.

    `before` is a script that runs in the page before its own.

    Where `motion` is "no-preference", the page's clock stands still until a test moves it.
    """
    context = new_context(
        browser, viewport=viewport, color_scheme=scheme, reduced_motion=motion, has_touch=True
    )
    page = context.new_page()
    page.add_init_script(before)
    if motion == "no-preference":
        page.clock.install()
        page.clock.pause_at(datetime.now() + timedelta(hours=1))
    errors: list[str] = []
    base = address.rsplit("/", 2)[0]

    def decide(route) -> None:
        url = route.request.url
        if url.startswith((base, "data:", "blob:")):
            route.continue_()
        else:
            errors.append(f"asked for {url}")
            route.abort()

    context.route("**", decide)
    page.on("pageerror", lambda error: errors.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: message.type == "error" and errors.append(f"console: {message.text}"),
    )
    page.goto(address, wait_until="load")
    page.evaluate("() => window.MathJax?.startup?.promise")  # formulas move what stands below
    element = page.locator(name).first
    element.locator(".panel").wait_for()
    return Driven(element, errors)


def middle(locator: Locator) -> tuple[float, float]:
    """Where on the screen a mouse would aim at it, in pixels."""
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# What a browser tells a page of a finger's way: where it lands, where it goes, and that the browser
# takes it to scroll with (pointercancel), if the way begins up or down where `touch-action` allows
# that and the page has not taken the touch for itself. Chromium's own emulation of touches may wait
# for ever on a busy machine.
SWIPE = """(drawn, [start, end]) => {
  const steps = 12;
  const [across, down] = [end[0] - start[0], end[1] - start[1]];
  const at = (share) => ({ clientX: start[0] + share * across, clientY: start[1] + share * down });
  const touch = new Touch({ identifier: 7, target: drawn, ...at(0) });
  const landing = { changedTouches: [touch], touches: [touch], cancelable: true, bubbles: true };
  const isFree = drawn.dispatchEvent(new TouchEvent("touchstart", landing));
  const allowed = getComputedStyle(drawn).touchAction;
  const isUpright = Math.abs(down) > Math.abs(across);
  const mayScroll = allowed === "auto" || allowed.includes(isUpright ? "pan-y" : "pan-x");
  const scrolls = isFree && mayScroll && Math.hypot(across, down) > 15;
  const tell = (kind, share) =>
    drawn.dispatchEvent(new PointerEvent(kind, {
      ...{ pointerId: 7, pointerType: "touch", button: kind === "pointermove" ? -1 : 0 },
      ...{ isPrimary: true, bubbles: true, cancelable: true, ...at(share) },
    }));
  drawn.setPointerCapture = () => {}; // there is no such pointer
  tell("pointerdown", 0);
  for (let step = 1; step <= steps; step++) {
    tell("pointermove", step / steps);
    if (scrolls && step === 2) { // the first moves may still reach the page
      tell("pointercancel", step / steps);
      delete drawn.setPointerCapture;
      return true;
    }
  }
  tell("pointerup", 1);
  delete drawn.setPointerCapture;
  return false;
}"""


def swipe(drawn: Locator, start: tuple[float, float], end: tuple[float, float]) -> bool:
    """A finger's way over a drawing, in pixels of the screen; whether the page scrolls with it."""
    return drawn.evaluate(SWIPE, [start, end])
