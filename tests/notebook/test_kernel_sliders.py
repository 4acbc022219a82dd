"""utils.notebook.kernel_sliders: live controls in a kernel, a figure on the page."""

import ipywidgets
import pytest

from utils.notebook import kernel_sliders
from utils.notebook.frontend import SNAPSHOT_VARIABLE


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(kernel_sliders, "display", shown.append)
    return shown


def slider(**kwargs):
    return ipywidgets.FloatSlider(value=1.0, min=0, max=5, **kwargs)


def never(*args, **kwargs):
    raise AssertionError("this should not have been drawn")


def test_live_sliders_draw_at_once_and_when_moved(monkeypatch, displayed):
    monkeypatch.setenv(SNAPSHOT_VARIABLE, "0")
    drawn = []
    strength = slider(description="strength")
    kernel_sliders.explore(lambda strength: drawn.append(strength), never, strength=strength)
    strength.value = 3.0
    assert drawn == [1.0, 3.0]
    (box,) = displayed
    assert strength in box.children


def test_a_stored_notebook_gets_the_figure_and_the_sliders_names(monkeypatch, displayed):
    monkeypatch.setenv(SNAPSHOT_VARIABLE, "1")
    drawn = []
    kernel_sliders.explore(
        never,
        lambda: drawn.append("figure"),
        strength=slider(description="noise strength"),
        which=slider(description="which digit"),
    )
    assert drawn == ["figure"]
    assert "noise strength, which digit" in displayed[0].data
    assert not any(isinstance(item, ipywidgets.Widget) for item in displayed)


@pytest.mark.parametrize("snapshot", ["0", "1"])
def test_a_control_without_a_description_is_refused(monkeypatch, displayed, snapshot):
    monkeypatch.setenv(SNAPSHOT_VARIABLE, snapshot)
    with pytest.raises(ValueError, match=r"expected a description.*\['strength'\]"):
        kernel_sliders.explore(never, never, strength=slider())
    assert displayed == []


def test_in_chinese_the_sentence_on_the_sliders_is_chinese(monkeypatch, displayed, chinese):
    monkeypatch.setenv(SNAPSHOT_VARIABLE, "1")
    controls = {"strength": slider(description="噪声强度"), "which": slider(description="数字")}
    kernel_sliders.explore(never, lambda: None, **controls)
    assert displayed[0].data == "运行本笔记本，就能亲手移动滑块：噪声强度、数字。"


@pytest.mark.parametrize("snapshot", ["0", "1"])
def test_in_chinese_a_control_whose_description_is_a_name_is_called_so(
    monkeypatch, displayed, chinese, snapshot
):
    monkeypatch.setenv(SNAPSHOT_VARIABLE, snapshot)
    canvas = slider(description="canvas")
    kernel_sliders.explore(lambda canvas: None, lambda: None, canvas=canvas)
    assert canvas.description == "画布"
