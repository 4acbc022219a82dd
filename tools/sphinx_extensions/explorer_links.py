"""Links that lead to what an explorer of the page shows: [see it](#book-NAME.STATE=VALUE).

Sphinx would look for a heading of that name; the script of the explorer
(`utils/explorers/javascript/element.js`) takes what stands behind # as its state.
"""

from __future__ import annotations

import re

from docutils import nodes
from docutils.transforms import Transform
from sphinx.application import Sphinx

# The element, a dot, and what it shows.
STATE = re.compile(r"#(?P<element>book-[a-z-]+)\..+")


class LeaveExplorerLinks(Transform):
    """Keep the address of such a link as it stands."""

    default_priority = 878  # before MyST looks for the headings that links lead to

    def apply(self, **_arguments: object) -> None:
        for link in self.document.findall(nodes.reference):
            if link.get("id_link") and STATE.fullmatch(link.get("refuri", "")):
                del link["id_link"]
                link["internal"] = True


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(LeaveExplorerLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
