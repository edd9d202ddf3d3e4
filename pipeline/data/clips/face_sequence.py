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
    """The subsampled aligned faces of a recording.

    Attributes:
        recording: id of the recording.
        faces: the faces of all phases, one phase after another, memory-mapped: (N, size, size, 3) uint8.
        phases: the rows (first, past the last) of each phase; phases are empty where a recording is shorter than the
            step of the subsampling.
        present: whether each row shows a face.
        source_rows: for each row, the row that clips read instead; UNUSABLE if no clip may contain it.
        breaks: rows that no clip contains together with the row before, rising: there a pause ends, for example.
    """

    recording: str
    faces: MappedArray
    phases: tuple[tuple[int, int], ...]
    present: Bool[np.ndarray, " rows"]
    source_rows: Int[np.ndarray, " rows"]
    breaks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        ends = [0, *(end for _, end in self.phases)]
        starts = [*(start for start, _ in self.phases), len(self.faces)]
        if ends != starts:
            raise ValueError(f"{self.recording}: phases {self.phases} do not make up the {len(self.faces)} frames")

    @cached_property
    def reads_own_rows(self) -> bool:
        """Whether every row is its own source row."""
        return bool(np.array_equal(self.source_rows, np.arange(len(self.source_rows))))

    def phase_breaks(self, phase: int) -> list[int]:
        """Return the frames of a phase that no clip contains together with the frame before."""
        first, stop = self.phases[phase]
        return [row - first for row in self.breaks if first < row < stop]

    def starts(self, length: int) -> list[Int[np.ndarray, " _"]]:
        """Return, for each phase, the allowed first frames of clips of `length` frames that wrap around at its end."""
        return [
            allowed_starts(self.source_rows[first:stop] != UNUSABLE, length, self.phase_breaks(phase))
            for phase, (first, stop) in enumerate(self.phases)
        ]

    def covering_clips(self, length: int, phases: int) -> list[tuple[int, int, int]]:
        """Return the clips (phase, start, weight) that cover the usable frames of the first `phases` phases."""
        return [
            (phase, start, weight)
            for phase, (first, stop) in enumerate(self.phases[:phases])
            for start, weight in covering_clips_of_runs(
                self.source_rows[first:stop] != UNUSABLE, length, self.phase_breaks(phase)
            )
        ]

    def clip(self, phase: int, start: int, length: int) -> UInt8[np.ndarray, "time height width 3"]:
        """Read `length` frames from frame `start` of a phase, wrapping around at its end.

        Raises:
            ValueError: if the clip contains an unusable frame or runs over a break.
        """
        first, stop = self.phases[phase]
        breaks = self.phase_breaks(phase)
        borders = [*breaks, stop - first] if breaks else []  # where there are breaks, the end is one
        if crossed := [frame for frame in borders if start < frame < start + length]:
            raise ValueError(
                f"{self.recording}: a clip of {length} frames from frame {start} of phase {phase} runs over the break "
                f"at frame {crossed[0]}"
            )
        spans = [(first + begin, first + end) for begin, end in wrapped_spans(start, length, stop - first)]
        clip = np.concatenate([self.faces[begin:end] for begin, end in spans])
        if self.reads_own_rows:
            return clip
        source_rows = np.concatenate([self.source_rows[begin:end] for begin, end in spans])
        if np.any(source_rows == UNUSABLE):
            raise ValueError(
                f"{self.recording}: a clip from frame {start} of phase {phase} contains a frame without a face, which "
                "clip.absent excludes"
            )
        rows = np.concatenate([np.arange(begin, end) for begin, end in spans])
        for index in np.flatnonzero(source_rows != rows):
            clip[index] = self.faces[int(source_rows[index])]
        return clip


def open_sequence(folder: Path, absent: str) -> FaceSequence:
    """Open the sequence of the recording that `folder` is named after.

    Args:
        folder: written by stage subsample.
        absent: how clips treat frames without a face, a name of `POLICIES`; a recording without any face has no
            clips, whatever the policy.

    Raises:
        ValueError: if its arrays and attributes do not agree.
    """
    attributes = read_attributes(folder)
    present = read_array(folder, "origin") != attributes["origin_codes"]["absent"]
    phases = tuple(pairwise(attributes["phase_starts"]))
    breaks = tuple(attributes.get("breaks", ()))
    source_rows = np.full(len(present), UNUSABLE)
    if present.any():
        for first, stop in pairwise(sorted({*attributes["phase_starts"], *breaks})):  # no face is held over a break
            frames = POLICIES[absent](present[first:stop])
            source_rows[first:stop] = np.where(frames == UNUSABLE, UNUSABLE, first + frames)
    return FaceSequence(folder.name, map_array(folder, "faces"), phases, present, source_rows, breaks)
