"""Sequences: the frames of a recording that training and evaluation see, laid out for reading clips.

Subsampling by `factor` keeps every factor-th frame. Which frame it starts from is the *phase*: the paper's text keeps
one phase, the authors' code sees all of them. The phases of a recording lie one after another in one array, so a
clip is one contiguous read:

    factor 3, phases 3, frames 0 1 2 3 4 5 6 7   ->   rows 0 3 6 | 1 4 7 | 2 5,   phase_starts 0 3 6 8
"""

from pathlib import Path

import numpy as np
from jaxtyping import Int

from pipeline.zarr_store import CHUNK, MAPPED, GroupWriter, map_array, read_array, read_attributes

BLOCK = 16 * CHUNK  # aligned frames decoded at a time: flat memory


def phase_frames(frames: int, factor: int, phases: int) -> list[Int[np.ndarray, " kept"]]:
    """The frames that each kept phase holds; phases are spread evenly over the possible ones.

    Example:
        >>> [list(map(int, phase)) for phase in phase_frames(8, factor=4, phases=2)]
        [[0, 4], [2, 6]]
    """
    return [np.arange(phase * factor // phases, frames, factor) for phase in range(phases)]


def write_sequence(folder: Path, aligned: Path, factor: int, phases: int) -> None:
    """Write the sequence of one aligned recording.

    Args:
        folder: gets a mapped group: `faces` (N, size, size, 3) uint8, `origin` (N,) uint8, `frame` (N,) int32 (the row
            of the frame table), with the attributes `phase_starts`, `origin_codes`, `fps` (frames a second) and
            `preprocessing` (how they were made).
        aligned: the group that align wrote.
        factor: keep every factor-th frame.
        phases: how many starting frames.
    """
    origin = read_array(aligned, "origin")
    about = read_attributes(aligned)
    kept = phase_frames(len(origin), factor, phases)
    with GroupWriter(folder, MAPPED) as group:
        faces = map_array(aligned, "faces")
        group.append("faces", np.empty((0, *faces.shape[1:]), np.uint8))  # also where no frame is kept
        for frames in kept:
            for start in range(0, len(frames), max(BLOCK // factor, 1)):
                wanted = frames[start : start + max(BLOCK // factor, 1)]
                block = faces[int(wanted[0]) : int(wanted[-1]) + 1]
                group.append("faces", block[::factor])
        rows = np.concatenate(kept)
        group.append("origin", origin[rows])
        group.append("frame", rows.astype(np.int32))
        group.attributes["phase_starts"] = [0, *np.cumsum([len(frames) for frames in kept]).tolist()]
        group.attributes["origin_codes"] = about["origin_codes"]
        group.attributes["fps"] = about["fps"] / factor
        told = {"factor": factor, "phases": phases}
        group.attributes["preprocessing"] = {**about["preprocessing"], "subsample": told}
