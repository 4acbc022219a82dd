"""Claims of the prose, each checked where it is made."""

from ..wording.words import say


class ClaimError(AssertionError):
    """A sentence of the book is not true of the run that stands above it."""


def claim(statement: str, holds: bool, checked: bool = True) -> None:
    """Print the statement with a tick if it `holds`, else raise `ClaimError`.

    With `checked=False`, for runs too short to learn anything, it says that nothing was checked.

    The statement names a bound ("at least 3 dB"), never a measured value, so that what is printed
    is the same in every run in which the claim is true.
    """
    if not checked:
        print(say("· not checked in this run: {statement}").format(statement=statement))
        return
    if not holds:
        raise ClaimError(f"this no longer holds: {statement}")
    print(f"✓ {statement}")
