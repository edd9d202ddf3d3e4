"""Dotted keys of the content of a params.yaml: `finetune.seed` is the key `seed` in the section `finetune`."""

from collections.abc import Iterator, Mapping
from typing import Any


def value_at(params: Mapping[str, Any], key: str) -> Any:
    """Return the value of a dotted key; None if there is no such key.

    Examples:
        >>> value_at({"finetune": {"seed": 3}}, "finetune.seed"), value_at({"finetune": {"seed": 3}}, "finetune.labels")
        (3, None)
    """
    value: Any = params
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted key and value of each leaf of nested mappings.

    Examples:
        >>> list(leaves({"clip": {"length": 8}, "finetune": {"augment": {"flip": 0.5}}}))
        [('clip.length', 8), ('finetune.augment.flip', 0.5)]
    """
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
