"""Pages made from the code are current, all pages are in the navigation, and links between files lead somewhere."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from documentation.made_pages import made_pages
from tests.documentation.pages import ROOT, documents

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def test_pages_made_from_the_code_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    pages = made_pages()
    stale = [str(path) for path, text in pages.items() if not path.is_file() or path.read_text("utf-8") != text]
    assert stale == [], "run `make docs`, and commit what it writes"
    assert set(Path("docs/reference/api").glob("*.md")) <= pages.keys()


def _pages(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    else:
        for inner in entry.values() if isinstance(entry, dict) else entry:
            yield from _pages(inner)


def test_every_page_is_in_the_navigation() -> None:
    nav = list(_pages(tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]))
    docs = ROOT / "docs"
    assert sorted(nav) == sorted(str(path.relative_to(docs)) for path in docs.rglob("*.md"))


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(path: Path) -> None:
    targets = [target for target in LINK.findall(path.read_text("utf-8")) if "://" not in target]
    files = [(path.parent / target.split("#")[0]).resolve() for target in targets if not target.startswith("#")]
    assert [str(file) for file in files if not file.exists()] == []


def _anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as forges and the site make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    plain = [re.sub(r"[^\w\s-]", "", heading.lower()).strip() for heading in headings]
    return {re.sub(r"\s", "-", heading) for heading in plain}


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_links_of_the_root_to_sections_lead_somewhere(path: Path) -> None:
    """Links between the pages of the site are checked by its strict build."""
    for target in LINK.findall(path.read_text("utf-8")):
        if "://" not in target and "#" in target:
            file, anchor = target.split("#")
            assert anchor in _anchors(path.parent / file if file else path), target
