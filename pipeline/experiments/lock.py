"""The content of a dvc.lock: what each stage ran with, read and made."""

from collections.abc import Mapping
from typing import Any

import yaml

LOCK = "dvc.lock"


def locked_stages(lock: str | None) -> Mapping[str, Mapping[str, Any]]:
    """Return the entries of the stages by name; empty if there is no lock.

    Args:
        lock: the text of the dvc.lock; None if there is none.
    """
    return (yaml.load(lock or "", yaml.CSafeLoader) or {}).get("stages") or {}  # ten times as fast as safe_load
