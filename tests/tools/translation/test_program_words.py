"""What programs say: the literals given to `say`, and nothing that looks like it."""

import pytest

from tools.translation import program_words


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
    assert program_words.of_utils(package) == [
        *("first", "a\nline", "{n} words", "one sentence in two parts", "last"),
    ]


def test_scripts_say_their_words_alike(tmp_path):
    (tmp_path / "a.js").write_text(
        '// say("a comment")\nimport { say } from "./words.js";\n'
        'const LABEL = say("first");\nhint(n === 1 ? say("{0} word", n) : say("{0} words", n));\n'
        'other("not said", say("told", "a value"));\n',
        "utf-8",
    )
    found = program_words.of_scripts((tmp_path,))
    assert found == ["first", "{0} word", "{0} words", "told"]
