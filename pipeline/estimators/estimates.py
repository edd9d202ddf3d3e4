"""TODO docstring."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClipEstimate:
    """What a network says of one clip.

    Attributes:
        phase: of the subsampling.
        start: first frame in that phase.
        weight: frames that no earlier clip of the phase covered.
        estimate: in points of BDI-II; not cut to 0 to 63.
    """

    phase: int
    start: int
    weight: int
    estimate: float


@dataclass(frozen=True)
class VideoEstimate:
    """What a network says of one recording.

    Attributes:
        recording: its id.
        clips: its clips in order; none where it never shows a face, or not for as long as `clip.absent` asks.
    """

    recording: str
    clips: tuple[ClipEstimate, ...]

    @property
    def score(self) -> float | None:
        """The mean over the clips by their weights, or None where there are none."""
        weight = sum(clip.weight for clip in self.clips)
        return sum(clip.estimate * clip.weight for clip in self.clips) / weight if weight else None
