"""tools.translation.utils_words: all that `utils` says is in its catalogue, and nothing else."""

import pytest

from tools.translation import catalogues, compiled, utils_words
from tools.translation.catalogues import Entry
from tools.translation.documents import Unit


@pytest.fixture
def package(tmp_path):
    """Two modules that say something, with what looks like it and is not."""
    (tmp_path / "room").mkdir()
    (tmp_path / "b.py").write_text(
        '"""say("a docstring")."""\n'
        "# say('a comment')\n"
        'print(say("{n} words").format(n=1), say(\n    "one sentence "\n    "in two parts"\n))\n'
        'german.say(sentence)\nsay(name)\nsays("another function")\nsay("{n} words")\n',
        "utf-8",
    )
    (tmp_path / "a.py").write_text("x = f(say('first'), say(\"a\\nline\"))\n", "utf-8")
    (tmp_path / "room" / "c.py").write_text('say("last")\n', "utf-8")
    return tmp_path


def test_each_literal_is_found_once_in_order(package):
    assert utils_words.words(package) == [
        *("first", "a\nline", "{n} words", "one sentence in two parts", "last"),
    ]


def test_an_update_keeps_what_is_translated_and_drops_what_is_not_said(package, tmp_path):
    folder = tmp_path / "locales"
    before = {"first": "第一", "gone": "不见", "{n} words": "个词"}
    catalogues.write(
        compiled.NAME, [Entry(Unit(word, "string"), told) for word, told in before.items()], folder
    )
    faults = list(utils_words.faults(package, folder))
    assert len(faults) == 5
    assert "nothing in utils says 'gone', which utils.po has" in faults
    assert "'{n} words' in utils.po: other fields: lost ['{n}'], new []" in faults
    assert "no Chinese in utils.po for 'last'" in faults
    utils_words.update(package, folder)
    entries = catalogues.entries(compiled.NAME, folder)
    assert [(e.unit.source, e.chinese) for e in entries] == [
        ("first", "第一"),
        ("a\nline", ""),
        ("{n} words", "个词"),
        ("one sentence in two parts", ""),
        ("last", ""),
    ]
    assert {e.unit.kind for e in entries} == {"string"}
