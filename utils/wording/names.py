"""What a reader calls the languages, which the program knows by their English names."""

from .words import say


def language_name(english: str) -> str:
    """A language's name, or "figures", in the edition's language; any other text as it is."""
    names = {
        "English": say("English"),
        "Chinese": say("Chinese"),
        "German": say("German"),
        "figures": say("figures"),
    }
    return names.get(english, english)
