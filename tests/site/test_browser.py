"""The built pages in Chromium: from disk and under a sub-path, wide and narrow, light and dark.

Every page is opened twice, so that each way of opening, each width and each colour theme is met on
every page, and its colours in both themes each time; one chapter is opened in four ways.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from driver import DESKTOP, EXPLORERS_OF, PHONE, new_context
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tools.machine.server import served
from tools.translation import FOLDER

pytestmark = [pytest.mark.site, pytest.mark.browser]

SUB_PATH = "/some/sub/path/"
# What a window 1280 px wide shows of a page at 400 %, the width that WCAG 1.4.10 asks for.
ENLARGED = {"width": 320, "height": 256}
FRONT = "index.html"
CHAPTER = "chapters/02_compression.html"
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
ACCESSIBILITY = Path(__file__).with_name("accessibility.js").read_text("utf-8")


@dataclass
class Visit:
    """What was seen when one page was opened in one way."""

    page: str
    way: str
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    formulas: int = 0
    drawn_formulas: int = 0
    explorers: list[str] = field(default_factory=list)
    drawn_explorers: list[str] = field(default_factory=list)
    width: int = 0
    content_width: int = 0
    widest: str = ""
    narrowest: tuple[int, str] = (0, "")
    out_of_order: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.page} ({self.way})"


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The address of the site below a sub-path of a local server."""
    with served(site, SUB_PATH) as address:
        yield address


class Opener:
    """Opens pages below `base` in one browser context and notes what happens.

    view: how much of a chapter stands open, as book/assets/story.js names it.
    """

    def __init__(
        self,
        browser: Browser,
        base: str,
        viewport: dict[str, int],
        scheme: str,
        view: str = "story",
    ):
        self.base = base
        self.scheme = scheme
        self.label = f"{scheme}, {viewport['width']} px, {urlsplit(base).scheme}, {view}"
        self.context: BrowserContext = new_context(
            browser,
            viewport=viewport,
            color_scheme=scheme,
            # The theme sets this attribute from the same preference; reduced motion ends its
            # transitions, so that colours are not measured half-way.
            reduced_motion="reduce",
        )
        remembered = f'localStorage.setItem("book-view", "{view}")'
        self.context.add_init_script(f"try {{ {remembered} }} catch {{}}")  # a frame may have none
        # All other hosts are out of reach, whether or not this machine has a network.
        self.context.route(lambda url: not self._is_own(url), lambda route: route.abort())

        # One tab for all pages: a new one costs as much as drawing a page. It notes all that it
        # meets in the visit of the moment.
        self.page: Page = self.context.new_page()
        self.now: Visit | None = None
        self.page.on("request", self._note_request)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.now.errors.append(f"script: {error}"))
        self.page.on(
            "requestfailed", lambda r: self.now.errors.append(f"failed: {r.url} {r.failure}")
        )

    def _is_own(self, url: str) -> bool:
        return url.startswith((self.base, "data:", "blob:", "about:"))

    def _note_request(self, request: Request) -> None:
        if not self._is_own(request.url):
            self.now.foreign.append(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.now.errors.append(f"console: {message.text}")

    def open(self, name: str, visit: Visit) -> Page:
        self.now = visit
        self.page.goto(self.base + name, wait_until="load")
        self.page.evaluate("() => window.MathJax?.startup?.promise")
        return self.page

    def visit(self, name: str) -> Visit:
        visit = Visit(name, self.label)
        page = self.open(name, visit)
        visit.formulas = page.locator("article .math").count()
        visit.drawn_formulas = page.locator("article .math mjx-container").count()
        visit.errors += [f"wrong formula: {tex}" for tex in page.evaluate(WRONG_FORMULAS)]
        visit.explorers, visit.drawn_explorers = page.evaluate(EXPLORERS)
        visit.width = page.viewport_size["width"]
        visit.content_width, visit.widest = page.evaluate(WIDEST)
        page.evaluate(AXE)
        page.evaluate(ACCESSIBILITY)
        visit.out_of_order = page.evaluate("() => accessibility.outOfOrder()")
        visit.violations += page.evaluate("() => accessibility.violations()")
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            visit.violations += [
                f"{theme}: {text}" for text in page.evaluate("() => accessibility.paleText()")
            ]
        if visit.width == PHONE["width"]:
            page.set_viewport_size(ENLARGED)
            visit.narrowest = tuple(page.evaluate(WIDEST))
            page.set_viewport_size(PHONE)
        return visit


# Of a formula that is wrong MathJax shows the message, and of an unknown command its name in red.
WRONG_FORMULAS = """() => [...(window.MathJax?.startup?.document?.math ?? [])]
  .filter(item => item.typesetRoot?.querySelector("mjx-merror, [style*='color: red']"))
  .map(item => item.math)"""

# The names of all explorers of the page, and of those that have drawn themselves.
EXPLORERS = """() => {
  const all = [...document.querySelectorAll("article *")]
    .filter(element => element.localName.startsWith("book-"));
  const drawn = all.filter(element => element.shadowRoot?.querySelector(".panel svg"));
  return [all, drawn].map(some => some.map(element => element.localName));
}"""

# The width of all content, and the element of the text that reaches furthest to the right, those
# aside that lie in something that scrolls by itself.
WIDEST = """() => {
  const root = document.documentElement;
  const width = Math.max(root.scrollWidth, document.body.scrollWidth);
  const scrolls = element => element.tagName !== "ARTICLE" &&
    (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
  let widest = "", reach = root.clientWidth;
  if (width > root.clientWidth) {
    for (const element of document.querySelectorAll("article *")) {
      const right = element.getBoundingClientRect().right;
      if (right > reach && !scrolls(element))
        [widest, reach] = [element.outerHTML.slice(0, 160), right];
    }
  }
  return [width, widest];
}"""


@pytest.fixture(scope="session")
def visits(
    request: pytest.FixtureRequest, browser: Browser, site: Path, server: str, pages: list[Path]
) -> list[Visit]:
    """Every page opened from disk (desktop, light) and from the server (phone, dark, unfolded).

    With --one-way, those that hold explorers, from disk alone. The pages on the code, which are the
    same in both editions, once.
    """
    names = [quote(page.relative_to(site).as_posix()) for page in pages]
    names = [name for name in names if not name.startswith(f"{FOLDER}/book/api/")]
    assert CHAPTER in names
    on_disk = site.as_uri() + "/"
    ways = (
        (on_disk, DESKTOP, "light", "story", names),
        (server, PHONE, "dark", "everything", names),
        (on_disk, DESKTOP, "dark", "code", [CHAPTER]),
        (server, PHONE, "light", "story", [CHAPTER]),
    )
    if request.config.getoption("--one-way"):
        ways = ((on_disk, DESKTOP, "light", "story", list(EXPLORERS_OF)),)
    seen = []
    for base, viewport, scheme, view, which in ways:
        opener = Opener(browser, base, viewport, scheme, view)
        seen += [opener.visit(name) for name in which]
        opener.context.close()
    return seen


@pytest.mark.quick
def test_no_page_asks_another_host(visits: list[Visit]) -> None:
    foreign = [f"{visit.name}: {url}" for visit in visits for url in visit.foreign]
    assert not foreign, "\n".join(foreign)


@pytest.mark.quick
def test_no_page_has_errors(visits: list[Visit]) -> None:
    errors = [f"{visit.name}: {error}" for visit in visits for error in visit.errors]
    assert not errors, "\n".join(errors)


@pytest.mark.quick
def test_every_explorer_draws_itself(visits: list[Visit]) -> None:
    for visit in visits:
        expected = EXPLORERS_OF.get(visit.page.removeprefix(f"{FOLDER}/"), [])
        assert visit.explorers == expected, visit.name
        assert visit.drawn_explorers == expected, visit.name
    assert {visit.page for visit in visits} >= EXPLORERS_OF.keys()


def test_without_scripts_a_picture_stands_in_for_an_explorer(browser: Browser, site: Path) -> None:
    context = new_context(browser, java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    for name, explorers in EXPLORERS_OF.items():
        page.goto(site.as_uri() + "/" + name)
        for explorer in explorers:
            picture = page.locator(f"{explorer} > img")
            box = picture.bounding_box()
            assert box and 200 < box["width"] <= PHONE["width"], f"{name}: {box}"
            assert len(picture.get_attribute("alt").split()) >= 6, name
    context.close()


def test_an_explorer_works_in_a_frame_that_may_do_nothing_but_run_scripts(
    browser: Browser, site: Path
) -> None:
    """So Colab shows outputs: each in a sandboxed frame with an origin of its own."""
    chapter = (site / "chapters/05_attention.html").read_text("utf-8")
    output = chapter[chapter.index("<book-attention-by-hand ") :]
    output = output[: output.index("</script>", output.index("</book-attention-by-hand>")) + 9]
    page = new_context(browser).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<iframe sandbox='allow-scripts' width='900' height='900'></iframe>")
    page.locator("iframe").evaluate("(frame, output) => { frame.srcdoc = output; }", output)
    inside = page.frame_locator("iframe")
    inside.locator("book-attention-by-hand .panel svg").first.wait_for()
    temperature = inside.locator("book-attention-by-hand").get_by_label("temperature", exact=True)
    temperature.press("End")
    weights = inside.locator("book-attention-by-hand").evaluate("element => element.result.weights")
    assert max(weights) < 0.5 and abs(sum(weights) - 1) < 1e-6
    assert not errors
    page.context.close()


@pytest.mark.quick
def test_every_formula_is_drawn(visits: list[Visit]) -> None:
    assert any(visit.formulas for visit in visits), "no page has a formula"
    undrawn = [
        f"{visit.name}: {visit.drawn_formulas} of {visit.formulas} formulas drawn"
        for visit in visits
        if visit.drawn_formulas != visit.formulas
    ]
    assert not undrawn, "\n".join(undrawn)


@pytest.mark.quick
def test_no_page_scrolls_sideways(visits: list[Visit]) -> None:
    wide = [
        f"{visit.name}: {visit.content_width} px of content; reaching furthest: {visit.widest}"
        for visit in visits
        if visit.content_width > visit.width
    ]
    assert not wide, "\n".join(wide)


def test_an_enlarged_page_needs_no_sideways_scrolling(visits: list[Visit]) -> None:
    narrow = [visit for visit in visits if visit.width == PHONE["width"]]
    assert narrow and all(visit.narrowest[0] for visit in narrow)
    wide = [
        f"{visit.page}: {visit.narrowest[0]} px of content; reaching furthest: {visit.narrowest[1]}"
        for visit in narrow
        if visit.narrowest[0] > ENLARGED["width"]
    ]
    assert not wide, "\n".join(wide)


def test_the_text_stands_in_the_order_in_which_it_is_read(visits: list[Visit]) -> None:
    jumps = [f"{visit.name}: {jump}" for visit in visits for jump in visit.out_of_order]
    assert not jumps, "\n".join(jumps)


@pytest.mark.quick
def test_no_page_is_hard_to_use(visits: list[Visit]) -> None:
    """axe finds nothing: no rule of WCAG 2 broken, and none of its own, in either theme."""
    violations = [f"{visit.name}: {fault}" for visit in visits for fault in visit.violations]
    assert not violations, "\n".join(violations)


# A page with one fault of each kind that is measured on a sample: the second link looks otherwise
# than the first, and only its colour tells it from the text; a word of the listing is pale.
FAULTY = """<!doctype html><html lang="en"><title>Faulty</title><main><h1>A page</h1>
  <p style="color: #000">Some words before <a href="#a" style="color: #000">the first link</a>,
  <a href="#b" style="color: #333; text-decoration: none">the second</a> and words behind it.</p>
  <p style="color: #999">Pale words.</p>
  <pre><span>plain</span> <span style="color: #aaa">pale</span></pre></main></html>"""


def test_faults_are_found_though_one_of_each_look_is_measured(browser: Browser) -> None:
    page = new_context(browser).new_page()
    page.set_content(FAULTY)
    page.evaluate(AXE)
    page.evaluate(ACCESSIBILITY)
    before = page.content()
    found = page.evaluate("() => accessibility.violations()")
    assert [fault.split()[0] for fault in found] == ["color-contrast", "link-in-text-block"]
    assert "Pale words" in found[0] and "#b" in found[1]
    pale = page.evaluate("() => accessibility.paleText()")
    assert [text.split()[0] for text in pale] == ['"Pale', '"pale"']
    assert page.content() == before
    page.context.close()


@pytest.mark.parametrize("way", ["disk", "server"])
def test_search_finds_a_glossary_term(browser: Browser, site: Path, server: str, way: str) -> None:
    base = server if way == "server" else site.as_uri() + "/"
    opener = Opener(browser, base, DESKTOP, "light")
    visit = Visit("search", opener.label)
    page = opener.open("search.html?q=quantisation", visit)
    result = page.locator("#search-results ul.search a", has_text="Glossary").first
    result.wait_for()
    page.wait_for_load_state("networkidle")
    result.click()
    page.wait_for_url("**/book/glossary.html*")
    opener.context.close()
    assert not visit.foreign
    assert not visit.errors


@pytest.mark.parametrize("way", ["disk", "server"])
def test_the_root_is_the_book_s_first_page(
    browser: Browser, site: Path, server: str, way: str
) -> None:
    """Without a page that forwards to it, and with links that lead on from there."""
    base = server if way == "server" else site.as_uri() + "/"
    opener = Opener(browser, base, DESKTOP, "light")
    address = base if way == "server" else base + FRONT
    page = opener.context.new_page()
    page.goto(address)
    assert page.url == address
    assert page.locator("article h1").inner_text().startswith("Encode, Decode, Attend")
    assert page.title() == "Encode, Decode, Attend"
    page.get_by_role("link", name="Start reading").click()
    page.wait_for_url("**/book/before_you_start.html")
    page.locator("a.navbar-brand").first.click()
    page.wait_for_url(f"{base}{FRONT}")
    opener.context.close()
    assert not (site / "book" / "index.html").exists()


def test_the_theme_button_changes_the_theme_and_that_of_explorers(
    browser: Browser, site: Path
) -> None:
    opener = Opener(browser, site.as_uri() + "/", DESKTOP, "light")
    page = opener.open(FRONT, Visit(FRONT, "theme"))
    grounds = """() => {
      const explorer = document.querySelector("book-two-translators");
      const panel = explorer.shadowRoot.querySelector(".panel");
      return [document.body, panel].map(e => getComputedStyle(e).backgroundColor).join(" and ");
    }"""
    seen = [page.evaluate(grounds)]
    for _ in range(3):  # light, dark, and what the system prefers
        page.locator("button.theme-switch-button:visible").first.click()
        seen.append(page.evaluate(grounds))
    opener.context.close()
    first, second = sorted(set(seen))
    assert all(a != b for a, b in zip(first.split(" and "), second.split(" and "), strict=True))
