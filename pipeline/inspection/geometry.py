"""Sizes and orientations of the frames of a recording, and how many of them are interlaced."""

from collections import Counter
from typing import Any

from pipeline.video.frame import Frame
from pipeline.video.orientation import Orientation
from pipeline.video.picture_size import Size
from pipeline.video.reading import Video


class Geometry:
    """Counts the sizes and orientations of the frames of a video.

    The size that most upright pictures have is the canvas of all: recordings of video calls often begin small, so the
    first picture is no measure of the others.
    """

    def __init__(self, video: Video) -> None:
        """Begin the counts of a video that is open."""
        self._video = video
        self._sizes: Counter[Size] = Counter()
        self._orientations: Counter[Orientation] = Counter()
        self._interlaced, self._scale = 0, 1.0

    def add(self, frame: Frame) -> None:
        """Count a frame."""
        orientation = frame.orientation
        stored, scale = self._video.stored_size(frame)
        self._sizes[orientation.size(*stored)] += 1
        self._orientations[orientation] += 1
        self._interlaced += frame.interlaced
        self._scale = min(self._scale, scale)

    def summary(self) -> dict[str, Any]:
        """Return the counts as fields of `Quality`."""
        frames = self._sizes.total()
        canvas = max(self._sizes, key=self._sizes.__getitem__)  # the first of equally frequent ones
        usual = max(self._orientations, key=self._orientations.__getitem__)
        return {
            "width": canvas[0],
            "height": canvas[1],
            "rotation": usual.rotation,
            "mirrored": usual.mirrored,
            "scale": self._scale,
            "resized_frames": frames - self._sizes[canvas],
            "turned_frames": frames - self._orientations[usual],
            "oblique_frames": sum(n for orientation, n in self._orientations.items() if not orientation.exact),
            "interlaced_frames": self._interlaced,
        }
