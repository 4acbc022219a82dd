"""A control stays under the finger that moves it: its value changes no height above it."""

from pathlib import Path

import pytest
from driver import DESKTOP, EXPLORERS_OF, PHONE, opened
from playwright.sync_api import Browser

pytestmark = [pytest.mark.site, pytest.mark.browser]

# Of each slider, radio button and button to go on that is in sight, by its label: the places that
# it had, in pixels below the explorer's upper edge, while it was moved from end to end.
PLACES = """async (names) => {
  const seen = {};
  for (const name of names) {
    const explorer = document.querySelector(name);
    const root = explorer.shadowRoot;
    const nameOf = input => root.querySelector(`label[for="${input.id}"]`)?.textContent
      ?? input.closest("fieldset")?.querySelector("legend").textContent ?? "next";
    const note = async (input, box = input) => {
      while (explorer.result?.isLate) await new Promise(resolve => setTimeout(resolve));
      const { top, left } = box.getBoundingClientRect();
      const { top: above, left: before } = explorer.getBoundingClientRect();
      (seen[`${name}: ${nameOf(input)} ${input.type === "radio" ? input.value : ""}`] ??= [])
        .push([Math.round(left - before), Math.round(top - above)]);
    };
    const isSeen = input => input.checkVisibility();
    for (const slider of [...root.querySelectorAll("input[type=range]")].filter(isSeen)) {
      const before = slider.value;
      const [low, high, step] = [slider.min, slider.max, slider.step].map(Number);
      const moves = Math.min(12, (high - low) / step);
      for (let i = 0; i <= moves; i++) {
        slider.value = low + step * Math.round((i / moves) * (high - low) / step);
        slider.dispatchEvent(new Event("input"));
        await note(slider);
      }
      slider.value = before;
      slider.dispatchEvent(new Event("input"));
    }
    for (const group of [...root.querySelectorAll("fieldset")].filter(isSeen)) {
      const inputs = [...group.querySelectorAll("input[type=radio]")];
      const checked = inputs.find(input => input.checked);
      for (const input of [...inputs.filter(input => !input.disabled), checked]) {
        input.checked = true;
        input.dispatchEvent(new Event("change"));
        for (const each of inputs) await note(each, each.nextElementSibling);
      }
    }
    const next = [...root.querySelectorAll("button")]
      .find(button => button.textContent === "next →" && isSeen(button));
    for (let i = 0; next && i < 12; i++) {
      next.click();
      await note(next);
    }
  }
  return seen;
}"""


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("page", EXPLORERS_OF)
def test_a_control_stays_where_it_is_while_it_is_moved(
    browser: Browser, site: Path, page: str, viewport: dict
) -> None:
    with opened(browser, f"{site.as_uri()}/{page}", viewport) as shown:
        for name in EXPLORERS_OF[page]:
            shown.locator(f"{name} .panel").first.wait_for()
        seen = shown.evaluate(PLACES, EXPLORERS_OF[page])
    assert len(seen) >= len(EXPLORERS_OF[page]) or page == "index.html"
    moved = {
        control: places for control, places in seen.items() if len(set(map(tuple, places))) > 1
    }
    assert moved == {}
