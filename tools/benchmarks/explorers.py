"""How much work each explorer's answer is: every control of every explorer, moved in Chromium.

What is measured is the processor time of the page's own thread, from the event to the frame that
shows the answer: script, then style and layout, and all together with painting. It does not grow
where other programs want the processor too, as time on the clock would. What a worker does beside
the page, which goes on answering meanwhile, is not in it.

Controls are found by looking at the pages: a new explorer, or a new control, is measured by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tools import translation
from tools.machine import browser

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

SCRIPT = Path(__file__).with_suffix(".js")
EXPLORER = re.compile(r"<(book-[a-z-]+)[ >]")
WINDOW = {"width": 1280, "height": 900}
PATIENCE = 300_000  # milliseconds: a slow machine is no fault
ROUNDS = 1
ENOUGH = 4  # moves without an answer: it is no control
IDLE_MOVES = 9
ANSWER, SENTENCE = 16, 100  # milliseconds of work that an answer, and a new sentence, may take
WAYS = {
    "choice": None,
    "menu": -1,
}  # what brings other controls into sight: all options, or the last


def explorers_of(site: Path) -> dict[str, list[str]]:
    """The names of the explorers on each page that has some, by the page's path in the site.

    The Chinese edition has the same ones, in other words.
    """
    found = {}
    for page in sorted(site.rglob("*.html")):
        path = page.relative_to(site)
        names = list(dict.fromkeys(EXPLORER.findall(page.read_text("utf-8"))))
        if names and path.parts[0] != translation.FOLDER:
            found[path.as_posix()] = names
    return found


def measure(site: Path) -> Iterator[dict]:
    """An entry for each control, as they are measured.

    Raises `FileNotFoundError` without built pages or Chromium.
    """
    site = site.resolve()
    pages = explorers_of(site)
    if not pages:
        raise FileNotFoundError(f"expected the built book in {site}, found none; run `make book`")
    with browser.opened() as chromium:
        context = chromium.new_context(viewport=WINDOW, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        context.add_init_script(path=SCRIPT)
        for path, names in pages.items():
            page = context.new_page()
            page.goto((site / path).as_uri(), wait_until="load")
            page.evaluate("() => window.MathJax?.startup?.promise")
            for name in names:
                page.locator(f"{name} .panel").first.wait_for()
                for entry in Moved(page, name).measure():
                    yield {"page": path, "explorer": name, **entry}
            page.close()


class Moved:
    """An explorer on an open page, whose controls are moved."""

    def __init__(self, page: Page, name: str):
        self.page = page
        self.name = name
        self.meter: CDPSession = page.context.new_cdp_session(page)
        self.meter.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.initial = self.ask("state")["state"]
        self.idle = 0.0
        self.idle = median(self.work(-1, 0)["all"] for _ in range(IDLE_MOVES))

    def ask(self, what: str, *arguments: object) -> object:
        call = f"given => benchmark.{what}(...given)"
        named = (self.name, *arguments) if what != "move" else arguments
        return self.page.evaluate(call, list(named))

    def seconds(self) -> dict[str, float]:
        metrics = self.meter.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}

    def work(self, control: int, move: int) -> dict[str, float]:
        """Milliseconds of one move."""
        before = self.seconds()
        self.ask("move", control, move)
        after = self.seconds()

        def spent(name: str) -> float:
            return 1000 * (after[f"{name}Duration"] - before[f"{name}Duration"])

        laid_out = spent("Layout") + spent("RecalcStyle")
        return {"script": spent("Script"), "layout": laid_out, "all": spent("Task") - self.idle}

    def measure(self) -> Iterator[dict]:
        """All controls in sight, then those that other choices bring into sight."""
        seen: set[tuple[str, str]] = set()
        yield from self.measure_in_sight([], seen)
        for way in list(self.ways()):
            yield from self.measure_in_sight([way], seen)
        self.ask("set", self.initial)

    def ways(self) -> Iterator[tuple[str, str, int]]:
        self.ask("set", self.initial)
        for control in self.ask("controls"):
            if control["kind"] in WAYS:
                moves = range(control["moves"] - 1)  # the last one leads back
                for move in list(moves)[slice(WAYS[control["kind"]], None)]:
                    yield control["kind"], control["label"], move

    def measure_in_sight(self, way: list, seen: set[tuple[str, str]]) -> Iterator[dict]:
        def controls() -> list[dict]:
            """What is in sight from the initial state after the way."""
            self.ask("set", self.initial)
            listed = self.ask("controls")
            for kind, label, move in way:
                at = [(each["kind"], each["label"]) for each in listed].index((kind, label))
                self.ask("move", at, move)
                listed = self.ask("controls")
            return listed

        for control in controls():
            key = (control["kind"], control["label"])
            if key in seen:
                continue
            works, has_answered, is_sentence = [], False, control["kind"] == "menu"
            for _ in range(ROUNDS):
                listed = controls()
                at = [(each["kind"], each["label"]) for each in listed].index(key)
                before = self.ask("state")
                for move in range(control["moves"]):
                    if move == ENOUGH and not has_answered:
                        self.ask("move", at, control["moves"] - 1)  # a pointer lets go
                        break
                    work = self.work(at, move)
                    after = self.ask("state")
                    if after["shown"] != before["shown"]:
                        works.append(work)
                        has_answered = True
                    is_sentence |= after["texts"] != before["texts"]
                    before = after
            if has_answered:
                seen.add(key)
                yield summarised(*key, works, SENTENCE if is_sentence else ANSWER)


def summarised(kind: str, label: str, works: list[dict], limit: float) -> dict:
    """One control's entry."""
    entry = {"kind": kind, "control": label.strip(), "limit": limit, "moves": len(works)}
    for part in ("script", "layout", "all"):
        values = [work[part] for work in works]
        entry[part] = {"median": round(median(values), 1), "worst": round(max(values), 1)}
    return entry
