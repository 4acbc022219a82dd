"""Shows a class or a function from where it is defined, so that no notebook holds a second copy."""

import inspect
from collections.abc import Callable
from textwrap import dedent
from typing import Any

from IPython.display import Markdown, display


def show_source(*objects: type | Callable[..., Any]) -> None:
    """Display the source of classes, functions or methods as highlighted Python.

    Raises `TypeError` for anything whose source is not in a file, an instance for example.
    """
    for item in objects:
        display(Markdown(f"```python\n{dedent(inspect.getsource(item)).rstrip()}\n```"))
