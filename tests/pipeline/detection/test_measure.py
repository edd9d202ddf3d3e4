"""Measures of face detection on a recording, with expected values worked by hand."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.detection.measure import longest_run, measure, worst_first
from tests.pipeline.detection.material import detection, recording, write_recording


def test_measures_of_a_recording(tmp_path: Path) -> None:
    origin = [1, 1, 0, 0, 2, 3, 2, 0, 0, 0]
    write_recording(tmp_path, "r1", origin, confidence=[0.9, 0.8, 1.0, 0.7], cuts=(4, 7))
    measures = measure(tmp_path / "aligned", tmp_path / "decoded", recording("r1"))
    assert (measures.recording, measures.opaque, measures.frames) == ("r1", "72310000", 10)  # "r1" in hexadecimal
    assert measures.origins == {"detected": 2, "refined": 2, "interpolated": 1, "absent": 5}
    assert measures.coverage == 0.5
    assert measures.confidence == pytest.approx(0.85)
    assert measures.confidence_low == pytest.approx(0.7 + 0.15 * 0.1)  # rank 0.05 x 3 of 0.7 0.8 0.9 1.0
    assert measures.box_height == 44  # of 40 41 44 45 46
    assert (measures.rivals, measures.cuts, measures.longest_absence) == (2, 2, 3)
    assert (measures.still_faces, measures.follows_still, measures.turned) == (1, False, 90)
    assert (measures.people, measures.people_certain, measures.person_changes) == (3, True, 4)
    assert (measures.black, measures.frozen, measures.blurred) == (0.25, 0.5, 0.75)
    assert (measures.irregular, measures.pauses) == (0.125, 2)


def test_a_recording_without_a_face_has_no_confidence(tmp_path: Path) -> None:
    write_recording(tmp_path, "dark", [0, 0, 0], confidence=[])
    measures = measure(tmp_path / "aligned", tmp_path / "decoded", recording("dark"))
    assert (measures.coverage, measures.longest_absence) == (0.0, 3)
    assert (measures.confidence, measures.confidence_low, measures.box_height) == (None, None, None)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [([], 0), ([0, 0], 0), ([1], 1), ([1, 1, 0, 1], 2), ([0, 1, 0, 1, 1, 1], 3), ([1, 1, 1, 0, 0], 3)],
)
def test_longest_run(flags: list[int], expected: int) -> None:
    assert longest_run(np.array(flags, bool)) == expected


def test_worst_first_sorts_by_coverage_then_confidence_then_id() -> None:
    without_face, with_gaps = detection("never", 20, None), detection("sometimes", 5, 0.99)
    a, b, c = detection("a", 0, 0.99), detection("b", 0, 0.7), detection("c", 0, 0.99)
    assert worst_first([c, a, b, with_gaps, without_face]) == [without_face, with_gaps, b, a, c]


def test_origins_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match=r"r1: origins .* do not add up to 21 frames"):
        detection("r1", frames=21)
