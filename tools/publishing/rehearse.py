"""A rehearsal of publishing: the steps of the workflow, carried out here for two addresses.

    python -m tools.publishing.rehearse [ADDRESS ...]      default: two made-up repositories

For each address the last commit is cloned, the shell steps of the job `publish` in
`.github/workflows/publish.yml` are run in the clone as they stand there, with a bare repository on
this disk as `origin`, and the site that would be uploaded is served below the address's sub-path
and opened in Chromium. What its buttons lead to is looked up in the bare repository. Only what
GitHub itself does is left out: starting the workflow, and taking the site.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import yaml
from playwright.sync_api import Browser, Page

from tools import ROOT
from tools.machine import browser, files
from tools.machine.git import git
from tools.machine.server import served
from tools.notebooks.listing import code_cells
from tools.publishing.repository import COLAB_BRANCH, Repository
from tools.translation import FOLDER

WORKFLOW = Path(".github", "workflows", "publish.yml")
JOB = "publish"
ADDRESSES = ("https://github.com/first-owner/the.book", "https://github.com/Second/fork_2")
CHAPTER = "chapters/02_compression"
VARIABLE = re.compile(r"\$\{\{\s*([\w.]+)\s*\}\}")
# The runner's own: everything is installed here already.
SYSTEM_STEPS = re.compile(r"\bsudo\b")


@dataclass(frozen=True)
class Job:
    """What is done here of the workflow's job: its shell steps, each with its environment."""

    steps: list[tuple[str, dict[str, str]]]
    uploaded: str  # the folder that becomes the site


def read_job(workflow: Path, values: Mapping[str, str]) -> Job:
    """The job as the workflow's file says it.

    values: of GitHub's variables, such as "github.sha". Raises `KeyError` for one that is missing.
    """
    job = yaml.safe_load(workflow.read_text("utf-8"))["jobs"][JOB]
    steps = []
    for step in job["steps"]:
        if "run" in step:
            environment = job["env"] | step.get("env", {})
            filled = {name: fill(text, values) for name, text in environment.items()}
            steps.append((fill(step["run"], values), filled))
    (uploaded,) = [
        step["with"]["path"]
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/upload-pages-artifact@")
    ]
    return Job(steps, uploaded)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with the values of the variables in it."""
    return VARIABLE.sub(lambda found: values[found[1]], text)


def publish(repository: Repository, folder: Path) -> tuple[Path, Path, str]:
    """Carry the job out in `folder`: the site, the bare repository, and the commit published."""
    remote, clone = folder / "remote.git", folder / "clone"
    git(folder, "clone", "--quiet", "--bare", str(ROOT), str(remote))
    branch = git(remote, "rev-parse", "--abbrev-ref", "HEAD")
    git(folder, "clone", "--quiet", str(remote), str(clone))
    commit = git(clone, "rev-parse", "HEAD")
    values = {
        "github.server_url": "https://github.com",
        "github.repository": f"{repository.owner}/{repository.name}",
        "github.ref_name": branch,
        "github.sha": commit,
        "steps.pages.outputs.base_url": repository.pages,
    }
    job = read_job(clone / WORKFLOW, values)
    for step, environment in job.steps:
        if SYSTEM_STEPS.search(step):
            print(f"  (left to the runner) {step.strip()}")
            continue
        print(f"  $ {step.strip()}", flush=True)
        # As a runner does it: bash, ended by the first error.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step]
        subprocess.run(command, cwd=clone, env=os.environ | environment, check=True)
    return clone / job.uploaded, remote, commit


class Fault(Exception):
    """Something that a reader of the published book would stumble over."""


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise Fault(what)


def look(window: Browser, base: str, repository: Repository, remote: Path, commit: str) -> None:
    """Open the published pages and follow what they offer. Raises `Fault`."""
    requests: list[str] = []
    errors: list[str] = []
    page = window.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(base)
    page.locator("book-two-translators .panel").wait_for()
    look_at_what_is_shared(page, base, repository)
    page.goto(f"{base}{CHAPTER}.html")
    foreign = [url for url in requests if not url.startswith((base, "data:", "blob:"))]
    expect(not foreign, f"pages ask other hosts: {foreign}")
    expect(not errors, f"scripts fail: {errors}")
    addresses = {link.get_attribute("href") for link in page.locator("a[href]").all()}
    follow_buttons(addresses, repository, remote, commit)
    look_at_downloads(page, base, repository, commit)
    page.goto(f"{base}{FOLDER}/{CHAPTER}.html")
    look_at_downloads(page, base, repository, commit)


def look_at_what_is_shared(page: Page, base: str, repository: Repository) -> None:
    """The picture and the list of pages, which are named by the address that is published."""
    picture = page.locator("meta[property='og:image']").get_attribute("content")
    answers = [page.request.get(picture.replace(f"{repository.pages}/", base))]
    sitemap = page.request.get(f"{base}sitemap.xml")
    locations = re.findall(r"<loc>(.*?)</loc>", sitemap.text())
    expect(f"{repository.pages}/index.html" in locations, f"{sitemap.url} lists {locations}")
    answers += [page.request.get(at.replace(f"{repository.pages}/", base)) for at in locations]
    missing = [answer.url for answer in answers if not answer.ok]
    expect(not missing, f"shared, but not there: {missing}")


def follow_buttons(addresses: set[str], repository: Repository, remote: Path, commit: str) -> None:
    """What the buttons of a chapter lead to, looked up in the bare repository."""
    branch = git(remote, "rev-parse", "--abbrev-ref", "HEAD")
    edit = f"{repository.address}/edit/{branch}/{CHAPTER}.ipynb"
    expect(edit in addresses, f"no link to {edit}")
    git(remote, "cat-file", "-e", f"{branch}:{CHAPTER}.ipynb")  # what would be edited is there
    issues = f"{repository.address}/issues/new"
    expect(any(address.startswith(issues) for address in addresses), f"no link to {issues}")
    (colab,) = [a for a in addresses if a.startswith("https://colab.research.google.com/")]
    source = source_in_colab(colab, repository, remote)
    expect(source == f"git+{repository.address}@{commit}", f"{colab} installs {source}")
    print(f"  Colab opens {urlsplit(colab).path}, which installs from {source}")


def source_in_colab(address: str, repository: Repository, remote: Path) -> str:
    """What the notebook behind a Colab address installs, read from the bare repository."""
    path = unquote(urlsplit(address).path)
    start = f"/github/{repository.owner}/{repository.name}/blob/{COLAB_BRANCH}/"
    expect(path.startswith(start), f"Colab is led to {path}, not below {start}")
    return source_of(git(remote, "show", f"{COLAB_BRANCH}:{path.removeprefix(start)}"))


def source_of(notebook: str) -> str:
    """What a notebook's first cell of code installs."""
    first = code_cells(nbformat.reads(notebook, as_version=4))[0]
    found = re.search(r'^BOOK_SOURCE = "(.+)"', first.source, re.MULTILINE)
    expect(found is not None, "a notebook's first cell names no source")
    return found[1]


def look_at_downloads(page: Page, base: str, repository: Repository, commit: str) -> None:
    for ending, what in ((".ipynb", "notebook"), (".pdf", "book")):
        links = page.locator(f".article-header-buttons a[href$='{ending}']")
        addresses = {
            link.evaluate("link => link.href")
            for link in links.all()
            if link.evaluate("link => link.href").startswith(base)
        }
        expect(len(addresses) == 1, f"expected one {what} to download, got {addresses}")
        answer = page.request.get(addresses.pop())
        expect(answer.ok, f"{answer.url} answers {answer.status}")
        content = answer.body()
        if ending == ".ipynb":
            source = source_of(content.decode("utf-8"))
            expect(source == f"git+{repository.address}@{commit}", f"it installs {source}")
        else:
            expect(content.startswith(b"%PDF-"), f"{answer.url} is no PDF")
        print(f"  downloaded {urlsplit(answer.url).path}, {len(content):,} bytes")


def main(arguments: Sequence[str]) -> int:
    files.print_everything()
    try:
        with browser.opened() as window:
            for address in arguments or ADDRESSES:
                rehearse(Repository.from_environment({"BOOK_REPOSITORY": address}), window)
    except (Fault, FileNotFoundError) as fault:
        print(f"FAULT: {fault}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"FAILED: {error}\n{error.stderr or ''}", file=sys.stderr)
        return 1
    print("Published, opened and followed, for each address.")
    return 0


def rehearse(repository: Repository, window: Browser) -> None:
    print(f"{repository.address}:", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        site, remote, commit = publish(repository, Path(folder))
        with served(site, f"/{repository.name}/") as base:
            look(window, base, repository, remote, commit)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
