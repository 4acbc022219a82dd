"""On a phone a control and every picture that it changes are on one screen."""

from pathlib import Path

import pytest
from driver import BAR, EXPLORERS_OF, PHONE, open_explorer
from playwright.sync_api import Browser

pytestmark = [pytest.mark.site, pytest.mark.browser]

# Of each control that is in sight, by its label: over how many pixels it reaches together with the
# pictures that are others after it was moved, from the uppermost to the lowest edge. What comes
# into sight with one setting of a control, such as another part, is moved while it is there.
REACHES = """async element => {
  const root = element.shadowRoot;
  const isSeen = part => part.checkVisibility({ visibilityProperty: true });
  const boxOf = part =>
    (part.type === "radio" ? part.nextElementSibling : part).getBoundingClientRect();
  const nameOf = control => control.getAttribute("aria-label") ??
    (control.labels?.[0]?.textContent || control.textContent);
  const controls = () =>
    [...root.querySelectorAll("input, select, button")].filter(c => isSeen(c) && !c.disabled);
  const pictures = () => new Map([...root.querySelectorAll("svg, canvas")].filter(isSeen).map(
    drawn => [drawn, drawn.localName === "canvas" ? drawn.toDataURL() : drawn.outerHTML]));
  const drawn = async () => {
    do await new Promise(resolve => setTimeout(resolve, 20));
    while (element.result?.isLate);
  };
  // Moves a control as a hand would, and returns what moves it back.
  const move = control => {
    const tell = () =>
      control.dispatchEvent(new Event(/range|text/.test(control.type) ? "input" : "change"));
    if (control.localName === "button") {
      control.click();
      return () => {};
    }
    if (control.type === "radio") {
      const checked = root.querySelector(`input[name="${control.name}"]:checked`);
      control.checked = true;
      tell();
      return () => { checked.checked = true; checked.dispatchEvent(new Event("change")); };
    }
    const before = control.value;
    if (control.type === "range")
      control.value = before === control.max ? control.min : control.max;
    else if (control.localName === "select") control.selectedIndex = control.selectedIndex ? 0 : 1;
    else control.value = before.split(" ").slice(1).join(" ");
    tell();
    return () => { control.value = before; tell(); };
  };
  const reaches = {};
  const known = new Set();
  const tryAll = async () => {
    for (const control of controls()) {
      if (known.has(control) || !isSeen(control) || control.checked) continue;
      known.add(control);
      const before = pictures();
      const back = move(control);
      await drawn();
      const changed = [...pictures()].filter(([part, look]) => before.get(part) !== look);
      const boxes = [control, ...changed.map(([part]) => part)].filter(isSeen).map(boxOf);
      if (changed.length) reaches[nameOf(control)] = Math.round(
        Math.max(...boxes.map(box => box.bottom)) - Math.min(...boxes.map(box => box.top)));
      await tryAll();
      back();
      await drawn();
    }
  };
  await tryAll();
  return reaches;
}"""


@pytest.mark.parametrize("edition", ["", "zh"], ids=["english", "chinese"])
@pytest.mark.parametrize(
    ("page", "name"), [(page, name) for page, names in EXPLORERS_OF.items() for name in names]
)
def test_a_control_and_what_it_changes_are_on_one_screen(
    browser: Browser, site: Path, page: str, name: str, edition: str
) -> None:
    phone = open_explorer(browser, (site / edition / page).as_uri(), name, PHONE)
    reaches = phone.element.evaluate(REACHES)
    assert reaches
    room = PHONE["height"] - BAR  # below the page's own bar
    assert {control: reach for control, reach in reaches.items() if reach > room} == {}
    assert phone.errors == []
    phone.close()
