"""Links to what an explorer shows keep their address; all others are left to MyST."""

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document

from tools.sphinx_extensions.explorer_links import LeaveExplorerLinks


@pytest.mark.parametrize(
    ("address", "is_left"),
    [
        ("#book-translator.view=compared&book-translator.text=Der+Hund", True),
        ("#book-attention-by-hand.query=1,0", True),
        ("#book-translator", False),  # a heading may be called that
        ("#the-book-translator.view=table", False),
        ("#why-divide-by-the-root", False),
    ],
)
def test_only_links_to_a_state_are_left(address: str, is_left: bool) -> None:
    document = new_document("page", get_default_settings())
    link = nodes.reference("", "see it", refuri=address, id_link=True)
    document += nodes.paragraph("", "", link)
    LeaveExplorerLinks(document).apply()
    assert link["refuri"] == address
    assert ("id_link" not in link) == is_left
    assert link.get("internal", False) == is_left
