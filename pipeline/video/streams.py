"""The choice of the video stream of a file that has several, as players do it.

Never a picture: covers, thumbnails and still images are video streams to FFmpeg, too. Of the others, one that is marked
as default; then the one with the larger pictures; then the first. (FFmpeg's program takes the largest and counts the
mark as 5 million pixels: `ffmpeg_mux_init.c`, `map_auto_video`.)
"""

from collections import Counter
from pathlib import Path
from typing import Any

from av.stream import Disposition

from pipeline.video.errors import BrokenVideoError
from pipeline.video.file_formats import open_container

PICTURES = {
    Disposition.attached_pic: "a cover picture",
    Disposition.timed_thumbnails: "thumbnails",
    Disposition.still_image: "a still image",
    Disposition.dependent: "a part of another stream",
}
LOOK = 500  # packets of the file that are looked at: a stream with one of them at most is a still picture


def choose_stream(path: Path, container: Any) -> tuple[Any, str]:
    """Return the video stream to read, and a description of the video streams that are passed over; empty if none is.

    Args:
        path: the file.
        container: the same file, opened.

    Raises:
        BrokenVideoError: if there is no video stream, or none with a known codec.
    """
    videos = list(container.streams.video)
    films = [stream for stream in videos if not _picture(stream)]
    readable = [stream for stream in films if stream.codec_context is not None]
    stills = _stills(path, [stream.index for stream in readable]) if len(readable) > 1 else set()
    candidates = [stream for stream in readable if stream.index not in stills]
    if not candidates:
        if films:
            raise BrokenVideoError("the codec of its video stream is unknown")
        kinds = {stream.type for stream in container.streams if not _picture(stream)}
        pictures = {_picture(stream) for stream in videos}
        raise BrokenVideoError(f"no video stream; found: {', '.join([*sorted(kinds), *sorted(pictures)]) or 'nothing'}")
    chosen = max(candidates, key=_preference)  # of equal ones max takes the first
    others = [_describe(stream, stream.index in stills) for stream in videos if stream is not chosen]
    return chosen, ", ".join(others)


def _preference(stream: Any) -> tuple[bool, int]:
    """Return what makes one stream better than another: the mark as default, then the size."""
    context = stream.codec_context
    return bool(stream.disposition & Disposition.default), context.width * context.height


def _picture(stream: Any) -> str:
    """Return which picture or part a video stream is according to its marks; empty if it is a film."""
    if stream.type != "video":
        return ""
    return next((name for mark, name in PICTURES.items() if stream.disposition & mark), "")


def _stills(path: Path, indices: list[int]) -> set[int]:
    """Return which streams have one picture at most at the beginning of the file; none if all have.

    A cover that is stored as a track of one picture has no mark. The file is opened again, because the packets that
    are read here are lost to the caller.
    """
    packets = Counter(dict.fromkeys(indices, 0))
    with open_container(path) as container:
        for number, packet in enumerate(container.demux([container.streams[index] for index in indices])):
            packets[packet.stream.index] += packet.size > 0
            if number >= LOOK or min(packets.values()) > 1:
                break
    stills = {index for index, count in packets.items() if count < 2}
    return set() if len(stills) == len(indices) else stills


def _describe(stream: Any, is_still: bool) -> str:
    """Describe a stream that is passed over."""
    context = stream.codec_context
    kind = _picture(stream) or ("a still picture" if is_still else "")
    if context is None:
        return f"stream {stream.index} (unknown codec)"
    return f"stream {stream.index} ({kind or context.name}, {context.width} x {context.height})"
