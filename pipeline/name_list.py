"""Lists of names in messages, on one line and cut to the first few."""

from collections.abc import Sequence

from pipeline.runtime.visible import visible

MAX_NAMED = 20  # names, or lines, in one message


def list_names(names: Sequence[str], limit: int = MAX_NAMED) -> str:
    r"""Join the first `limit` names with commas and add the number of the others.

    Examples:
        >>> list_names(["a", "b\nc", "d"], limit=2)
        'a, b\\nc and 1 more'
    """
    rest = len(names) - limit
    return ", ".join(map(visible, names[:limit])) + (f" and {rest} more" if rest > 0 else "")
