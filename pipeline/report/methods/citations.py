"""Citations in a text, `[@key]` as Pandoc reads them, and their BibTeX entries in references.bib."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

CITED = re.compile(r"@([a-z]+\d*)")  # inside the brackets of a citation
CITATION = re.compile(r"\[@[^\]]+\]")


@cache
def references() -> Mapping[str, str]:
    """Return all entries of references.bib by their key, in the order of the file."""
    text = Path(__file__).with_name("references.bib").read_text(encoding="utf-8")
    entries = [entry.strip() for entry in re.split(r"\n(?=@)", text)]
    return {re.match(r"@\w+\{(\w+),", entry)[1]: entry for entry in entries}  # type: ignore[index]


def cited_keys(texts: Iterable[str]) -> list[str]:
    """Return the keys that texts cite, each once, in the order of their first citation.

    Examples:
        >>> cited_keys(["The MSN [@demelo2020] on faces [@zhang2016; @cao2018].", "Again [@zhang2016]."])
        ['demelo2020', 'zhang2016', 'cao2018']
    """
    citations = [citation for text in texts for citation in CITATION.findall(text)]
    return list(dict.fromkeys(key for citation in citations for key in CITED.findall(citation)))


def bibtex(texts: Iterable[str]) -> str:
    """Return the BibTeX entries of all citations in texts.

    Raises:
        KeyError: if references.bib has no entry of a cited key.
    """
    return "\n\n".join(references()[key] for key in cited_keys(texts))
