"""Selection of the recordings and clips of figure 6, by hand."""

from pathlib import Path

import pytest

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.records.predictions import ScoredEstimate
from pipeline.saliency.choice import choose_recordings, middle_clip
from pipeline.severity.scale import scale_of
from tests.pipeline.training.material import write_sequence


def _recordings(*rows: tuple[str, float, int]) -> list[ScoredEstimate]:
    return [ScoredEstimate(recording, "", score, 0.0, clips) for recording, score, clips in rows]


def test_median_recording_of_each_band() -> None:
    rows = [("a", 0, 1), ("b", 13, 1), ("c", 5, 1), ("d", 14, 1), ("e", 19, 1), ("f", 28, 2), ("g", 63, 1)]
    chosen = choose_recordings(_recordings(*rows), scale_of())
    assert {band: item.recording for band, item in chosen.items()} == {
        "minimal": "c",  # 0, 5, 13
        "mild": "d",  # the lower one of 14 and 19
        "moderate": "f",
        "severe": "g",
    }
    assert choose_recordings(_recordings(*reversed(rows)), scale_of()) == chosen


def test_equal_scores_are_sorted_by_id() -> None:
    assert (
        choose_recordings(_recordings(("z", 30, 1), ("x", 30, 1), ("y", 30, 1)), scale_of())["severe"].recording == "y"
    )


def test_recordings_without_a_clip_and_empty_bands_are_left_out() -> None:
    chosen = choose_recordings(_recordings(("a", 3, 0), ("b", 9, 1), ("c", 25, 0)), scale_of())
    assert {band: item.recording for band, item in chosen.items()} == {"minimal": "b"}
    assert choose_recordings([], scale_of()) == {}


def test_choice_does_not_depend_on_estimates() -> None:
    first = [
        ScoredEstimate(name, "", score, estimate, 1)
        for name, score, estimate in (("a", 1, 1), ("b", 2, 60), ("c", 3, 3))
    ]
    second = [
        ScoredEstimate(name, "", score, estimate, 1)
        for name, score, estimate in (("a", 1, 60), ("b", 2, 2), ("c", 3, 50))
    ]
    assert (
        choose_recordings(first, scale_of())["minimal"].recording
        == choose_recordings(second, scale_of())["minimal"].recording
        == "b"
    )


@pytest.mark.parametrize(
    ("phases", "absent", "expected"),
    [
        ([20, 19], [], (0, 8)),  # 0, 8, 12
        ([16, 16], [], (0, 0)),  # the first of 0 and 8
        ([5, 4], [], (0, 0)),  # looped
        ([20, 19], range(4, 20), (1, 8)),  # the first phase has a face for four frames only
        ([20, 19], [2], (0, 11)),  # 3, 11, 12: the two frames before the absent one are too few
    ],
)
def test_middle_clip(tmp_path: Path, phases: list[int], absent: list[int], expected: tuple[int, int]) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "a", phases, absent=absent), "skip")
    assert middle_clip(sequence, 8, 8) == (*expected, 8)


def test_recording_without_a_clip_is_refused(tmp_path: Path) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "a", [9, 9], absent=True), "hold")
    with pytest.raises(ValueError, match="a: no clip of 8 frames"):
        middle_clip(sequence, 8, 8)


def test_a_clip_is_shorter_where_no_face_is_seen_for_so_long(tmp_path: Path) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "r", [12], absent=[3, 7]), "skip")  # faces 0-2, 4-6, 8-11
    assert middle_clip(sequence, 8, shortest=1) == (0, 8, 4)
    blinking = open_sequence(write_sequence(tmp_path / "b", [7], absent=[0, 2, 4, 6]), "skip")
    assert middle_clip(blinking, 8, shortest=1) == (0, 3, 1)
    with pytest.raises(ValueError, match="no clip of 8 frames"):
        middle_clip(sequence, 8, shortest=8)
