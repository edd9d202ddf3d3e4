"""The list of recordings that the stages process: the id, path, size and hash of each video, nothing of its subject."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.records.tables import read_rows, write_rows

COLUMNS = ("recording", "path", "bytes", "sha256")
MAX_ID_BYTES = 200  # file systems allow 255, and temporary outputs have a suffix
ID_RULE = f"the name of a folder: printable, up to {MAX_ID_BYTES} bytes, without / or leading dot"


@dataclass(frozen=True)
class Recording:
    """One video file.

    Attributes:
        recording: its id, unique in a corpus and valid as the name of a folder.
        path: of the file; relative to the working directory if the corpus root is.
        bytes: the size of the file.
        sha256: the hash of its content.
    """

    recording: str
    path: Path
    bytes: int
    sha256: str

    @property
    def opaque(self) -> str:
        """An id that does not reveal the subject: the first digits of the hash, which owners of the file can match."""
        return self.sha256[:8]

    def __post_init__(self) -> None:
        if not is_id(self.recording):
            raise ValueError(f"recording id {self.recording!r}; allowed: {ID_RULE}")
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"sha256 {self.sha256!r}; allowed: 64 hexadecimal digits")


def is_id(text: str) -> bool:
    """Whether `text` is allowed as a recording id, which is the name of a folder in every output."""
    return (
        text.isprintable() and 0 < len(text.encode()) <= MAX_ID_BYTES and not text.startswith(".") and "/" not in text
    )


def read_recordings(path: Path) -> list[Recording]:
    """Read the recordings in `path`, sorted by id.

    Raises:
        ValueError: naming the file and the wrong column or row.
    """
    recordings = []
    for number, row in read_rows(path, COLUMNS):
        try:
            recordings.append(Recording(row["recording"], Path(row["path"]), int(row["bytes"]), row["sha256"]))
        except ValueError as error:
            raise ValueError(f"{path}: row {number}: {error}") from None
    return sorted(recordings, key=lambda recording: recording.recording)


def write_recordings(path: Path, recordings: Iterable[Recording]) -> None:
    """Write `recordings` to `path`, sorted by id; the file is replaced atomically."""
    ordered = sorted(recordings, key=lambda recording: recording.recording)
    write_rows(path, COLUMNS, ([item.recording, item.path, item.bytes, item.sha256] for item in ordered))
