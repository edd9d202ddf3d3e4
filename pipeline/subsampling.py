"""Sequences: the subsampled aligned faces of a recording, stored so that a clip is one contiguous read.

Subsampling by `factor` keeps every factor-th frame. The *phase* is the frame at which it starts: the paper's text
keeps one phase, the authors' code uses all of them. The phases of a recording are stored one after another in one
array, so a clip is one contiguous read:

    factor 3, phases 3, frames 0 1 2 3 4 5 6 7   ->   rows 0 3 6 | 1 4 7 | 2 5,   phase_starts 0 3 6 8
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
from jaxtyping import Int, UInt8

from pipeline.zarr_store import CHUNK, MAPPED, GroupWriter, MappedArray, map_array, read_array, read_attributes

BLOCK = 16 * CHUNK  # aligned frames decoded at once, which bounds the memory


def phase_frames(frames: int, factor: int, phases: int) -> list[Int[np.ndarray, " kept"]]:
    """Return the frame indices of each phase; the phases are spread evenly over the `factor` possible ones.

    Examples:
        >>> [list(map(int, phase)) for phase in phase_frames(8, factor=4, phases=2)]
        [[0, 4], [2, 6]]
    """
    return [np.arange(phase * factor // phases, frames, factor) for phase in range(phases)]


def phase_breaks(breaks: Sequence[int], indices: Sequence[np.ndarray]) -> list[int]:
    """Return the rows of a sequence at which no clip may run on, given those of the aligned recording.

    A break lies before the first kept frame that is not before it.

    Args:
        breaks: rows of the aligned recording, rising; no clip contains such a row and one before it.
        indices: the frame indices of each phase, as `phase_frames` returns them.

    Examples:
        >>> phases = phase_frames(8, factor=3, phases=3)  # 0 3 6 | 1 4 7 | 2 5
        >>> phase_breaks([4], phases)  # 0 3 . 6 | 1 . 4 7 | 2 . 5
        [2, 4, 7]
    """
    rows, start = set(), 0
    for frames in indices:
        positions = np.searchsorted(frames, np.array(breaks, np.int64))
        rows |= {start + position for position in positions.tolist() if 0 < position < len(frames)}
        start += len(frames)
    return sorted(rows)


def write_sequence(folder: Path, aligned: Path, factor: int, phases: int) -> None:
    """Write the sequence of one aligned recording.

    Args:
        folder: gets a group of layout MAPPED: `faces` (N, size, size, 3) uint8, `origin` (N,) uint8, `frame` (N,)
            int32 (the row of the frame table), with the attributes `phase_starts`, `breaks` (rows that no clip contains
            together with the row before), `origin_codes`, `fps` (frames per second of the sequence) and `preprocessing`
            (the parameters that produced it).
        aligned: the group that align wrote.
        factor: keep every factor-th frame.
        phases: the number of phases to keep.
    """
    origin = read_array(aligned, "origin")
    attributes = read_attributes(aligned)
    indices = phase_frames(len(origin), factor, phases)
    with GroupWriter(folder, MAPPED) as group:
        faces = map_array(aligned, "faces")
        group.append("faces", np.empty((0, *faces.shape[1:]), np.uint8))  # creates the array even without frames
        for block in _in_order_of_phases(faces, indices, folder):
            group.append("faces", block)
        rows = np.concatenate(indices)
        group.append("origin", origin[rows])
        group.append("frame", rows.astype(np.int32))
        group.attributes["phase_starts"] = [0, *np.cumsum([len(frames) for frames in indices]).tolist()]
        group.attributes["breaks"] = phase_breaks(attributes.get("breaks", ()), indices)
        group.attributes["origin_codes"] = attributes["origin_codes"]
        group.attributes["fps"] = attributes["fps"] / factor
        subsample = {"factor": factor, "phases": phases}
        group.attributes["preprocessing"] = {**attributes["preprocessing"], "subsample": subsample}


def _in_order_of_phases(
    faces: MappedArray, indices: Sequence[Int[np.ndarray, " _"]], scratch: Path
) -> Iterator[UInt8[np.ndarray, "rows size size 3"]]:
    """Yield the kept faces, one phase after another, in blocks; every face is decoded once.

    With several phases they are first written to their places in an unnamed file in the folder `scratch`.
    """
    starts = np.cumsum([0, *map(len, indices)])
    row_bytes = int(np.prod(faces.shape[1:]))
    with TemporaryFile(dir=scratch) as file:
        for first in range(0, len(faces), BLOCK):
            block = faces[first : first + BLOCK]
            for start, frames in zip(starts.tolist(), indices, strict=False):
                low, high = np.searchsorted(frames, (first, first + len(block))).tolist()
                rows = block[frames[low:high] - first]
                if len(indices) == 1:
                    yield rows
                else:
                    file.seek((start + low) * row_bytes)
                    file.write(rows.tobytes())
        file.seek(0)
        while content := file.read(BLOCK * row_bytes):
            yield np.frombuffer(content, np.uint8).reshape(-1, *faces.shape[1:])
