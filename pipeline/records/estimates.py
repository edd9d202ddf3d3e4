"""Estimates of the BDI-II score: of single clips, and of whole recordings."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClipEstimate:
    """A network's estimate for one clip.

    Attributes:
        phase: number of the phase of the subsampling.
        start: first frame in that phase.
        weight: number of frames that no earlier clip of the phase covers.
        estimate: in points of BDI-II; not clipped to 0 to 63.
    """

    phase: int
    start: int
    weight: int
    estimate: float


@dataclass(frozen=True)
class VideoEstimate:
    """A network's estimates for one recording.

    Attributes:
        recording: id of the recording.
        clips: estimates of its clips in order; empty if it never shows a face, or no clip that `clip.absent` allows.
    """

    recording: str
    clips: tuple[ClipEstimate, ...]

    @property
    def score(self) -> float | None:
        """The weighted mean over the clips, or None without clips."""
        weight = sum(clip.weight for clip in self.clips)
        return sum(clip.estimate * clip.weight for clip in self.clips) / weight if weight else None
