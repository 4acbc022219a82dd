"""The words of the explorers in another language, in the Node.js that comes with Playwright."""

import re

import pytest
from node import javascript

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
SAID = re.compile(r"(?<![\w.#])say\(")
LITERAL = re.compile(r'\s*"(?:[^"\\]|\\.)*"\s*[,)]')


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
    code = "return [[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((list) => joined.listed(list))"
    assert javascript(code) == ["", "a", "a and b", "a, b and c"]
    assert javascript(code, words=CHINESE) == ["", "a", "a和b", "a、b和c"]
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


@pytest.mark.parametrize("name", markup.names())
def test_what_is_said_stands_there_as_one_literal(name):
    """So that a program can collect it."""
    if name == "text/words":
        return
    text = re.sub(r"^\s*(?://|\*|/\*).*$", "", markup.source(name), flags=re.M)
    for match in SAID.finditer(text):
        assert LITERAL.match(text, match.end()), text[match.start() : match.start() + 80]
