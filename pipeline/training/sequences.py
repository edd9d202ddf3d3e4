"""Clips of a recording, read from its sequence on disk."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from pipeline.store import MappedArray, map_array, read_array, read_attributes
from pipeline.training.clips import wrapped


@dataclass(frozen=True)
class FaceSequence:
    """The subsampled faces of one recording.

    Attributes:
        recording: its id.
        faces: all phases one after another, mapped: (N, size, size, 3) uint8.
        phases: the rows (first, past the last) of each phase.
        present: how many of the N frames show a face.
    """

    recording: str
    faces: MappedArray
    phases: tuple[tuple[int, int], ...]
    present: int

    def __post_init__(self) -> None:
        ends = [0, *(end for _, end in self.phases)]
        starts = [*(start for start, _ in self.phases), len(self.faces)]
        if ends != starts:
            raise ValueError(f"{self.recording}: phases {self.phases} do not make up the {len(self.faces)} frames")

    @property
    def lengths(self) -> tuple[int, ...]:
        """Frames in each phase; a recording shorter than the step of the subsampling has empty ones."""
        return tuple(stop - start for start, stop in self.phases)

    def clip(self, phase: int, start: int, length: int) -> UInt8[np.ndarray, "time height width 3"]:
        """Read `length` frames from frame `start` of a phase, going round at its end."""
        first, stop = self.phases[phase]
        spans = wrapped(start, length, stop - first)
        return np.concatenate([self.faces[first + begin : first + end] for begin, end in spans])


def open_sequence(folder: Path) -> FaceSequence:
    """Open the sequence of the recording that `folder` is named after.

    Raises:
        ValueError: where its arrays and attributes do not agree.
    """
    about = read_attributes(folder)
    starts = about["phase_starts"]
    present = int(np.count_nonzero(read_array(folder, "origin") != about["origin_codes"]["absent"]))
    phases = tuple(pairwise(starts))
    return FaceSequence(folder.name, map_array(folder, "faces"), phases, present)
