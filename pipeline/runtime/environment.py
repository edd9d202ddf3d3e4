"""Switches in the environment, which affect speed and memory but not the result, up to rounding."""

import os


def environment_flag(name: str, default: bool = False) -> bool:
    """Whether the environment variable `name` is 1 and not 0; `default` if it is unset or empty.

    Raises:
        ValueError: if it has any other value.
    """
    value = os.environ.get(name) or str(int(default))
    if value not in ("0", "1"):
        raise ValueError(f"{name} is {value!r}; allowed: 0 or 1")
    return value == "1"
