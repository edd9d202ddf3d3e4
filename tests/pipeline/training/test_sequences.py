"""Reading clips from a sequence on disk."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.store import read_array
from pipeline.training.sequences import FaceSequence, open_sequence
from tests.pipeline.training.material import write_sequence


def test_a_clip_is_read_from_its_phase_and_goes_round_within_it(tmp_path: Path) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "r1", [10, 9, 0]))
    rows = read_array(tmp_path / "r1", "faces")
    assert sequence.recording == "r1"
    assert sequence.lengths == (10, 9, 0)
    np.testing.assert_array_equal(sequence.clip(0, 1, 8), rows[1:9])
    np.testing.assert_array_equal(sequence.clip(1, 0, 8), rows[10:18])
    np.testing.assert_array_equal(sequence.clip(1, 6, 8), rows[[16, 17, 18, 10, 11, 12, 13, 14]])
    np.testing.assert_array_equal(sequence.clip(0, 9, 12), rows[[9, *range(10), 0]])


def test_a_clip_is_a_copy_that_may_be_written(tmp_path: Path) -> None:
    clip = open_sequence(write_sequence(tmp_path / "r1", [9])).clip(0, 0, 8)
    clip[:] = 0
    assert open_sequence(tmp_path / "r1").clip(0, 0, 8).any()


def test_frames_with_a_face_are_counted(tmp_path: Path) -> None:
    assert open_sequence(write_sequence(tmp_path / "a", [5, 4])).present == 9
    assert open_sequence(write_sequence(tmp_path / "b", [5, 4], absent=True)).present == 0


@pytest.mark.parametrize("phases", [((0, 4), (5, 9)), ((0, 4), (4, 8)), ((1, 9),)])
def test_phases_that_do_not_make_up_the_frames_are_refused(tmp_path: Path, phases: tuple[tuple[int, int], ...]) -> None:
    faces = open_sequence(write_sequence(tmp_path / "r1", [9])).faces
    with pytest.raises(ValueError, match="do not make up the 9 frames"):
        FaceSequence("r1", faces, phases, 9)
