"""Opens an explorer of the built page and moves its controls as a reader would."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from playwright.sync_api import Browser, Locator

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE = 20_000  # milliseconds

# A control by its label: a range, a text field or a menu, or a group of radio buttons by its
# legend. Sets it as a hand would, and returns how long the answer took in milliseconds, the
# browser's layout of it included.
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
  const start = performance.now();
  input.dispatchEvent(new Event(named && input.tagName !== "SELECT" ? "input" : "change"));
  element.getBoundingClientRect();
  return performance.now() - start;
}"""


class Driven:
    """An explorer on an open page.

    errors: what its page logged as an error, and each request to another host.
    """

    def __init__(self, element: Locator, errors: list[str]):
        self.element = element
        self.page = element.page
        self.errors = errors

    def set(self, label: str, value: object) -> float:
        """Move a control; the milliseconds that the answer took."""
        return self.element.evaluate(SET, [label, value])

    def median_milliseconds(self, label: str, values: Iterable[object]) -> float:
        """Of moving a control to each of the values."""
        return statistics.median(self.set(label, value) for value in values)

    @property
    def result(self) -> dict:
        """The numbers that are shown."""
        return self.element.evaluate("element => element.result")

    @property
    def data(self) -> dict:
        """What lies beside the element in the page."""
        return self.element.evaluate(
            "element => JSON.parse(element.querySelector('script').textContent)"
        )

    @property
    def text(self) -> str:
        """All text that is drawn, in reading order."""
        return self.element.evaluate(
            "element => element.shadowRoot.querySelector('.panel').textContent"
        )

    def close(self) -> None:
        self.page.context.close()


def open_explorer(
    browser: Browser,
    address: str,
    name: str,
    viewport: dict[str, int] = DESKTOP,
    scheme: str = "light",
) -> Driven:
    """Open the page at `address` and wait until its first element `name` has drawn itself."""
    context = browser.new_context(
        viewport=viewport, color_scheme=scheme, reduced_motion="reduce", has_touch=True
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
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
