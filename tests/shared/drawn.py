"""What stands where in a drawing."""

from collections.abc import Sequence

from matplotlib.patches import Patch


def holding(patches: Sequence[Patch], x: float) -> int:
    """Which of the patches, boxes beside each other, x lies in."""
    (number,) = (
        number
        for number, patch in enumerate(patches)
        if patch.get_x() <= x <= patch.get_x() + patch.get_width()
    )
    return number
