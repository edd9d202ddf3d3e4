"""TODO docstring."""

import os


def environment_flag(name: str, otherwise: bool = False) -> bool:
    """Whether the environment variable `name` is 1 and not 0; `otherwise` where it is absent or empty.

    Raises:
        ValueError: where it is anything else.
    """
    value = os.environ.get(name) or str(int(otherwise))
    if value not in ("0", "1"):
        raise ValueError(f"{name} is {value!r}; allowed: 0 or 1")
    return value == "1"
