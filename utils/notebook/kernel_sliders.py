"""Sliders that run the chapter's own model in the kernel; where there is no kernel, a snapshot."""

from collections.abc import Callable
from typing import Any

import ipywidgets
from IPython.display import Markdown, display

from ..wording.names import called
from ..wording.words import say
from .frontend import is_live


def explore(draw: Callable[..., None], snapshot: Callable[[], None], **controls: Any) -> None:
    """Show `controls` and call `draw(**values)` now and whenever one of them moves.

    `controls` are ipywidgets with a description, named like the arguments of `draw`. While the
    book's tools run the notebook there is nobody to move them: then `snapshot()` draws a figure
    that stands on the page in their place, and a sentence says where the sliders live. A
    description that is a name is shown as what it is `called`.
    """
    unlabelled = [name for name, control in controls.items() if not control.description]
    if unlabelled:
        raise ValueError(f"expected a description on every control, got none on {unlabelled}")
    for control in controls.values():
        control.description = called(control.description)
    if is_live():
        output = ipywidgets.interactive_output(draw, controls)
        display(ipywidgets.VBox([*controls.values(), output]))
    else:
        snapshot()
        names = say(", ").join(control.description for control in controls.values())
        sentence = say("*Run this notebook to move the sliders yourself: {names}.*")
        display(Markdown(sentence.format(names=names)))
