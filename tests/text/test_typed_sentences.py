"""Typed sentences: as the corpus has them, whatever the hand did; and a kind word otherwise."""

import unicodedata

import pytest

from utils.text.corpus import load_corpus, written
from utils.text.typed_sentences import Typed, read_sentence
from utils.text.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def pairs():
    return load_corpus("grammar", "de", "en", sizes=(2000, 1, 1), clauses=(1, 2)).train


@pytest.fixture(scope="module")
def german(pairs):
    return Vocabulary.of(pair.source for pair in pairs)


@pytest.fixture(scope="module")
def english(pairs):
    return Vocabulary.of(pair.target for pair in pairs)


def known(vocabulary, text):
    """The tokens of a text that is read without a word of complaint, with blanks between them."""
    typed = read_sentence(text, vocabulary)
    assert (typed.unknown, typed.message) == ((), "")
    assert all(token in vocabulary for token in typed.tokens)
    return " ".join(typed.tokens)


# ------------------------------------------------------------------------------
# Nothing typed wrong


@pytest.mark.parametrize("language", ["de", "en"])
def test_there_and_back(pairs, german, english, language):
    """What the grammar writes is read as the tokens it was written with."""
    vocabulary = german if language == "de" else english
    sentences = [pair.source if language == "de" else pair.target for pair in pairs[:300]]
    assert any(token.endswith(("+", "-")) for sentence in sentences for token in sentence)
    assert any("," in sentence for sentence in sentences)
    assert any("?" in sentence for sentence in sentences)
    for sentence in sentences:
        typed = read_sentence(written(sentence, language), vocabulary)
        assert typed == Typed(sentence, (), "")


def test_the_missing_full_stop_is_supplied(german):
    assert known(german, "Der Student liest ein Buch") == "der Student liest ein Buch ."
    assert known(german, "Der Student liest ein Buch.") == "der Student liest ein Buch ."
    assert known(german, "Liest der Student?") == "liest der Student ?"


def test_another_final_mark_stays(german):
    typed = read_sentence("Peter liest!", german)
    assert typed.tokens == ("Peter", "liest", "!") and typed.unknown == ("!",)
    assert read_sentence("liest", Vocabulary(("liest",))).tokens == ("liest",)  # no "." to supply


@pytest.mark.parametrize(
    "text",
    [
        "  Der   Student\tliest\n ein Buch  .  ",
        "Der\u00a0Student liest ein\u2028Buch.",
        "„Der Student liest ein Buch.“",
        '"Der Student liest ein Buch".',
        "»Der ›Student‹ liest ein ’Buch’«",
        "“Der Student” liest ein 'Buch'.",
        "Der Stu\u00addent liest ein\u200b Buch.\ufeff",
        "Der\x00Student\x1bliest ein Buch.\r\n",
    ],
)
def test_spaces_quotes_and_what_nobody_sees(german, text):
    assert known(german, text) == "der Student liest ein Buch ."


def test_quotes_that_are_known_stay():
    vocabulary = Vocabulary(("er", "sagt", '"', "ja", ".", "'s", "„"))
    assert known(vocabulary, "Er sagt «ja».") == 'er sagt " ja " .'
    assert known(vocabulary, "Er sagt „ja.“") == 'er sagt „ ja . "'
    assert known(vocabulary, "Er’s") == "er 's ."


# ------------------------------------------------------------------------------
# Letters


@pytest.mark.parametrize(
    "text",
    [
        "Der Student liest ein buch",
        "der student liest ein buch",
        "DER STUDENT LIEST EIN BUCH",
        "dER sTUDENT Liest Ein bUCH",
    ],
)
def test_small_and_capital_letters(german, text):
    assert known(german, text) == "der Student liest ein Buch ."


def test_names_and_the_english_i(german, english):
    assert known(german, "peter liest") == "Peter liest ."
    assert known(english, "Today i read the book") == "today I read the book ."
    assert known(english, "I read the book") == "I read the book ."


def test_a_word_that_is_known_is_not_changed_but_for_the_first():
    vocabulary = Vocabulary(("Sie", "sie", "Lernen", "lernen", "."))
    assert known(vocabulary, "Sie lernen Lernen") == "sie lernen Lernen ."
    assert known(vocabulary, "sie Sie Lernen lernen") == "sie Sie Lernen lernen ."
    assert known(vocabulary, "Lernen Sie") == "lernen Sie ."
    assert known(vocabulary, "„Sie lernen“") == "sie lernen ."
    assert known(vocabulary, "sie LERNEN") == "sie lernen ."
    only_capital = Vocabulary(("Sie", "."))
    assert known(only_capital, "sie sie") == "Sie Sie ."


def test_umlauts_in_other_ways(german):
    sentence = "die Bücher sind müde ."
    vocabulary = Vocabulary((*sentence.split(), "neue", "neü", "Maße", "Masse", "fünf+", "dreißig"))
    assert known(vocabulary, unicodedata.normalize("NFD", "die Bücher sind müde")) == sentence
    assert known(vocabulary, "Die Buecher sind muede") == sentence
    assert known(vocabulary, "DIE BUECHER SIND MUEDE") == sentence
    assert known(vocabulary, "DIE BÜCHER SIND MÜDE") == sentence
    # What is known is left alone, the first word too.
    assert known(vocabulary, "neue neue neü") == "neue neue neü ."
    assert known(vocabulary, "Masse Masse Maße") == "Masse Masse Maße ."
    # Of two that it may be, the one with the same letters.
    capital = Vocabulary(("maße", "Masse", "."))
    assert known(capital, "Masse MASSE MAßE") == "Masse Masse maße ."
    assert known(vocabulary, "dreissig fuenfdreissig") == "dreißig fünf+ dreißig ."
    # Without its dots it would be another word.
    assert read_sentence("Die Bucher", vocabulary).unknown == ("Bucher",)


# ------------------------------------------------------------------------------
# Words of several tokens


def test_numbers(german, english):
    books = "der Student liest ein+ und+ siebzig Bücher ."
    assert known(german, "Der Student liest einundsiebzig Bücher") == books
    assert known(german, "DER STUDENT LIEST EINUNDSIEBZIG BUECHER") == books
    assert known(german, "Fuenfunddreissig Bücher") == "fünf+ und+ dreißig Bücher ."
    assert known(english, "Twenty-one students") == "twenty- one students ."
    assert known(english, "the SEVENTY\u2011NINE students") == "the seventy- nine students ."


def test_the_longest_part_first_and_back_if_it_leads_nowhere():
    vocabulary = Vocabulary(("a+", "ab+", "abc+", "cd", "bcd", "d", "e", "-", "+"))
    assert read_sentence("abcd", vocabulary).tokens == ("abc+", "d")
    assert read_sentence("abcde", vocabulary).tokens == ("abcde",)  # "d+" there is not
    vocabulary = Vocabulary(("a+", "ab+", "abc+", "cd", "bcd"))
    assert read_sentence("abcd", vocabulary).tokens == ("ab+", "cd")
    assert read_sentence("aabcd", vocabulary).tokens == ("a+", "ab+", "cd")
    vocabulary = Vocabulary(("a+", "ab+", "abc+", "bcd"))
    assert read_sentence("abcd", vocabulary).tokens == ("a+", "bcd")


def test_only_joined_parts_are_joined():
    vocabulary = Vocabulary(("blau", "weiß", "gelb-", "t-shirt", "ein+", "und", "."))
    for text in ("blauweiß", "blau-weiß", "ein", "einund-", "undein"):
        assert read_sentence(text, vocabulary).unknown
    assert known(vocabulary, "gelb-blau T-Shirt") == "gelb- blau t-shirt ."
    assert known(vocabulary, "einund") == "ein+ und ."


def test_a_word_that_is_known_is_not_taken_apart():
    vocabulary = Vocabulary(("ein+", "eins", "s", "Einsen", "sen", "."))
    assert known(vocabulary, "eins einsen einsen") == "eins Einsen Einsen ."


# ------------------------------------------------------------------------------
# What cannot be read


def test_unknown_words_stay_as_typed_and_are_named_once(german):
    typed = read_sentence("Der Zebrafink liest Quarks und der Zebrafink lacht", german)
    assert " ".join(typed.tokens) == "der Zebrafink liest Quarks und der Zebrafink lacht ."
    assert typed.unknown == ("Zebrafink", "Quarks")
    assert typed.message == (
        "The network does not know “Zebrafink” and “Quarks”: it reads everything unknown as one "
        "and the same symbol, and can only guess."
    )
    assert "know “Quarks”: it" in read_sentence("Der Quarks", german).message


def test_a_message_stays_short(german):
    typed = read_sentence(" ".join(f"wort{n}" for n in range(9)) + " " + "x" * 10_000, german)
    assert len(typed.unknown) == 10 and typed.unknown[-1] == "x" * 10_000
    assert "“wort3”, “wort4” and 5 more:" in typed.message
    typed = read_sentence("wort0 wort1 wort2 wort3 wort4", german)
    assert "“wort3” and “wort4”: it" in typed.message
    typed = read_sentence("x" * 10_000, german)
    assert typed.tokens == ("x" * 10_000, ".")
    assert f"“{'x' * 29}…”" in typed.message and len(typed.message) < 200


@pytest.mark.parametrize("text", ["", "   \t\n", "\x00\x07", '""', "...", "?!", "\u00ad", "😀"])
def test_nothing_to_read(german, text):
    typed = read_sentence(text, german)
    assert typed == Typed((), (), "There is no word to read yet: type a sentence.")


def test_a_long_sentence_is_not_cut(german):
    text = "der " * 39
    assert len(read_sentence(text, german).tokens) == 40
    typed = read_sentence(text + "der", german)
    assert typed.tokens == typed.unknown == ()
    assert typed.message.startswith("This sentence has 41 tokens, words and marks together, and 40")
    assert read_sentence("der Student .", german, longest=3).message == ""
    assert "has 3 tokens" in read_sentence("der Student", german, longest=2).message
    # A word counts as the tokens that it is.
    assert "has 4 tokens" in read_sentence("einundsiebzig", german, longest=3).message


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The girl is reading a book.", "English"),
        ("I have a DOG", "English"),
        ("She gave the old teacher a book " * 9, "English"),  # not: shorten it
        ("我读书。", "Chinese"),
        ("老师给 Peter 一本书 吗？", "Chinese"),
        ("注意 " * 60, "Chinese"),
    ],
)
def test_another_language_is_recognised(german, text, language):
    assert read_sentence(text, german) == Typed(
        (), (), f"This looks like {language}. The network reads German only: type German, please."
    )


def test_german_is_another_language_for_a_network_that_reads_english(english):
    typed = read_sentence("Der Student liest nicht das Buch.", english)
    assert typed.message.startswith("This looks like German. The network reads English only")


@pytest.mark.parametrize(
    "text",
    [
        "Der Student liest the book.",  # most of it is known
        "Was macht Peter?",
        "Zebra Quark Xylophon",  # unknown, and of no language
        "Der Zebrafink und die Ameise trompeten laut",  # unknown, and German
        "Peter liest 书",
        "Reads Peter books",  # English, but none of its words is frequent: unknown words are named
    ],
)
def test_german_with_other_words_is_read(german, text):
    typed = read_sentence(text, german)
    assert typed.tokens and "looks like" not in typed.message


def test_a_vocabulary_of_no_known_language_takes_every_language():
    assert read_sentence("我读 the book", Vocabulary(("der", "und", "."))).tokens


@pytest.mark.parametrize(
    "text", ["der " * 2500, "einundeinund" * 833, "a" * 10_000, "<b>" * 3333, "😀 x" * 2500]
)
def test_ten_thousand_characters(german, text):
    typed = read_sentence(text, german)
    assert typed.message and len(typed.tokens) <= 40


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("<s> Peter </s> liest", "< s > Peter < / s > liest ."),
        ("<unk> <pad>", "< unk > < pad > ."),
        ("<b>Peter</b>", "< b > Peter < / b > ."),
        ("Peter 😀 liest ❤\ufe0f", "Peter 😀 liest ❤ ."),
        ("$x_1$ \\n **Peter**", "$ x _ 1 $ \\ n * * Peter * * ."),
        ("Peter\x1b[31m liest", "Peter [ 31m liest ."),
        ("ein+ und+ siebzig", "ein + und + siebzig ."),
        ("Peter liest 书。", "Peter liest 书 。 ."),
        ("\ud83d Peter", "\ufffd Peter ."),
    ],
)
def test_text_is_text(german, text, tokens):
    typed = read_sentence(text, german)
    assert " ".join(typed.tokens) == tokens
    assert typed.unknown == tuple(dict.fromkeys(t for t in typed.tokens if t not in german))
    assert typed.unknown and typed.message
    (typed.message + "".join(typed.tokens)).encode()  # can be printed


def test_a_length_that_no_sentence_has(german):
    with pytest.raises(ValueError, match="a longest sentence of 1 token or more, got 0"):
        read_sentence("Peter liest", german, longest=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "还没有可读的词：请输入一个句子。"),
        ("The cat is not here.", "这看起来是英语。网络只读德语：请输入德语。"),
        ("他在读书。", "这看起来是中文。网络只读德语：请输入德语。"),
        ("der " * 41, "这个句子连词带标点有42个词元，最多只能有40个：缩短一些，才能全部读入。"),
        ("Peter liest xyz", "网络不认识“xyz”："),
        ("Peter liest xa xb xc", "网络不认识“xa”、“xb”和“xc”："),
        ("der Student liest ein Buch xa xb xc xd xe xf xg", "、“xe”和另外2个词："),
    ],
)
def test_in_chinese_the_messages_are_chinese(german, chinese, text, message):
    assert message in read_sentence(text, german).message
