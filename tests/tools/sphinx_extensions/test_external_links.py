"""tools/sphinx_extensions/external_links.py: what is asked for in place of a link."""

import pytest

from tools.sphinx_extensions.external_links import ask_the_registry


@pytest.mark.parametrize("doi", ["10.1038/323533a0", "10.1016/0893-6080(89)90014-2"])
def test_a_doi_is_looked_up_where_no_publisher_answers(doi: str) -> None:
    asked = ask_the_registry(None, f"https://doi.org/{doi}")
    assert asked == f"https://doi.org/api/handles/{doi}"
    assert ask_the_registry(None, asked) is None


@pytest.mark.parametrize(
    "address",
    ["https://arxiv.org/abs/1409.0473", "https://doi.org/", "https://doi.org.example/10.1/2"],
)
def test_any_other_link_is_asked_for_itself(address: str) -> None:
    assert ask_the_registry(None, address) is None
