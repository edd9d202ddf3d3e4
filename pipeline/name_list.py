"""Lists of names in messages, cut to the first few."""

from collections.abc import Sequence


def list_names(names: Sequence[str], limit: int) -> str:
    """Join the first `limit` names with commas and add the number of the others.

    >>> list_names(["a", "b", "c"], limit=2)
    'a, b and 1 more'
    """
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")
