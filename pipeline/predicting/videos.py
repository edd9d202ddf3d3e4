"""The videos in a folder, and the names of the files that are written about them."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.hidden_files import is_hidden

SUFFIXES = (
    *(".264", ".3gp", ".asf", ".avi", ".divx", ".flv", ".h264", ".h265", ".hevc", ".m2ts", ".m2v", ".m4v", ".mjpeg"),
    *(".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".vob", ".webm", ".wmv"),
)
MAX_NAME_BYTES = 200  # file systems allow 255, and the suffixes need some
OVERLAY, FIGURE = ".overlay.mp4", ".figure.png"  # suffixes of the files that are written about a video


def find_videos(folder: Path) -> list[Path]:
    """Return the video files at any depth below a folder, sorted; what is hidden and overlays are left out.

    A file counts as a video by its suffix.

    Raises:
        ValueError: if there is none.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file()]
    videos = [path for path in files if not is_hidden(path, folder) and not path.name.endswith(OVERLAY)]
    if not videos:
        raise ValueError(f"no video in this folder; looked for files that end in {', '.join(SUFFIXES)}")
    return videos


def unique_names(videos: Iterable[Path]) -> list[str]:
    """Return a unique name for each video, for the names of files: its stem if no other video has the same stem.

    Examples:
        >>> unique_names([Path("a/talk.mp4"), Path("b/talk.mp4"), Path("b/talk.avi"), Path("song.mp4")])
        ['talk.mp4', 'talk.mp4-2', 'talk.avi', 'song']
    """
    paths: Sequence[Path] = list(videos)
    stems = [_cut(path.stem).casefold() for path in paths]  # some file systems ignore case
    names: list[str] = []
    taken: set[str] = set()
    for path in paths:
        stem = _cut(path.stem)
        name = base = stem if stems.count(stem.casefold()) == 1 else _cut(path.name)
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _cut(name: str) -> str:
    """Cut a name to MAX_NAME_BYTES, between two characters."""
    while len(os.fsencode(name)) > MAX_NAME_BYTES:
        name = name[:-1]
    return name
