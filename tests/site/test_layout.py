"""What a page looks like: code that fits, paper that is white, nothing laid over a control."""

from pathlib import Path
from urllib.parse import quote

import pytest
from driver import DESKTOP, EXPLORERS_OF, PHONE, new_context, opened
from playwright.sync_api import Browser

pytestmark = [pytest.mark.site, pytest.mark.browser]

ACCESSIBILITY = Path(__file__).with_name("accessibility.js").read_text("utf-8")
CHAPTER = "chapters/02_compression.html"
# Blocks of code and output, unfolded: how many there are, and those wider than their place.
BLOCKS = """() => {
  document.documentElement.dataset.view = "everything"; // else the story's code is not laid out
  for (const fold of document.querySelectorAll("article details")) fold.open = true;
  const blocks = [...document.querySelectorAll("article pre")];
  const cut = blocks.filter(block => block.scrollWidth > block.clientWidth);
  return [blocks.length, cut.map(block =>
    block.textContent.split("\\n").sort((a, b) => b.length - a.length)[0])];
}"""


def test_no_line_of_code_is_cut_on_a_desktop(browser: Browser, site: Path, pages) -> None:
    context = new_context(browser, viewport=DESKTOP)
    page = context.new_page()
    seen, cut = 0, []
    for file in pages:
        if "<pre" in file.read_text("utf-8"):
            page.goto(file.as_uri())
            count, lines = page.evaluate(BLOCKS)
            seen += count
            cut += [f"{file.relative_to(site)}: {line}" for line in lines]
    context.close()
    assert seen > 200
    assert not cut, "\n".join(cut)


def test_on_paper_text_is_dark_on_white_and_no_line_is_cut(browser: Browser, site: Path) -> None:
    context = new_context(browser, viewport=DESKTOP, color_scheme="dark", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{CHAPTER}")
    page.evaluate("() => window.MathJax?.startup?.promise")
    theme = "document.documentElement.dataset.theme"
    page.wait_for_function(f"{theme} === 'dark'")
    page.emulate_media(media="print", color_scheme="dark")
    page.wait_for_function(f"{theme} === 'light'")
    page.evaluate(ACCESSIBILITY)
    assert page.evaluate("accessibility.paleText()") == []
    panel = page.locator("book-compression .panel")
    assert panel.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    page.set_viewport_size({"width": 600, "height": 900})  # narrower than A4 between its margins
    assert page.evaluate(BLOCKS)[1] == []
    page.emulate_media(media="screen", color_scheme="dark")
    page.wait_for_function(f"{theme} === 'dark'")
    context.close()


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_no_name_in_the_notation_is_broken(browser: Browser, site: Path, width) -> None:
    viewport = {"width": width, "height": 844}
    with opened(browser, f"{site.as_uri()}/book/notation.html", viewport) as page:
        names, broken = page.evaluate(
            """() => {
              const names = [...document.querySelectorAll("#notation td code")]
                .filter(name => name.textContent.length < 20 && !name.textContent.includes(" "));
              const broken = names.filter(name => name.getClientRects().length > 1);
              return [names.length, broken.map(name => name.textContent)];
            }"""
        )
        assert names > 40
        assert broken == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


FIELDS = "input:not([type=radio]), select, button"
SET_TO = """panel => [...panel.querySelectorAll("select")]
  .map(menu => menu.selectedOptions[0].textContent)"""


@pytest.mark.parametrize("name", EXPLORERS_OF)
def test_paper_says_what_an_explorer_was_set_to(browser: Browser, site: Path, name: str) -> None:
    with opened(browser, f"{site.as_uri()}/{quote(name)}") as page:
        for explorer in EXPLORERS_OF[name]:
            said = page.locator(f"{explorer} .printed").first
            said.wait_for(state="attached")
            assert not said.is_visible()
            page.emulate_media(media="print")
            assert said.is_visible()
            assert len(said.inner_text()) > 20
            panel = page.locator(f"{explorer} .panel").first
            assert [text for text in panel.evaluate(SET_TO) if text not in said.inner_text()] == []
            for control in panel.locator(FIELDS).all():
                assert not control.is_visible()
            seen = page.locator(f"{explorer} .panel").first.evaluate(
                "panel => panel.scrollWidth <= panel.clientWidth"
            )
            assert seen, f"{explorer} is cut"
            page.emulate_media(media="screen")


# Where the button and the bar end, and the controls of the bar that lie under the button.
COVERED = """() => {
  const top = document.querySelector("#pst-back-to-top");
  top.style.display = "block"; // as the theme shows it to who scrolls up
  scrollTo(0, 2000);
  const box = top.getBoundingClientRect();
  const bar = document.querySelector(".bd-header-article").getBoundingClientRect();
  const others = [...document.querySelectorAll(".bd-header-article :is(button, a)")];
  const isUnder = ({ left, right, top, bottom }) =>
    left < box.right && right > box.left && top < box.bottom && bottom > box.top;
  return [box.bottom, bar.bottom, others.filter(other => other.checkVisibility())
    .filter(other => isUnder(other.getBoundingClientRect())).map(o => o.outerHTML)];
}"""


@pytest.mark.parametrize("viewport", [PHONE, {"width": 320, "height": 640}])
def test_the_way_back_to_the_top_lies_in_the_bar_and_on_no_control(
    browser: Browser, site: Path, viewport: dict
) -> None:
    with opened(browser, f"{site.as_uri()}/{quote(CHAPTER)}", viewport) as page:
        box, bar, covered = page.evaluate(COVERED)
    assert 0 < box <= bar
    assert covered == []


# For each entry of each menu, every slider at its end: what stands beyond the panel's edges.
REACHES_OUT = """names => names.flatMap(name => {
  const root = document.querySelector(name).shadowRoot;
  const panel = root.querySelector(".panel").getBoundingClientRect();
  const change = (input, kind) => input.dispatchEvent(new Event(kind));
  const found = () => [...root.querySelectorAll("label, legend, output")]
    .filter(text => text.checkVisibility() && text.getBoundingClientRect().width > 0)
    .filter(text => {
      const { left, right } = text.getBoundingClientRect();
      return left < panel.left || right > panel.right;
    })
    .map(text => `${name}: ${text.textContent}`);
  const menus = [...root.querySelectorAll("select")];
  return [null, ...menus].flatMap(menu => [...(menu?.options ?? [null])].flatMap(option => {
    if (option) { menu.value = option.value; change(menu, "change"); }
    for (const slider of root.querySelectorAll("input[type=range]")) {
      slider.value = slider.max;
      change(slider, "input");
    }
    return found();
  }));
})"""


@pytest.mark.parametrize("name", EXPLORERS_OF)
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP])
def test_what_stands_beside_a_control_stays_within_its_explorer(
    browser: Browser, site: Path, viewport: dict, name: str
) -> None:
    with opened(browser, f"{site.as_uri()}/{name}", viewport) as page:
        assert page.evaluate(REACHES_OUT, EXPLORERS_OF[name]) == []
