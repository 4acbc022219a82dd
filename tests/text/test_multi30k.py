"""Multi30k: its tokens, and the ways to its files, over a server in this process."""

import gzip
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from utils.languages.pairs import CorpusError, SentencePair
from utils.storage import data_files
from utils.text import multi30k
from utils.text.multi30k import read_multi30k
from utils.text.tokens import tokenise

LINES = {  # what our own six files say, in two pairs of lines and one
    "train.de": "Ein Mann schläft.\nZwei Hunde.\n",
    "train.en": "A man sleeps.\nTwo dogs.\n",
    "val.de": "Eine Frau.\n",
    "val.en": "A woman.\n",
    "test_2016_flickr.de": "Ein Kind.\n",
    "test_2016_flickr.en": "A child.\n",
}


def packed(lines):
    return {f"{name}.gz": gzip.compress(text.encode(), mtime=0) for name, text in lines.items()}


FILES = packed(LINES)


def checksums(files):
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


class Server:
    """Serves files and writes down which were asked for; some answers can be made to fail."""

    def __init__(self):
        self.files = dict(FILES)
        self.asked = []
        self.halves = {}  # name -> how many times only half of it is sent
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rpartition("/")[2]
                server.asked.append(name)
                if name not in server.files:
                    self.send_error(404)
                    return
                data = server.files[name]
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if server.halves.get(name, 0) > 0:
                    server.halves[name] -= 1
                    data = data[: len(data) // 2]
                self.wfile.write(data)
                self.close_connection = True

            def log_message(self, *_arguments):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/raw/"
        self.thread = threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.thread.start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    # Where a proxy is set, it is not asked for this machine's own addresses.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder in which downloads are kept; no pause between two attempts."""
    monkeypatch.delenv("DATA_ROOT", raising=False)
    monkeypatch.setattr(data_files, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(data_files.pooch.core.time, "sleep", lambda seconds: None)
    return tmp_path / "cache" / "encode-decode-attend" / "multi30k"


def read(server, table=None, data_root=None, languages=("de", "en")):
    table = checksums(FILES) if table is None else table
    captions = multi30k._read(*languages, data_root, [server.address] if server else [], table)
    return multi30k._tokenised(*languages, captions)


def test_captions_are_the_lines_of_the_files(server, cache):
    captions = multi30k._read("en", "de", None, [server.address], checksums(FILES))
    assert captions.train == (("A man sleeps.", "Ein Mann schläft."), ("Two dogs.", "Zwei Hunde."))
    assert captions.validation == (("A woman.", "Eine Frau."),)
    assert captions.test == (("A child.", "Ein Kind."),)


def store(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def one_sentence(error):
    message = str(error.value)
    assert message.startswith("expected ") and "got " in message and "; " in message
    assert "\n" not in message
    return message


# ------------------------------------------------------------------------------
# Tokens


@pytest.mark.parametrize(
    ("sentence", "tokens"),
    [
        ("Two men, outside.", "two men , outside ."),
        ("Zwei Männer – grüßen ÄRZTE!", "zwei männer – grüßen ärzte !"),
        ("A man's T-shirt", "a man 's t-shirt"),
        ("it’s the cowboys' lassos'.", "it ’s the cowboys ' lassos ' ."),
        ("'hello' \"you\" („so“)", "' hello ' \" you \" ( „ so “ )"),
        ("rot-weiß-gestreift, Rot- und -weiß", "rot-weiß-gestreift , rot - und - weiß"),
        ("$2.50 or 1,000 in 2012.", "$ 2.50 or 1,000 in 2012 ."),
        ("the 20th, #5 a_b", "the 20th , # 5 a _ b"),
        ("a\tb\u00a0c  d\r", "a b c d"),
        ("Ma\u0308nner gru\u0308\u00dfen", "männer grüßen"),  # two dots as a character of their own
        ("Sol\u00adda\u00adten, T\u2011Shirt", "soldaten , t-shirt"),
        ("\ufeffEin\u200b Mann\u200f", "ein mann"),
        ("ein\x00Mann \ud83d ❤\ufe0f", "ein mann \ufffd ❤"),
        ("", ""),
    ],
)
def test_tokens(sentence, tokens):
    assert tokenise(sentence) == tuple(tokens.split())


# ------------------------------------------------------------------------------
# Files in a folder of the reader's


def test_pairs_splits_and_direction(tmp_path):
    store(tmp_path / "multi30k", FILES)
    corpus = read(None, data_root=tmp_path)
    assert (corpus.source_language, corpus.target_language) == ("de", "en")
    assert corpus.train == (
        SentencePair(("ein", "mann", "schläft", "."), ("a", "man", "sleeps", "."), None),
        SentencePair(("zwei", "hunde", "."), ("two", "dogs", "."), None),
    )
    assert [pair.target[1] for pair in corpus.validation + corpus.test] == ["woman", "child"]
    swapped = read(None, data_root=tmp_path, languages=("en", "de"))
    assert (swapped.source_language, swapped.target_language) == ("en", "de")
    assert swapped.train[1] == SentencePair(("two", "dogs", "."), ("zwei", "hunde", "."))


@pytest.mark.parametrize("named", ["argument", "environment"])
def test_a_named_folder_is_read_and_stays_as_it_is(tmp_path, monkeypatch, cache, server, named):
    folder = store(tmp_path / "multi30k", FILES)
    if named == "environment":
        monkeypatch.setenv("DATA_ROOT", str(tmp_path))
    read(server, data_root=tmp_path if named == "argument" else None)
    assert contents(folder) == FILES
    assert server.asked == [] and not cache.exists()


@pytest.mark.parametrize("named", ["argument", "environment"])
def test_nothing_is_put_into_a_named_folder_that_lacks_a_file(
    tmp_path, monkeypatch, cache, server, named
):
    folder = store(tmp_path / "multi30k", FILES)
    (folder / "val.en.gz").unlink()
    if named == "environment":
        monkeypatch.setenv("DATA_ROOT", str(tmp_path))
    with pytest.raises(CorpusError) as raised:
        read(server, data_root=tmp_path if named == "argument" else None)
    message = one_sentence(raised)
    assert str(folder / "val.en.gz") in message and multi30k.ADDRESS in message
    assert len(contents(folder)) == 5
    assert server.asked == [] and not cache.exists()


def test_an_argument_comes_before_data_root(tmp_path, monkeypatch, cache):
    store(tmp_path / "a" / "multi30k", FILES)
    store(tmp_path / "b" / "multi30k", {})
    monkeypatch.setenv("DATA_ROOT", str(tmp_path / "b"))
    assert len(read(None, data_root=tmp_path / "a").train) == 2


def test_a_named_folder_without_the_corpus_is_an_error(tmp_path, cache, server):
    with pytest.raises(CorpusError, match=r"expected the file .*train\.de\.gz"):
        read(server, data_root=tmp_path)
    assert list(tmp_path.iterdir()) == [] and server.asked == []


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: b"", lambda data: b"\0"])
def test_a_damaged_file_in_a_named_folder_is_named(tmp_path, change):
    folder = store(tmp_path / "multi30k", FILES)
    (folder / "val.de.gz").write_bytes(change(FILES["val.de.gz"]))
    with pytest.raises(CorpusError, match="with the SHA-256") as raised:
        read(None, data_root=tmp_path)
    assert str(folder / "val.de.gz") in one_sentence(raised)


def test_the_table_of_checksums_is_used_for_a_named_folder(tmp_path):
    store(tmp_path / "multi30k", FILES)
    with pytest.raises(CorpusError, match=multi30k.CHECKSUMS["train.de.gz"]):
        read_multi30k(data_root=tmp_path)


@pytest.mark.parametrize("languages", [("de", "fr"), ("de", "de"), ("zh", "en"), ("en", "")])
def test_other_languages_are_refused(languages):
    with pytest.raises(CorpusError, match='the languages "de" and "en"') as raised:
        read_multi30k(*languages)
    one_sentence(raised)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("val.de.gz", b"Eine Frau.\n", "gzip"),
        ("val.de.gz", FILES["val.de.gz"][:-6], "gzip"),
        ("val.de.gz", FILES["val.de.gz"][:12] + b"\xff\xff" + FILES["val.de.gz"][14:], "gzip"),
        ("val.de.gz", gzip.compress("Männer\n".encode("latin-1")), "UTF-8"),
        ("train.en.gz", gzip.compress(b"A man.\n"), "got 2 and 1"),
        ("train.en.gz", gzip.compress(b"A man.\n\nTwo dogs.\n"), "got none in line 2"),
        ("train.en.gz", gzip.compress(b""), "got none in line 1"),
    ],
)
def test_files_with_other_contents_are_refused(tmp_path, name, data, words):
    files = FILES | {name: data}
    store(tmp_path / "multi30k", files)
    with pytest.raises(CorpusError, match=words) as raised:
        read(None, checksums(files), tmp_path)
    assert name in one_sentence(raised)


def test_a_line_may_lack_its_end_and_hold_a_tab(tmp_path):
    files = packed(LINES | {"val.de": "Eine\tFrau."})
    store(tmp_path / "multi30k", files)
    assert read(None, checksums(files), tmp_path).validation[0].source == ("eine", "frau", ".")


# ------------------------------------------------------------------------------
# Downloads


def test_the_files_are_downloaded_once(server, cache):
    first = read(server)
    assert sorted(server.asked) == sorted(FILES)
    assert contents(cache) == FILES
    assert read(server) == first
    assert len(server.asked) == len(FILES)


def test_a_data_root_without_the_corpus_is_left_alone(server, cache, tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    monkeypatch.setenv("DATA_ROOT", str(root))
    read(server)
    assert list(root.iterdir()) == [] and contents(cache) == FILES


def test_only_missing_files_are_asked_for(server, cache):
    store(cache, {name: FILES[name] for name in list(FILES)[:4]})
    read(server)
    assert sorted(server.asked) == sorted(list(FILES)[4:])


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: b"<html>"]
)
def test_a_damaged_file_in_the_cache_is_replaced(server, cache, damage):
    store(cache, FILES | {"val.en.gz": damage(FILES["val.en.gz"])})
    read(server)
    assert server.asked == ["val.en.gz"]
    assert contents(cache) == FILES


def test_an_interrupted_download_is_tried_again(server, cache):
    server.halves["train.en.gz"] = data_files.RETRIES
    assert len(read(server).train) == 2
    assert server.asked.count("train.en.gz") == 1 + data_files.RETRIES


def test_after_an_interrupted_download_the_rest_is_fetched(server, cache):
    server.halves["val.de.gz"] = 100
    with pytest.raises(CorpusError, match=r"expected to download .*val\.de\.gz") as raised:
        read(server)
    assert "DATA_ROOT" in one_sentence(raised)
    kept = {name: FILES[name] for name in ("train.de.gz", "train.en.gz")}
    assert contents(cache) == kept  # and no half of a file
    server.halves.clear()
    server.asked.clear()
    assert len(read(server).train) == 2
    assert sorted(server.asked) == sorted(set(FILES) - set(kept))


def test_an_interrupted_download_leaves_the_damaged_file_to_be_replaced_later(server, cache):
    store(cache, FILES | {"val.en.gz": b"damaged"})
    server.halves["val.en.gz"] = 100
    with pytest.raises(CorpusError, match="expected to download"):
        read(server)
    server.halves.clear()
    read(server)
    assert contents(cache) == FILES


def test_other_contents_than_expected_are_not_kept(server, cache):
    server.files["train.de.gz"] = FILES["val.de.gz"]
    with pytest.raises(CorpusError, match=r"train\.de\.gz: got other contents than") as raised:
        read(server)
    assert f"sha256:{checksums(FILES)['train.de.gz']}" in one_sentence(raised)
    assert contents(cache) == {}


def test_a_file_that_the_server_lacks_is_named(server, cache):
    del server.files["test_2016_flickr.en.gz"]
    with pytest.raises(CorpusError, match=r"test_2016_flickr\.en\.gz .*got HTTPError") as raised:
        read(server)
    one_sentence(raised)


def test_without_a_network_there_is_one_clear_error(server, cache):
    server.http.server_close()  # its port refuses from now on
    with pytest.raises(CorpusError, match="got ConnectionError") as raised:
        read(server)
    message = one_sentence(raised)
    assert "check the network" in message and str(cache) in message
    assert contents(cache) == {}


@pytest.mark.parametrize(
    ("proxy", "named"),
    [
        ("socks5://127.0.0.1:1080", "'socks5://127.0.0.1:1080'"),
        ("socks5h://me:secret@127.0.0.1:1080", "'socks5h://127.0.0.1:1080'"),
        ("http://me:se@cret@127.0.0.1:9", "'http://127.0.0.1:9'"),
        ("://", "'://'"),
        ("http://", "'http://'"),
        ("http://[::1", "'http://[::1'"),
        ("http://host:port", "'http://host:port'"),
        ("ftp://127.0.0.1:9", "'ftp://127.0.0.1:9'"),
        (f"http://{'a' * 70}.example:1", "aaa.example:1'"),
    ],
)
def test_a_proxy_that_does_not_work_is_named(server, cache, monkeypatch, proxy, named):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy)
    with pytest.raises(CorpusError, match="through the proxy") as raised:
        read(server)
    message = one_sentence(raised)
    assert named in message and "unset HTTPS_PROXY and ALL_PROXY" in message
    assert "other contents" not in message and "cret" not in message
    assert ("PySocks" in message) == proxy.startswith("socks")
    assert server.asked == []


def test_of_several_addresses_the_next_one_is_asked(server, tmp_path, monkeypatch):
    monkeypatch.setattr(data_files.pooch.core.time, "sleep", lambda seconds: None)
    known = f"sha256:{checksums(FILES)['val.de.gz']}"
    closed = "http://127.0.0.1:9/"
    path = data_files.fetch("val.de.gz", known, [closed, server.address], tmp_path)
    assert path.read_bytes() == FILES["val.de.gz"]
    with pytest.raises(data_files.DownloadError) as raised:
        data_files.fetch("none.gz", known, [closed, server.address], tmp_path)
    assert "9/none.gz: got ConnectionError; " in str(raised.value)
    assert "raw/none.gz: got HTTPError" in str(raised.value)


@pytest.fixture
def wrong(server):
    """A server that answers with other bytes than those asked for."""
    wrong = Server()
    wrong.files = {name: data + b"?" for name, data in FILES.items()}
    yield wrong
    wrong.stop()


DOWN = "http://127.0.0.1:9/"  # nothing listens there


def test_the_corpus_comes_from_the_first_source_that_has_it(server, wrong, cache):
    sources = [DOWN, wrong.address, server.address]
    corpus = multi30k._read("de", "en", None, sources, checksums(FILES))
    assert len(corpus.train) == 2
    assert contents(cache) == FILES
    # Only for the first file are those asked that have nothing.
    assert set(wrong.asked) == {"train.de.gz"}
    assert server.asked == list(FILES)


def test_when_no_source_has_it_each_one_is_named_with_its_reason(server, wrong, cache):
    server.files.clear()
    sources = [DOWN, wrong.address, server.address]
    with pytest.raises(CorpusError, match=r"expected to download train\.de\.gz") as raised:
        multi30k._read("de", "en", None, sources, checksums(FILES))
    message = one_sentence(raised)
    reasons = ["got ConnectionError", "got other contents", "got HTTPError"]
    for source, reason in zip(sources, reasons, strict=True):
        assert f"{source}train.de.gz: {reason}" in message
    assert contents(cache) == {}


@pytest.mark.parametrize("blank", ["", " \t"])
def test_an_empty_data_root_names_no_folder(server, cache, tmp_path, monkeypatch, blank):
    (tmp_path / "multi30k").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_ROOT", blank)
    assert read(server) == read(server, data_root=blank)
    assert contents(cache) == FILES


@pytest.mark.parametrize("named", ["~/data", "data"])
@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_folder_may_be_named_from_home_or_from_here(tmp_path, monkeypatch, named, how):
    store(tmp_path / "data" / "multi30k", FILES)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # the same on Windows
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_ROOT", named if how == "environment" else "elsewhere")
    assert len(read(None, data_root=named if how == "argument" else None).train) == 2


def test_the_public_addresses_are_the_ones_asked_for(monkeypatch, cache):
    asked = []

    def refuse(url, **_options):
        asked.append(url)
        raise requests.exceptions.ConnectionError("no route")

    monkeypatch.setattr(requests, "get", refuse)
    with pytest.raises(CorpusError, match="expected to download"):
        read_multi30k()
    assert list(dict.fromkeys(asked)) == [f"{at}train.de.gz" for at in multi30k.ADDRESSES]
    assert multi30k.ADDRESSES[0] == multi30k.ADDRESS and len(multi30k.ADDRESSES) > 1
    assert all(multi30k.COMMIT in address for address in multi30k.ADDRESSES)
