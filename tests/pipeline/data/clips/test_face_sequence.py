"""Tests of clips read from a sequence on disk."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.data.clips.absent_frames import POLICIES
from pipeline.data.clips.face_sequence import FaceSequence, open_sequence
from pipeline.zarr_store import read_array
from tests.pipeline.training.material import write_sequence


def test_a_clip_is_read_from_its_phase_and_wraps_around_within_it(tmp_path: Path) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "r1", [10, 9, 0]), "skip")
    rows = read_array(tmp_path / "r1", "faces")
    assert sequence.recording == "r1"
    assert [starts.tolist() for starts in sequence.starts(8)] == [[*range(10)], [*range(9)], []]
    assert sequence.covering_clips(8, phases=3) == [(0, 0, 8), (0, 2, 2), (1, 0, 8), (1, 1, 1)]
    np.testing.assert_array_equal(sequence.clip(0, 1, 8), rows[1:9])
    np.testing.assert_array_equal(sequence.clip(1, 0, 8), rows[10:18])
    np.testing.assert_array_equal(sequence.clip(1, 6, 8), rows[[16, 17, 18, 10, 11, 12, 13, 14]])
    np.testing.assert_array_equal(sequence.clip(0, 9, 12), rows[[9, *range(10), 0]])


def test_a_clip_is_a_writable_copy(tmp_path: Path) -> None:
    clip = open_sequence(write_sequence(tmp_path / "r1", [9]), "keep").clip(0, 0, 8)
    clip[:] = 0
    assert open_sequence(tmp_path / "r1", "keep").clip(0, 0, 8).any()


def test_absent_frames_by_policy(tmp_path: Path) -> None:
    # frames with a face:  0 . 2 3 4 5 . . | . . 2 3 4 5 6   (rows 0 to 7, and 8 to 14)
    write_sequence(tmp_path / "r1", [8, 7], absent=[1, 6, 7, 8, 9])
    rows = read_array(tmp_path / "r1", "faces")
    keep, hold, skip = (open_sequence(tmp_path / "r1", policy) for policy in ("keep", "hold", "skip"))
    assert np.flatnonzero(~skip.present).tolist() == [1, 6, 7, 8, 9]
    np.testing.assert_array_equal(keep.clip(0, 0, 8), rows[:8])
    np.testing.assert_array_equal(hold.clip(0, 0, 8), rows[[0, 0, 2, 3, 4, 5, 5, 5]])
    np.testing.assert_array_equal(hold.clip(0, 6, 4), rows[[5, 5, 0, 0]])
    np.testing.assert_array_equal(hold.clip(1, 0, 8), rows[[10, 10, 10, 11, 12, 13, 14, 10]])
    np.testing.assert_array_equal(skip.clip(1, 2, 5), rows[10:15])
    assert [len(starts) for starts in hold.starts(4)] == [len(starts) for starts in keep.starts(4)] == [8, 7]
    assert [starts.tolist() for starts in skip.starts(4)] == [[2], [2, 3]]
    assert skip.covering_clips(4, phases=2) == [(0, 2, 4), (1, 2, 4), (1, 3, 1)]
    with pytest.raises(ValueError, match="r1: a clip from frame 3 of phase 0 contains a frame without a face"):
        skip.clip(0, 3, 4)


def test_no_clip_of_any_policy_runs_over_a_break(tmp_path: Path) -> None:
    # frames with a face:  0 . 2 3 | . 5 6 . | 8    and    0 1 2 3 4 5   (| is a break)
    write_sequence(tmp_path / "r1", [9, 6], absent=[1, 4, 7], breaks=[4, 8])
    rows = read_array(tmp_path / "r1", "faces")
    keep, hold, skip = (open_sequence(tmp_path / "r1", policy) for policy in ("keep", "hold", "skip"))
    assert [starts.tolist() for starts in keep.starts(3)] == [[0, 1, 4, 5], [*range(6)]]
    assert [starts.tolist() for starts in hold.starts(3)] == [[0, 1, 4, 5], [*range(6)]]
    assert [starts.tolist() for starts in skip.starts(2)] == [[2, 5], [*range(6)]]
    assert hold.covering_clips(3, phases=2) == [(0, 0, 3), (0, 1, 1), (0, 4, 3), (0, 5, 1), (1, 0, 3), (1, 3, 3)]
    # Frame 4 holds the face of frame 5, the first of its stretch, and not that of frame 3 before the break.
    np.testing.assert_array_equal(hold.clip(0, 4, 4), rows[[5, 5, 6, 6]])
    np.testing.assert_array_equal(hold.clip(0, 0, 4), rows[[0, 0, 2, 3]])
    for sequence in (keep, hold, skip):
        with pytest.raises(ValueError, match="r1: a clip of 3 frames from frame 2 of phase 0 runs over the break at"):
            sequence.clip(0, 2, 3)
        with pytest.raises(ValueError, match="runs over the break at frame 9"):  # it would wrap around
            sequence.clip(0, 8, 2)
    np.testing.assert_array_equal(keep.clip(1, 5, 2), rows[[14, 9]])  # a phase without a break wraps around


def test_a_stretch_without_a_face_holds_none(tmp_path: Path) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "r1", [8], absent=range(4, 8), breaks=[4]), "hold")
    assert sequence.covering_clips(3, phases=1) == [(0, 0, 3), (0, 1, 1)]


@pytest.mark.parametrize("policy", POLICIES)
def test_without_any_face_there_are_no_clips(tmp_path: Path, policy: str) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "dark", [9, 9], absent=True), policy)
    assert sequence.covering_clips(8, phases=2) == []
    assert [len(starts) for starts in sequence.starts(8)] == [0, 0]


@pytest.mark.parametrize("phases", [((0, 4), (5, 9)), ((0, 4), (4, 8)), ((1, 9),)])
def test_phases_that_do_not_make_up_the_frames_are_refused(tmp_path: Path, phases: tuple[tuple[int, int], ...]) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "r1", [9]), "keep")
    with pytest.raises(ValueError, match="do not make up the 9 frames"):
        FaceSequence("r1", sequence.faces, phases, sequence.present, sequence.source_rows)
