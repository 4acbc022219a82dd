"""tools.translation.compiled: what gettext reads is what the catalogue says."""

import io
from gettext import GNUTranslations

from tools.translation import catalogues, compiled
from tools.translation.catalogues import Entry
from tools.translation.documents import Unit


def test_gettext_reads_what_was_written():
    words = {"scores": "得分", "a": "甲", "two\nlines, “b”": "两\n行", "{n:.1f} %": "{n:.1f}%"}
    read = GNUTranslations(io.BytesIO(compiled.as_mo(words)))
    assert {word: read.gettext(word) for word in (*words, "other")} == {**words, "other": "other"}


def test_the_order_of_the_catalogue_changes_nothing():
    words = {"b": "乙", "a": "甲", "ab": "丙"}
    assert compiled.as_mo(words) == compiled.as_mo(dict(reversed(words.items())))


def test_what_waits_for_its_chinese_is_left_out(tmp_path):
    entries = [
        Entry(Unit("done", "string"), "好"),
        Entry(Unit("new", "string"), ""),
        Entry(Unit("changed", "string"), "旧", fuzzy=True, before="old"),
    ]
    catalogues.write("utils", entries, tmp_path)
    assert compiled.chinese("utils", tmp_path) == {"done": "好"}
