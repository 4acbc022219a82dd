"""tools/publishing/repository.py and tools/publishing: forks work by themselves."""

import re
import subprocess
from pathlib import Path

import pytest

import tools.publishing.__main__ as publishing
from tools import ROOT
from tools.notebooks import listing, store
from tools.publishing import branch, stamp
from tools.publishing.repository import Repository
from tools.translation import chinese_notebooks

ADDRESSES = ["https://github.com/first-owner/the.book", "https://github.com/Second/fork_2"]
every_address = pytest.mark.parametrize("address", ADDRESSES)


def git(*arguments: str, cwd: Path) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.strip()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    folder = tmp_path / "remote.git"
    git("init", "--quiet", "--bare", str(folder), cwd=tmp_path)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, remote: Path, monkeypatch) -> Path:
    """A repository with the book's notebooks in one commit on `main`, pushed to `remote`."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "somebody@example.org")
    folder = tmp_path / "checkout"
    for path in listing.find_notebooks():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (folder / "_toc.yml").write_bytes((ROOT / "_toc.yml").read_bytes())
    # What somebody left there is not published.
    (folder / "chapters" / "Untitled.ipynb").write_text("{}", encoding="utf-8")
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    git("add", ".", cwd=folder)
    git("commit", "--quiet", "-m", "The book", cwd=folder)
    git("remote", "add", "origin", str(remote), cwd=folder)
    git("push", "--quiet", "origin", "main", cwd=folder)
    return folder


def first_code(notebook) -> str:
    return next(cell.source for cell in notebook.cells if cell.cell_type == "code")


@every_address
def test_the_environment_says_where_the_book_is_from(address: str) -> None:
    for written in (address, address + "/", address + ".git"):
        repository = Repository.from_environment({"BOOK_REPOSITORY": written})
        assert repository.address == address
        assert repository.source == f"git+{address}@main"
    exact = Repository.from_environment({"BOOK_REPOSITORY": address, "BOOK_COMMIT": "abc123"})
    assert exact.source == f"git+{address}@abc123"


def test_the_pages_lead_to_colab_and_binder() -> None:
    options = Repository("owner", "book", branch="trunk").theme_options()
    assert options["repository_branch"] == "trunk"
    launch = options["launch_buttons"]
    assert launch["colab_url"] and launch["binderhub_url"]
    # Colab opens the branch whose notebooks install the book; Binder opens the book itself.
    colab = "https://colab.research.google.com/github/owner/book/blob/trunk/chapters/01.ipynb"
    binder = "https://mybinder.org/v2/gh/owner/book/trunk?urlpath=lab/tree/chapters/01.ipynb"
    repository = Repository("owner", "book", branch="trunk")
    assert repository.from_colab_branch(colab) == colab.replace("trunk", "colab")
    assert repository.from_colab_branch(binder) == binder


def test_without_an_address_there_is_no_repository() -> None:
    assert Repository.from_environment({}) is None
    assert Repository.from_environment({"BOOK_REPOSITORY": " "}) is None


@pytest.mark.parametrize(
    "environment",
    [
        {"BOOK_REPOSITORY": "github.com/owner/name"},
        {"BOOK_REPOSITORY": "https://github.com/owner"},
        {"BOOK_REPOSITORY": "https://example.org/owner/name"},
        {"BOOK_REPOSITORY": 'https://github.com/owner/na"me'},
        {"BOOK_REPOSITORY": ADDRESSES[0], "BOOK_BRANCH": '"; rm -rf /'},
        {"BOOK_REPOSITORY": ADDRESSES[0], "BOOK_COMMIT": "-x"},
    ],
)
def test_anything_else_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected BOOK_REPOSITORY"):
        Repository.from_environment(environment)


@every_address
def test_stamped_notebooks_install_from_their_repository_and_are_else_the_same(
    address: str, tmp_path: Path
) -> None:
    repository = Repository.from_environment({"BOOK_REPOSITORY": address, "BOOK_COMMIT": "abc"})
    written = stamp.stamp(repository, ROOT, tmp_path)
    originals = of_both_editions()
    assert [p.relative_to(tmp_path) for p in written] == [p.relative_to(ROOT) for p in originals]
    for original, copy in zip(originals, written, strict=True):
        line = f'BOOK_SOURCE = "git+{address}@abc"'
        before, after = original.read_text("utf-8"), copy.read_text("utf-8")
        assert first_code(listing.read(copy)).count(line) == 1
        after = after.replace(line.replace('"', '\\"'), 'BOOK_SOURCE = \\"\\"')
        assert without_targets(after) == without_targets(before)


def of_both_editions() -> list[Path]:
    english = listing.find_notebooks()
    return [*english, *map(chinese_notebooks.path_of, english)]


def without_targets(text: str) -> str:
    """The text of a notebook without the targets of its links."""
    return re.sub(r"\]\([^)\s]*\)", "]()", text)


@every_address
def test_links_of_stamped_notebooks_lead_somewhere(address: str, tmp_path: Path) -> None:
    repository = Repository.from_environment({"BOOK_REPOSITORY": address})
    before = {
        target
        for path in of_both_editions()
        for target in re.findall(r"\]\((\S+?\.(?:ipynb|md))[#)]", path.read_text("utf-8"))
        if ":" not in target
    }
    assert before, "expected notebooks that link to one another, got none"
    in_colab: list[str] = []
    for path in stamp.stamp(repository, ROOT, tmp_path):
        text = path.read_text("utf-8")
        assert not [target for target in before if f"]({target}" in text], path.name
        in_colab += re.findall(rf"{re.escape(repository.in_colab(''))}([^)#\s]+)", text)
    assert in_colab and all((tmp_path / target).is_file() for target in in_colab)


COLAB = "https://colab.research.google.com/github"


@pytest.mark.parametrize(
    ("repository", "colab", "pages"),
    [
        ("first-owner/the.book", "first-owner/the.book", "https://first-owner.github.io/the.book"),
        ("Second/fork_2", "Second/fork_2", "https://second.github.io/fork_2"),
        ("Second/second.github.io", "Second/second.github.io", "https://second.github.io"),
    ],
)
def test_links_become_addresses(repository: str, colab: str, pages: str) -> None:
    source = Repository.from_environment({"BOOK_REPOSITORY": f"https://github.com/{repository}"})
    markdown = (
        '[4](04.ipynb#why), [words](../book/glossary.md#term-code "Words"), [up](#top),\n'
        "[a page](https://example.org/a.md) and ![one](picture.png)\n\n"
        "[before]: <../book/before.ipynb>\n"
    )
    assert stamp.with_addresses(markdown, Path("chapters/01.ipynb"), source) == (
        f"[4]({COLAB}/{colab}/blob/colab/chapters/04.ipynb#why), "
        f'[words]({pages}/book/glossary.html#term-code "Words"), [up](#top),\n'
        "[a page](https://example.org/a.md) and ![one](picture.png)\n\n"
        f"[before]: <{COLAB}/{colab}/blob/colab/book/before.ipynb>\n"
    )


def test_a_chinese_notebook_leads_to_chinese_ones(tmp_path: Path) -> None:
    source = Repository("o", "n")
    path = tmp_path / "chapters" / "01.ipynb"
    path.parent.mkdir()
    (tmp_path / "_toc.yml").write_text("root: chapters/01", encoding="utf-8")
    notebook = listing.read(listing.find_notebooks()[0])
    notebook.cells[0].source = "[4](04.ipynb#why), [words](../book/glossary.md)"
    store.write(notebook, path)
    # As the Chinese edition's pages are made, from a folder of their own.
    (written,) = stamp.stamp(source, tmp_path, tmp_path / "out", edition=Path("zh"))
    assert listing.read(written).cells[0].source == (
        f"[4]({COLAB}/o/n/blob/colab/zh/chapters/04.ipynb#why), "
        "[words](https://o.github.io/n/zh/book/glossary.html)"
    )


def test_a_site_may_have_an_address_of_its_own() -> None:
    environment = {"BOOK_REPOSITORY": ADDRESSES[0], "BOOK_PAGES": "https://book.example.org/a/"}
    repository = Repository.from_environment(environment)
    assert repository.pages == "https://book.example.org/a"
    for wrong in ("book.example.org", "https://book.example.org/a b", 'https://a"'):
        with pytest.raises(ValueError, match="BOOK_PAGES"):
            Repository.from_environment(environment | {"BOOK_PAGES": wrong})


def test_another_source_can_be_given(tmp_path: Path) -> None:
    source = "git+file:///a/clone@abc"
    for path in stamp.stamp(Repository("o", "n"), ROOT, tmp_path, source):
        assert f'BOOK_SOURCE = "{source}"' in first_code(listing.read(path))


def test_a_notebook_without_the_set_up_cell_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_toc.yml").write_text("root: chapters/01", encoding="utf-8")
    path = tmp_path / "chapters" / "01.ipynb"
    notebook = listing.read(listing.find_notebooks()[0])
    notebook.cells = [cell for cell in notebook.cells if "BOOK_SOURCE" not in cell.source]
    store.write(notebook, path)
    with pytest.raises(ValueError, match=r"01\.ipynb: expected BOOK_SOURCE"):
        stamp.stamp(Repository("o", "n"), tmp_path, tmp_path / "out")


def test_pushing_makes_one_commit_and_changes_nothing_here(checkout: Path, remote: Path) -> None:
    before = git("status", "--porcelain", cwd=checkout), git("rev-parse", "HEAD", cwd=checkout)
    for address in ADDRESSES:  # the second time, the branch is there already
        repository = Repository.from_environment({"BOOK_REPOSITORY": address})
        commit = branch.push(repository, checkout, "origin")
        assert git("rev-parse", "colab", cwd=remote) == commit
        assert git("rev-list", "--count", "colab", cwd=remote) == "1"
        files = git("ls-tree", "-r", "--name-only", "colab", cwd=remote).splitlines()
        names = [p.relative_to(ROOT).as_posix() for p in listing.find_notebooks()]
        assert sorted(files) == sorted(["README.md", *names])
        shown = git("show", f"colab:{names[0]}", cwd=remote)
        assert f"git+{address}@main" in shown
    assert before == (
        git("status", "--porcelain", cwd=checkout),
        git("rev-parse", "HEAD", cwd=checkout),
    )
    assert git("rev-parse", "main", cwd=remote) == before[1]


def test_without_an_address_the_command_says_what_to_set(monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    assert publishing.main(["stamp", str(tmp_path / "out")]) == 1
    assert "BOOK_REPOSITORY" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
