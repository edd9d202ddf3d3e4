"""Which files are meant, and what is written of each is called."""

from collections.abc import Iterable, Sequence
from pathlib import Path

SUFFIXES = (
    *(".264", ".3gp", ".asf", ".avi", ".divx", ".flv", ".h264", ".h265", ".hevc", ".m2ts", ".m2v", ".m4v", ".mjpeg"),
    *(".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".vob", ".webm", ".wmv"),
)
OVERLAY, FIGURE = ".overlay.mp4", ".figure.png"  # ends of what is written of a video


def videos_in(folder: Path) -> list[Path]:
    """The files at any depth below a folder that are named as videos are, sorted; overlays made here are none.

    Raises:
        ValueError: where there is none.
    """
    found = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file()]
    videos = [path for path in found if not path.name.startswith(".") and not path.name.endswith(OVERLAY)]
    if not videos:
        raise ValueError(f"no video in this folder; looked for files that end in {', '.join(SUFFIXES)}")
    return videos


def names_of(videos: Iterable[Path]) -> list[str]:
    """A name for each video, to call files by: its own without the ending where no other has it.

    >>> names_of([Path("a/talk.mp4"), Path("b/talk.mp4"), Path("b/talk.avi"), Path("song.mp4")])
    ['talk.mp4', 'talk.mp4-2', 'talk.avi', 'song']
    """
    paths: Sequence[Path] = list(videos)
    stems = [path.stem.casefold() for path in paths]  # some file systems do not tell cases apart
    names: list[str] = []
    taken: set[str] = set()
    for path in paths:
        name = base = path.stem if stems.count(path.stem.casefold()) == 1 else path.name
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names
