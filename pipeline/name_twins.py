"""Names that look alike: they collide on file systems that ignore case, and stand for one thing by mistake."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from pipeline.name_list import list_names

MAX_NAMED = 20  # names in one message


def find_name_twins(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of names that differ only by case, by blanks or by the Unicode form of a letter.

    >>> find_name_twins(["ann", "Bob", "Ann ", "cy"])
    [['Ann ', 'ann']]
    """
    groups = defaultdict(set)
    for name in names:
        # Decomposed before and after, as Unicode defines caseless matching.
        caseless = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
        groups["".join(caseless.split())].add(name)
    return [sorted(group) for _, group in sorted(groups.items()) if len(group) > 1]


def name_twin_errors(kind: str, names: Iterable[str]) -> list[str]:
    """Return an error for every group of names that differ only by case, blanks or Unicode form.

    Args:
        kind: what the names are: `ids`.
        names: in any order.
    """
    return [
        f"the {kind} {list_names([ascii(name) for name in group], MAX_NAMED)} differ only by case, blanks or Unicode "
        "form; allowed: one spelling, or names that differ otherwise"
        for group in find_name_twins(names)
    ]
