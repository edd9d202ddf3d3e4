"""Subsampling: the frames of each phase, and the sequence that contains exactly these."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.subsampling import phase_breaks, phase_frames, write_sequence
from pipeline.zarr_store import ARCHIVE, GroupWriter, map_array, read_array, read_attributes


@pytest.mark.parametrize(
    ("frames", "factor", "phases", "expected"),
    [
        (8, 3, 3, [[0, 3, 6], [1, 4, 7], [2, 5]]),
        (8, 3, 1, [[0, 3, 6]]),
        (17, 8, 1, [[0, 8, 16]]),
        (9, 8, 8, [[0, 8], [1], [2], [3], [4], [5], [6], [7]]),
        (10, 8, 2, [[0, 8], [4]]),
        (2, 4, 4, [[0], [1], [], []]),
        (3, 1, 1, [[0, 1, 2]]),
    ],
)
def test_phases_keep_every_nth_frame(frames: int, factor: int, phases: int, expected: list[list[int]]) -> None:
    assert [phase.tolist() for phase in phase_frames(frames, factor, phases)] == expected


@pytest.mark.parametrize(("frames", "factor", "phases"), [(700, 8, 8), (700, 8, 1), (5, 8, 8), (64, 1, 1), (33, 2, 2)])
def test_a_sequence_contains_its_frames_phase_by_phase(tmp_path: Path, frames: int, factor: int, phases: int) -> None:
    faces = np.random.default_rng(1).integers(0, 256, (frames, 48, 48, 3), dtype=np.uint8)
    origin = np.random.default_rng(2).integers(0, 2, frames, dtype=np.uint8)
    with GroupWriter(tmp_path / "aligned", ARCHIVE) as group:
        group.append("faces", faces)
        group.append("origin", origin)
        group.attributes |= {"fps": 30.0, "origin_codes": {"absent": 0, "detected": 1}}
        group.attributes["preprocessing"] = {"decode": {"fps": 30.0}}
    (tmp_path / "sequence").mkdir()
    write_sequence(tmp_path / "sequence", tmp_path / "aligned", factor, phases)

    attributes = read_attributes(tmp_path / "sequence")
    starts = attributes["phase_starts"]
    assert attributes["fps"] == 30.0 / factor
    assert attributes["origin_codes"] == {"absent": 0, "detected": 1}
    assert attributes["preprocessing"] == {"decode": {"fps": 30.0}, "subsample": {"factor": factor, "phases": phases}}
    assert attributes["breaks"] == []
    assert len(starts) == phases + 1
    sequence = map_array(tmp_path / "sequence", "faces")
    for phase in range(phases):
        first = phase * (factor // phases)
        rows = slice(starts[phase], starts[phase + 1])
        np.testing.assert_array_equal(sequence[rows], faces[first::factor])
        np.testing.assert_array_equal(read_array(tmp_path / "sequence", "origin")[rows], origin[first::factor])
        np.testing.assert_array_equal(
            read_array(tmp_path / "sequence", "frame")[rows], np.arange(frames)[first::factor]
        )


@pytest.mark.parametrize(
    ("breaks", "expected"),
    [
        ([], []),
        ([1], [1]),  # 0 | 3 6 9; of phases 1 and 2 nothing lies before it
        ([3], [1, 5, 8]),
        ([4], [2, 5, 8]),  # 0 3 | 6 9, 1 | 4 7, 2 | 5 8
        ([9], [3]),  # 0 3 6 | 9; phases 1 and 2 end before it
        ([4, 5, 6], [2, 5, 6, 8, 9]),  # 0 3 | 6 9, 1 | 4 | 7, 2 | 5 | 8
    ],
)
def test_breaks_lie_between_the_kept_frames_around_them(breaks: list[int], expected: list[int]) -> None:
    phases = phase_frames(10, factor=3, phases=3)  # rows 0 to 3, 4 to 6, 7 to 9
    assert phase_breaks(breaks, phases) == expected


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 8), st.data())
def test_rows_without_a_break_between_them_have_none_in_the_recording(
    frames: int, factor: int, data: st.DataObject
) -> None:
    phases = phase_frames(frames, factor, data.draw(st.integers(1, factor)))
    breaks = sorted(data.draw(st.sets(st.integers(1, max(frames - 1, 1)))))
    kept, numbers = np.concatenate(phases).tolist(), np.repeat(np.arange(len(phases)), [len(p) for p in phases])
    expected = [
        row
        for row in range(1, len(kept))
        if numbers[row] == numbers[row - 1] and any(kept[row - 1] < frame <= kept[row] for frame in breaks)
    ]
    assert phase_breaks(breaks, phases) == expected


def test_breaks_are_carried_from_the_aligned_recording(tmp_path: Path) -> None:
    with GroupWriter(tmp_path / "aligned", ARCHIVE) as group:
        group.append("faces", np.zeros((8, 48, 48, 3), np.uint8))
        group.append("origin", np.ones(8, np.uint8))
        group.attributes |= {"fps": 30.0, "origin_codes": {"absent": 0}, "preprocessing": {}, "breaks": [4]}
    (tmp_path / "sequence").mkdir()
    write_sequence(tmp_path / "sequence", tmp_path / "aligned", 2, 2)
    assert read_attributes(tmp_path / "sequence")["breaks"] == [2, 6]  # 0 2 | 4 6, 1 3 | 5 7
