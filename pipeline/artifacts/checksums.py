"""Checksums of an item's files, recorded when it is finished, by which damage is found later.

Damage is a file that is lost, cut or overwritten: by a failing disk, a power loss or another program.
"""

import errno
import json
from pathlib import Path

from pipeline.runtime.atomic import write_text_atomically
from pipeline.runtime.file_digest import file_digest, file_digests_below


def write_record(record: Path, folder: Path) -> None:
    """Write the SHA-256 of every file below `folder` to the JSON file `record`, by its path in `folder`."""
    write_text_atomically(record, json.dumps(file_digests_below(folder), indent=0))


def read_record(record: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of an item, by its path in the item.

    Raises:
        FileNotFoundError: if there is no record.
        ValueError: if the record is damaged.
    """
    digests = json.loads(record.read_bytes())
    if not isinstance(digests, dict):
        raise ValueError(f"{record}: damaged")
    return digests


def find_damage(record: Path, folder: Path) -> str | None:
    """Hash the recorded files below `folder`, and return what differs from the record, or None.

    Files that the record does not name are left out: systems leave some of their own.

    Raises:
        FileNotFoundError: if there is no record.
        OSError: if a file cannot be read for another reason than a failing disk.
    """
    try:
        recorded = read_record(record)
    except ValueError:
        return f"its checksums cannot be read: {record}"
    for name, digest in recorded.items():
        try:
            if file_digest(folder / name) != digest:
                return f"{name} has other content than when it was finished"
        except FileNotFoundError:
            return f"{name} is missing"
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return f"{name} cannot be read: {error.strerror}"
    return None
