"""The file in which the origin of a corpus is written: an empty JSON object stands for a recorded corpus."""

import json
from pathlib import Path

from pipeline.records.json_file import read_json
from pipeline.records.origin import Origin, origin_to_json
from pipeline.runtime.atomic import write_text_atomically

NAME = "origin.json"  # in the root of a corpus


def write_origin(path: Path, origin: Origin | None) -> None:
    """Write the origin of a corpus to `path`; an empty JSON object for a recorded one."""
    write_text_atomically(path, json.dumps(origin_to_json(origin), indent=2, sort_keys=True) + "\n")


def read_origin(path: Path) -> Origin | None:
    """Read the origin of a corpus; None for a recorded one, which has an empty object.

    Raises:
        DamagedError: if there is no such file, or it is no JSON object.
        ValueError: if it is no origin; the message names the file.
    """
    try:
        return Origin.from_json(read_json(path))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: not the origin of a corpus: {error!r}") from None


def origin_of_corpus(root: Path) -> Origin | None:
    """Return the origin in the root of a corpus; None if there is no such file, as in a recorded corpus."""
    path = root / NAME
    return read_origin(path) if path.is_file() else None
