"""The words of the explorers in another language, in the Node.js that comes with Playwright."""

import re

import pytest
from babel.messages.extract import extract_from_file
from node import javascript

from tools import ROOT
from utils.explorers import markup

CHINESE = {
    "show": "显示",
    "{0} of {1}": "共{1}个，第{0}个",
    "{0} %": "{0}%",
    "{0} more": "另外{0}个",
    "{0} {1}": "{0}{1}",
    "{0} and {1}": "{0}和{1}",
    ", ": "、",
    "German": "德语",
    "English": "英语",
    "This looks like {0}. The network reads {1} only: type {1}, please.": "这像{0}。请用{1}。",
    "There is nothing to read yet: type Chinese, or pick words.": "还没有可读的。",
}
# A name that stands in the data, say(name), is collected from utils/wording/names.py.
SAID = re.compile(r"(?<![\w.#])say\((?![\w.]+\))")
SCRIPTS = [*markup.JAVASCRIPT.rglob("*.js"), *(ROOT / "book" / "assets").glob("*.js")]


@pytest.mark.parametrize(
    ("said", "english", "chinese"),
    [
        (["show"], "show", "显示"),
        (["{0} of {1}", 2, 9], "2 of 9", "共9个，第2个"),
        (["nobody has this"], "nobody has this", "nobody has this"),
        # A place without a value stays; a value is not looked into, and not taken for a pattern.
        (["{0} of {1}", "a"], "a of {1}", "共{1}个，第a个"),
        (["{0} of {1}", "{1}", "$&"], "{1} of $&", "共$&个，第{1}个"),
        (["{0} of {1}", 0, ""], "0 of ", "共个，第0个"),
    ],
)
def test_a_text_is_said_in_the_language_of_the_page(said, english, chinese):
    code = "return words.say(...given)"
    assert javascript(code, said) == english
    assert javascript(code, said, words={}) == english
    assert javascript(code, said, words=CHINESE) == chinese


def test_words_and_sentences_are_joined_as_the_language_does():
    code = "return given.map((list) => [joined.enumerated(list), joined.listed(list)])"
    lists = [[], ["a"], ["a", "b"], ["a", "b", "c"]]
    english = [["", ""], ["a", "a"], ["a, b", "a and b"], ["a, b, c", "a, b and c"]]
    chinese = [["", ""], ["a", "a"], ["a、b", "a和b"], ["a、b、c", "a、b和c"]]
    assert javascript(code, lists) == english
    assert javascript(code, lists, words=CHINESE) == chinese
    code = "return [joined.together('A.'), joined.together('A.', 'B {0}.', '', 'C.')]"
    assert javascript(code) == ["A.", "A. B {0}.  C."]
    assert javascript(code, words=CHINESE) == ["A.", "A.B {0}.C."]


def test_what_is_told_of_a_typed_sentence_is_translated():
    code = """
        const vocabulary = new typed.Vocabulary(["", "", "", "", "der", "die", "und", "ist", "."]);
        return [
            numbers.percent(0.5),
            typed.readSentence("The dog is not his", vocabulary).message,
            chinese.readChinese("", [], 9).message,
        ];
    """
    assert javascript(code, words=CHINESE) == ["50%", "这像英语。请用德语。", "还没有可读的。"]
    assert javascript(code) == [
        "50 %",
        "This looks like English. The network reads German only: type German, please.",
        "There is nothing to read yet: type Chinese, or pick words.",
    ]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_all_that_is_said_can_be_collected(path):
    """Each as one literal, and none within the brackets of another, where Babel does not look."""
    text = re.sub(r"^\s*(?://|\*|/\*).*$|function say\(", "", path.read_text("utf-8"), flags=re.M)
    found = list(extract_from_file("javascript", path, keywords={"say": None}))
    assert len(SAID.findall(text)) == len(found)
    assert all(isinstance(words, str) for _, words, *_ in found)
