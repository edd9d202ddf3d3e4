"""The list of recordings that the stages work through: what identifies a video, and nothing about its subject."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.records.tables import read_rows, write_rows

COLUMNS = ("recording", "path", "bytes", "sha256")
MAX_ID_BYTES = 200  # bytes; file systems allow 255, and outputs in the making are longer by a word
ID_RULE = f"the name of a folder: printable, up to {MAX_ID_BYTES} bytes, without / or leading dot"


@dataclass(frozen=True)
class Recording:
    """One video file.

    Attributes:
        recording: its id, unique in a corpus, fit to be the name of a folder.
        path: where it lies; relative to the working directory where the corpus root is.
        bytes: its size.
        sha256: the hash of its content.
    """

    recording: str
    path: Path
    bytes: int
    sha256: str

    @property
    def opaque(self) -> str:
        """An id that says nothing of who is seen, and names the file to those who hold it: of the content's hash."""
        return self.sha256[:8]

    def __post_init__(self) -> None:
        if not is_id(self.recording):
            raise ValueError(f"recording id {self.recording!r}; allowed: {ID_RULE}")


def is_id(text: str) -> bool:
    """Whether a text can identify a recording, which names a folder in every output."""
    return (
        text.isprintable() and 0 < len(text.encode()) <= MAX_ID_BYTES and not text.startswith(".") and "/" not in text
    )


def read_recordings(path: Path) -> list[Recording]:
    """Read the recordings in `path`, sorted by id.

    Raises:
        ValueError: naming the file and the column or row that is wrong.
    """
    rows = read_rows(path, COLUMNS)
    recordings = [Recording(row["recording"], Path(row["path"]), int(row["bytes"]), row["sha256"]) for row in rows]
    return sorted(recordings, key=lambda item: item.recording)


def write_recordings(path: Path, recordings: Iterable[Recording]) -> None:
    """Write `recordings` to `path`, sorted by id; the file appears whole or not at all."""
    ordered = sorted(recordings, key=lambda item: item.recording)
    write_rows(path, COLUMNS, ([item.recording, item.path, item.bytes, item.sha256] for item in ordered))
