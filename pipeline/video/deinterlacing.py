"""Deinterlacing of frames that are flagged as interlaced, with FFmpeg's filter bwdif: one picture for one frame.

An interlaced frame holds two moments in its even and odd lines, so what moves has combs. bwdif computes the first of
the two whole, from the frame, the one before and the one after. A frame that is not flagged, or stands beside one that
is not, stays as it is. A picture therefore depends on these three frames alone, and not on where reading began.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import av

from pipeline.video.frame import Frame

ARGUMENTS = "mode=send_frame:parity=auto:deint=interlaced"


def deinterlaced(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield the same frames in the same order, with the pictures of interlaced ones replaced.

    Number, time and flags stay those of the decoder's frames. Nothing is filtered before the first flagged frame, so a
    file without any costs nothing. Where the size or the pixel format changes, the filter begins anew.
    """
    previous: Frame | None = None  # the frame before, as decoded, if it has the same size and format
    bwdif: _Bwdif | None = None
    for frame in frames:
        if previous is not None and _layout(previous.raw) != _layout(frame.raw):
            yield from bwdif.flush() if bwdif is not None else ()
            previous, bwdif = None, None
        if bwdif is None and frame.interlaced:
            bwdif = _Bwdif(frame.raw, previous)
        if bwdif is None:
            yield frame
        else:
            yield from bwdif.push(frame)
        previous = frame
    if bwdif is not None:
        yield from bwdif.flush()


def _layout(raw: Any) -> tuple[int, int, str]:
    """Return what may not change within a filter graph: width, height and pixel format."""
    return raw.width, raw.height, raw.format.name


class _Bwdif:
    """The filter, and the frames whose pictures are still in it: it returns a picture when the next frame comes."""

    def __init__(self, raw: Any, previous: Frame | None) -> None:
        """Create the filter for frames like `raw`; `previous` is the frame before the first that is pushed."""
        self._graph = av.filter.Graph()
        self._graph.threads = 1
        source = self._graph.add_buffer(
            width=raw.width, height=raw.height, format=raw.format, time_base=raw.time_base or Fraction(1, 25)
        )
        nodes = (source, self._graph.add("bwdif", ARGUMENTS), self._graph.add("buffersink"))
        self._graph.link_nodes(*nodes).configure()
        self._waiting: deque[Frame | None] = deque()  # None: its picture is not wanted
        if previous is not None:
            self._graph.vpush(previous.raw)
            self._waiting.append(None)

    def push(self, frame: Frame) -> Iterator[Frame]:
        """Push a frame, and yield those that are finished."""
        self._graph.vpush(frame.raw)
        self._waiting.append(frame)
        return self._finished()

    def flush(self) -> Iterator[Frame]:
        """Yield the remaining frames."""
        self._graph.vpush(None)
        return self._finished()

    def _finished(self) -> Iterator[Frame]:
        while self._waiting:
            try:
                picture = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            frame = self._waiting.popleft()
            if frame is not None:
                yield replace(frame, raw=picture)
