"""What pages offer where a repository is known: Kaggle beside Colab, and reports of errors."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from tools.sphinx_extensions import error_reports, launch_buttons

ADDRESS = "https://github.com/some-owner/the-book"
NOTEBOOK, TEXT = "chapters/01_one", "book/index"
SITE = "https://some-owner.github.io/the-book/"
APP = SimpleNamespace(
    config=SimpleNamespace(html_baseurl=SITE, language="en"),
    builder=SimpleNamespace(get_target_uri=lambda name: f"{name}.html"),
    env=SimpleNamespace(
        found_docs={NOTEBOOK, TEXT},
        doc2path=lambda name: {NOTEBOOK: "/b/chapters/01_one.ipynb", TEXT: "/b/book/index.md"}[
            name
        ],
    ),
)


@pytest.fixture
def context() -> dict:
    """What the theme has made of a page."""
    return {
        "title": "<span>1</span> Encode &amp; decode",
        "theme_extra_footer": "A licence.",
        "header_buttons": [
            {"label": "launch-buttons", "buttons": [{"text": "Colab", "url": "https://colab"}]},
            {
                "label": "source-buttons",
                "buttons": [{"label": "source-issues-button", "text": "Open issue", "url": "x"}],
            },
        ],
    }


@pytest.fixture
def address(monkeypatch) -> str:
    for name in ("BOOK_BRANCH", "BOOK_PAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BOOK_REPOSITORY", ADDRESS)
    monkeypatch.setenv("BOOK_COMMIT", "abc123")
    return ADDRESS


@pytest.mark.parametrize(("language", "folder"), [("en", ""), ("zh_CN", "zh/")])
def test_kaggle_opens_the_stamped_notebook_and_says_that_it_needs_a_network(
    context: dict, address: str, monkeypatch, language: str, folder: str
) -> None:
    monkeypatch.setattr(APP.config, "language", language)
    launch_buttons.add_kaggle(APP, NOTEBOOK, "", context, None)
    colab, kaggle = context["header_buttons"][0]["buttons"]
    assert colab["text"] == "Colab" and "internet on" in kaggle["text"]
    source = f"{ADDRESS}/blob/colab/{folder}chapters/01_one.ipynb"
    assert kaggle["url"] == f"https://kaggle.com/kernels/welcome?src={source}"


def test_a_page_of_text_has_no_such_button(context: dict, address: str) -> None:
    launch_buttons.add_kaggle(APP, TEXT, "", context, None)
    assert len(context["header_buttons"][0]["buttons"]) == 1


@pytest.mark.parametrize("folder", ["", "zh/"])
def test_an_error_report_names_the_page_and_the_state(
    context: dict, address: str, monkeypatch, folder: str
) -> None:
    monkeypatch.setattr(APP.config, "html_baseurl", SITE + folder)
    error_reports.add_link(APP, TEXT, "", context, None)
    (issues,) = context["header_buttons"][1]["buttons"]
    assert issues["text"] == "Report an error on this page"
    url = urlsplit(issues["url"])
    assert url.geturl().startswith(f"{ADDRESS}/issues/new?") and "+" not in url.query
    fields = parse_qs(url.query)
    assert fields["title"] == ["Error on the page “1 Encode & decode”"]
    (body,) = fields["body"]
    assert f"{SITE}{folder}book/index.html\n" in body and "abc123" in body
    footer = context["theme_extra_footer"]
    assert footer.startswith("A licence.") and issues["url"].replace("&", "&amp;") in footer


def test_without_an_address_nothing_is_offered(context: dict, monkeypatch) -> None:
    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    before = repr(context)
    launch_buttons.add_kaggle(APP, NOTEBOOK, "", context, None)
    error_reports.add_link(APP, NOTEBOOK, "", context, None)
    assert repr(context) == before


def test_a_page_that_sphinx_makes_has_no_report(context: dict, address: str) -> None:
    before = context["theme_extra_footer"]
    error_reports.add_link(APP, "search", "", context, None)
    assert context["theme_extra_footer"] == before
