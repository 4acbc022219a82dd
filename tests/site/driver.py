"""Opens an explorer of the built page and moves its controls as a reader would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
BAR = 56  # pixels of a screen that the page's own bar takes, always in sight
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
    "chapters/05_attention.html": [
        "book-translator",
        "book-attention-by-hand",
        "book-two-translators",
    ],
    "chapters/06_transformer.html": [
        "book-attention-heads",
        "book-position-codes",
        "book-heads-by-hand",
    ],
    "chapters/07_vision.html": ["book-reading-aloud", "book-hidden-patches"],
}
# In milliseconds. Only what hangs for good takes so long: no test fails because a machine is slow.
PATIENCE = 300_000
expect.set_options(timeout=PATIENCE)

# Controls by their labels: a range, a text field or a menu, or a group of radio buttons by its
# legend. Sets each as a hand would, one after the other in one task of the browser.
SET = """(element, wanted) => wanted.forEach(([label, value]) => {
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
})"""

# Something of the element, when it has drawn what takes longer too.
SETTLED = """async element => {
  while (element.result?.isLate) await new Promise(resolve => setTimeout(resolve));
  return %s;
}"""


class Driven:
    """An explorer on an open page.

    errors: what its page logged as an error, and each request to another host.
    window: where the page is open, if this explorer's end is the page's, too.
    """

    def __init__(self, element: Locator, errors: list[str], window: Window | None = None):
        self.element = element
        self.page = element.page
        self.errors = errors
        self.window = window

    def set(self, label: str, value: object) -> None:
        """Move a control."""
        self.set_all({label: value})

    def set_all(self, values: Mapping[str, object]) -> None:
        """Move controls faster than a hand: what is slow is computed for the last of them alone."""
        self.element.evaluate(SET, [list(pair) for pair in values.items()])

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
              .filter(child => !child.matches(".printed, .unseen"))
              .map(child => child.textContent).join("")"""
        )

    def close(self) -> None:
        if self.window:
            give_back(self.window)


@dataclass
class Window:
    """A window with one page, which is used again.

    A page opens in half the time where its window has shown another one before: the process is
    there, and has compiled the scripts that all pages share.

    base: what addresses of the book begin with.
    errors: what the page logged as an error, and each request to another host, which fails.
    """

    page: Page
    kind: tuple[bool, bool]  # what cannot be changed later: touch, stopped
    base: str = ""
    errors: list[str] = field(default_factory=list)

    def note_request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "about:", "data:", "blob:")):
            self.errors.append(f"asked for {request.url}")


# Of each browser, the windows that nobody uses at the moment.
IDLE: WeakKeyDictionary[Browser, list[Window]] = WeakKeyDictionary()


def take(
    browser: Browser,
    viewport: dict[str, int] = DESKTOP,
    scheme: str = "light",
    motion: str = "reduce",
    touch: bool = False,
    stopped: bool = False,
) -> Window:
    """A window that remembers nothing and shows an empty page.

    touch: whether it takes fingers.
    stopped: whether the page's clock stands still until a test moves it.
    """
    idle = IDLE.setdefault(browser, [])
    window = next((window for window in idle if window.kind == (touch, stopped)), None)
    if window:
        idle.remove(window)
        window.errors = []  # whoever had the window may still hold the list
    else:
        window = Window(new_context(browser, has_touch=touch).new_page(), (touch, stopped))
        if stopped:
            window.page.clock.install()
            window.page.clock.pause_at(datetime.now() + timedelta(hours=1))
        window.page.on("request", window.note_request)
        window.page.on("pageerror", lambda error: window.errors.append(f"script: {error}"))
        window.page.on(
            "console",
            lambda message: (
                message.type == "error" and window.errors.append(f"console: {message.text}")
            ),
        )
    window.page.set_viewport_size(viewport)
    window.page.emulate_media(media="null", color_scheme=scheme, reduced_motion=motion)
    return window


def give_back(window: Window) -> None:
    """Forget all that was done in the window, or close it for good."""
    page = window.page
    if page.is_closed() or page.context.pages != [page]:
        page.context.close()
        return
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    page.mouse.move(-1, -1)
    page.goto("about:blank")
    IDLE[page.context.browser].append(window)


@contextmanager
def opened(
    browser: Browser,
    address: str,
    viewport: dict[str, int] = DESKTOP,
    scheme: str = "light",
    motion: str = "reduce",
) -> Iterator[Page]:
    """The page at `address`, its formulas drawn."""
    window = take(browser, viewport, scheme, motion)
    show(window, address)
    yield window.page
    give_back(window)  # not after an error: what is left then is unknown


def show(window: Window, address: str) -> None:
    window.base = address.rsplit("/", 2)[0]
    window.page.goto(address, wait_until="load")
    # Formulas move what stands below.
    window.page.evaluate("() => window.MathJax?.startup?.promise")


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
) -> Driven:
    """Open the page at `address` and wait until its first element `name` has drawn itself.

    Where `motion` is "no-preference", the page's clock stands still until a test moves it.
    """
    stopped = motion == "no-preference"
    window = take(browser, viewport, scheme, motion, touch=True, stopped=stopped)
    show(window, address)
    element = window.page.locator(name).first
    element.locator(".panel").wait_for()
    return Driven(element, window.errors, window)


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
