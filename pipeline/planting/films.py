"""Films of a recording: the frames that the pace of each picks, written while the recording is read once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.video.picture_size import Size
from pipeline.video.reading import read_frames
from pipeline.video.writing import VideoWriter, single_frames


@dataclass(frozen=True)
class Film:
    """A film to write.

    Attributes:
        path: of the file, relative to the root of the corpus.
        frames: numbers of its frames in the recording, rising.
    """

    path: str
    frames: tuple[int, ...]


def write_films(folder: Path, recording: Path, films: Sequence[Film], rate: float, size: Size) -> None:
    """Write films of one recording, in a worker. The recording is read once, to the last frame that is picked.

    A picture keeps its proportions: it is scaled into the size, and black fills the rest. Every frame is compressed by
    itself, so that the size of a file does not depend on how much the picture changes.

    Args:
        folder: to fill.
        recording: the video file.
        films: with unique paths.
        rate: frames per second of the films.
        size: width and height of the films, in pixels, even.

    Raises:
        BrokenVideoError: if the recording is not a video, or has fewer frames.
    """
    picks = sorted((frame, number) for number, film in enumerate(films) for frame in film.frames)
    left = Counter(number for _, number in picks)
    writers: dict[int, VideoWriter] = {}
    try:
        for (_, number), picture in zip(
            picks, read_frames(recording, [frame for frame, _ in picks], size), strict=True
        ):
            if number not in writers:
                path = folder / films[number].path
                path.parent.mkdir(parents=True, exist_ok=True)
                writers[number] = VideoWriter(path, rate, single_frames())
            writers[number].write(picture)
            left[number] -= 1
            if not left[number]:
                writers.pop(number).finish()
    finally:
        for writer in writers.values():
            writer.close()
