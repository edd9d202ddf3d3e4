"""README.md and the pages use the terms of the glossary, and no filler words.

The glossary names the words that stand for none of its terms, in its third column, and the filler words in its last
sentence. Code, the targets of links and the glossary itself are left out.
"""

import re
from pathlib import Path

import pytest

from tests.documentation.pages import ROOT, pages

GLOSSARY = ROOT / "docs/reference/glossary.md"
NOT_PROSE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|<!--.*?-->|^:::.*?$", re.DOTALL | re.MULTILINE)
OF_TIME = re.compile(r"\b(has|have|had) just\b")  # not the filler word


def _replaced_words() -> dict[str, str]:
    """Return the term of the glossary that each other word has to give way to."""
    rows = re.findall(r"^\| (.+?) \| .+? \| (.*?) ?\|$", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    return {word: term for term, words in rows if term != "term" for word in words.split(", ") if word.strip("- ")}


def _filler() -> list[str]:
    (words,) = re.findall(r"^No filler .*?: (.+?)\.$", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE)
    return words.split(", ")


REPLACED = _replaced_words() | {word: "nothing: a filler" for word in _filler()}


def wrong_words(text: str) -> list[str]:
    """Return "word (use term)" for every word in the prose of a text that the glossary replaces."""
    prose = OF_TIME.sub(" ", " ".join(NOT_PROSE.sub(" ", text).split()))
    return [
        f"{word} (use {term})"
        for word, term in REPLACED.items()
        if re.search(rf"(?<![\w/.-]){re.escape(word)}(?![\w/-]|\.\w)", prose, re.IGNORECASE)
    ]


@pytest.mark.parametrize("page", [page for page in pages() if page != GLOSSARY], ids=lambda page: page.name)
def test_a_page_uses_the_terms_of_the_glossary(page: Path) -> None:
    assert wrong_words(page.read_text(encoding="utf-8")) == []


def test_wrong_words_are_found_in_prose_alone() -> None:
    assert wrong_words("The prediction of\n  a patient.") == ["prediction (use estimate)", "patient (use subject)"]
    assert wrong_words("Simply\nrun it.") == ["simply (use nothing: a filler)"]
    assert wrong_words("See `prediction`, [a page](prediction.md)\n```text\nsimply\n```\nand justice.") == []
    assert wrong_words("## results/predictions.csv\nAnother process has just written it.") == []
