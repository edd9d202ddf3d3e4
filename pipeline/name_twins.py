"""Names that look alike: they collide on file systems that ignore case, and stand for one thing by mistake."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from pipeline.name_list import list_names


def find_name_twins(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of names that differ only by case, blanks, invisible characters or Unicode form.

    Examples:
        >>> find_name_twins(["ann", "Bob", "Ann ", "cy"])
        [['Ann ', 'ann']]
    """
    groups = defaultdict(set)
    for name in names:
        groups[_seen(name)].add(name)
    return [sorted(group) for _, group in sorted(groups.items()) if len(group) > 1]


def _seen(name: str) -> str:
    """Return what a reader takes a name for: one case, one blank between words, one form of a letter or digit."""
    compatible = unicodedata.normalize("NFKC", name)  # also turns wide digits into digits
    printed = "".join(character for character in compatible if unicodedata.category(character) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", printed.casefold()).split())


def name_twin_errors(kind: str, names: Iterable[str]) -> list[str]:
    """Return an error for every group of names that look alike; see `find_name_twins`.

    Args:
        kind: what the names are: `ids`.
        names: in any order.
    """
    return [
        f"the {kind} {list_names([ascii(name) for name in group])} differ only by case, blanks, invisible characters "
        "or Unicode form; allowed: one spelling, or names that differ otherwise"
        for group in find_name_twins(names)
    ]
