"""Clips of a recording, read from its sequence on disk."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int, UInt8

from pipeline.data.clips.absent_frames import POLICIES, UNUSABLE
from pipeline.data.clips.clip_frames import allowed_starts, covering_clips_of_runs, wrapped_spans
from pipeline.zarr_store import MappedArray, map_array, read_array, read_attributes


@dataclass(frozen=True)
class FaceSequence:
    """The subsampled faces of one recording.

    Attributes:
        recording: its id.
        faces: all phases one after another, mapped: (N, size, size, 3) uint8.
        phases: the rows (first, past the last) of each phase; a recording shorter than the step of the subsampling has
            empty ones.
        present: which rows show a face.
        shown: the row that clips show in the place of each, or NEVER where no clip may hold it.
    """

    recording: str
    faces: MappedArray
    phases: tuple[tuple[int, int], ...]
    present: Bool[np.ndarray, " rows"]
    shown: Int[np.ndarray, " rows"]

    def __post_init__(self) -> None:
        ends = [0, *(end for _, end in self.phases)]
        starts = [*(start for start, _ in self.phases), len(self.faces)]
        if ends != starts:
            raise ValueError(f"{self.recording}: phases {self.phases} do not make up the {len(self.faces)} frames")

    @cached_property
    def whole(self) -> bool:
        """Whether every row is shown in its own place."""
        return bool(np.array_equal(self.shown, np.arange(len(self.shown))))

    def starts(self, length: int) -> list[Int[np.ndarray, " _"]]:
        """The frames of each phase that a clip of `length` frames may start from, going round at its end."""
        return [allowed_starts(self.shown[first:stop] != UNUSABLE, length) for first, stop in self.phases]

    def covering(self, length: int, phases: int) -> list[tuple[int, int, int]]:
        """(phase, start, weight) of the clips that cover the first `phases` phases, as far as clips may hold them."""
        return [
            (phase, start, weight)
            for phase, (first, stop) in enumerate(self.phases[:phases])
            for start, weight in covering_clips_of_runs(self.shown[first:stop] != UNUSABLE, length)
        ]

    def clip(self, phase: int, start: int, length: int) -> UInt8[np.ndarray, "time height width 3"]:
        """Read `length` frames from frame `start` of a phase, going round at its end.

        Raises:
            ValueError: where the clip holds a frame that none may hold.
        """
        first, stop = self.phases[phase]
        spans = [(first + begin, first + end) for begin, end in wrapped_spans(start, length, stop - first)]
        clip = np.concatenate([self.faces[begin:end] for begin, end in spans])
        if self.whole:
            return clip
        shown = np.concatenate([self.shown[begin:end] for begin, end in spans])
        if np.any(shown == UNUSABLE):
            raise ValueError(f"{self.recording}: a clip from frame {start} of phase {phase} holds a frame left out")
        rows = np.concatenate([np.arange(begin, end) for begin, end in spans])
        for place in np.flatnonzero(shown != rows):
            clip[place] = self.faces[int(shown[place])]
        return clip


def open_sequence(folder: Path, absent: str) -> FaceSequence:
    """Open the sequence of the recording that `folder` is named after.

    Args:
        folder: what subsample wrote.
        absent: what clips do with frames without a face, a name of `POLICIES`; where no frame has one there are no
            clips, whatever the policy.

    Raises:
        ValueError: where its arrays and attributes do not agree.
    """
    about = read_attributes(folder)
    present = read_array(folder, "origin") != about["origin_codes"]["absent"]
    phases = tuple(pairwise(about["phase_starts"]))
    shown = np.full(len(present), UNUSABLE)
    if present.any():
        for first, stop in phases:
            places = POLICIES[absent](present[first:stop])
            shown[first:stop] = np.where(places == UNUSABLE, UNUSABLE, first + places)
    return FaceSequence(folder.name, map_array(folder, "faces"), phases, present, shown)
