"""Where the book is published from: taken from the environment, so that a fork needs no edit.

BOOK_REPOSITORY   the address, https://github.com/OWNER/NAME; without it nothing is published
BOOK_BRANCH       the branch that pages and edits refer to (default: main)
BOOK_COMMIT       what Colab installs, a commit (default: the branch)
BOOK_PAGES        the site's address (default: that of the repository on GitHub Pages)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# The branch with the notebooks that know their repository; branch.py makes it.
COLAB_BRANCH = "colab"
ADDRESS = re.compile(r"https://github\.com/(?P<owner>[\w-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?")
REFERENCE = re.compile(r"[\w][\w./-]*")
PAGES = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[\w.~-]+)*/?")


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub; `branch`, `commit` and `site` as in the environment."""

    owner: str
    name: str
    branch: str = "main"
    commit: str = ""
    site: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Repository | None:
        """None where no address is known. Raises `ValueError` for one that is none of GitHub's."""
        address = environment.get("BOOK_REPOSITORY", "").strip()
        if not address:
            return None
        found = ADDRESS.fullmatch(address)
        branch = environment.get("BOOK_BRANCH", "").strip() or "main"
        commit = environment.get("BOOK_COMMIT", "").strip()
        if not found or not REFERENCE.fullmatch(branch) or not REFERENCE.fullmatch(commit or "0"):
            raise ValueError(
                "expected BOOK_REPOSITORY as https://github.com/OWNER/NAME, and names in "
                f"BOOK_BRANCH and BOOK_COMMIT, got {address!r}, {branch!r} and {commit!r}; leave "
                "BOOK_REPOSITORY empty for a book without an address"
            )
        site = environment.get("BOOK_PAGES", "").strip()
        if site and not PAGES.fullmatch(site):
            raise ValueError(
                f"expected the site's address in BOOK_PAGES, as https://example.org/book, got "
                f"{site!r}; leave it empty for GitHub Pages"
            )
        return cls(found["owner"], found["name"], branch, commit, site)

    @property
    def address(self) -> str:
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def source(self) -> str:
        """What pip installs the book's code from."""
        return f"git+{self.address}@{self.commit or self.branch}"

    @property
    def code(self) -> str:
        """The folder in which the book's files are shown, as they were when it was published."""
        return f"{self.address}/blob/{self.commit or self.branch}"

    @property
    def pages(self) -> str:
        """The address below which the pages lie, without a slash at its end."""
        if self.site:
            return self.site.rstrip("/")
        host = f"{self.owner.lower()}.github.io"
        # GitHub serves a repository of that name, and only that one, at the root of the host.
        return f"https://{host}" if self.name.lower() == host else f"https://{host}/{self.name}"

    def in_colab(self, notebook: str) -> str:
        """Where Colab opens the notebook at this path, on the branch where it knows its source."""
        return (
            f"https://colab.research.google.com/github/{self.owner}/{self.name}"
            f"/blob/{COLAB_BRANCH}/{notebook}"
        )

    def in_kaggle(self, notebook: str) -> str:
        """Where Kaggle opens it, from the same branch."""
        source = f"{self.address}/blob/{COLAB_BRANCH}/{notebook}"
        return f"https://kaggle.com/kernels/welcome?src={source}"

    def theme_options(self, edition: str = "") -> dict[str, object]:
        """For sphinx-book-theme: buttons that lead to the repository, to Colab and to Binder.

        edition: the folder in which the notebooks of the pages lie, if they have one.
        """
        return {
            "repository_url": self.address,
            "repository_branch": self.branch,
            "path_to_docs": edition,
            "use_repository_button": True,
            "use_edit_page_button": True,
            "use_issues_button": True,
            "launch_buttons": {
                "colab_url": "https://colab.research.google.com",
                "binderhub_url": "https://mybinder.org",
                "notebook_interface": "jupyterlab",
            },
        }

    def from_colab_branch(self, address: str) -> str:
        """The theme's address of a notebook in Colab, on the branch where it knows its source."""
        return address.replace(f"/blob/{self.branch}/", f"/blob/{COLAB_BRANCH}/", 1)
