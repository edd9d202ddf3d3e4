"""Tests of predictions and of their tables."""

from pathlib import Path

import pytest

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.records.estimates import SpanEstimate, VideoEstimate
from pipeline.records.labels import Label
from pipeline.scoring.prediction_tables import Prediction, join, write_clips, write_predictions
from tests.pipeline.scoring.material import labels_alone, prediction
from tests.pipeline.training.material import write_sequence

LABELS_ALONE = labels_alone(15.0, 14.0, {"203": 12.0})


def test_a_prediction_joins_label_estimate_and_sequence(tmp_path: Path) -> None:
    label = Label("203_1", "203", "1", "Freeform", "test", 22.0)
    video = VideoEstimate("203_1", (SpanEstimate(0, 0, 8, 8, 10.0), SpanEstimate(0, 2, 8, 2, 20.0)))
    sequence = open_sequence(write_sequence(tmp_path / "203_1", [10], absent=[3]), "keep")
    assert join(label, video, sequence, LABELS_ALONE) == Prediction(
        "203_1", "203", True, "1", "Freeform", 22.0, 12.0, 2, 10, 1
    )


def test_without_a_face_the_estimate_is_the_constant(tmp_path: Path) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "dark", [10], absent=True), "skip")
    dark = join(Label("dark", "9", "", "", "test", None), VideoEstimate("dark", ()), sequence, LABELS_ALONE)
    assert dark == Prediction("dark", "9", False, "", "", None, 15.0, 0, 10, 10)


def test_a_recording_without_frames_has_no_coverage(tmp_path: Path) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "empty", [0]), "skip")
    assert (
        join(Label("empty", "9", "", "", "test", 3.0), VideoEstimate("empty", ()), sequence, LABELS_ALONE).coverage == 0
    )


def test_different_recordings_are_not_joined(tmp_path: Path) -> None:
    sequence = open_sequence(write_sequence(tmp_path / "a", [4]), "skip")
    with pytest.raises(ValueError, match="a, b and a are not one recording"):
        join(Label("a", "9", "", "", "test", 3.0), VideoEstimate("b", ()), sequence, LABELS_ALONE)


@pytest.mark.parametrize("estimate", [float("nan"), float("inf")])
def test_an_estimate_that_is_not_finite_is_refused(estimate: float) -> None:
    with pytest.raises(ValueError, match=f"r1: the estimate is {estimate}"):
        prediction("r1", 3.0, estimate)


def test_more_absent_frames_than_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="r1: 5 absent of 4 frames"):
        prediction("r1", 3.0, 4.0, frames=4, absent=5)


def test_tables(tmp_path: Path) -> None:
    scored = [
        prediction("r2", 3.0, 4.25, subject="a", task="Northwind", frames=3, absent=2),
        prediction("r1", 12.5, -0.00001, seen=True),
    ]
    write_predictions(tmp_path, [*scored, prediction("r0", None, 7.0)])
    header = "recording,subject,session,seen,task,score,estimate,clips,coverage,frames,absent\n"
    assert (tmp_path / "predictions.csv").read_text() == (
        f"{header}r1,of-r1,,yes,,12.5,0.0000,2,1.0000,20,0\nr2,a,,no,Northwind,3,4.2500,2,0.3333,3,2\n"
    )
    assert (tmp_path / "unscored.csv").read_text() == f"{header}r0,of-r0,,no,,,7.0000,2,1.0000,20,0\n"


def test_if_all_recordings_have_a_score_there_is_one_table(tmp_path: Path) -> None:
    write_predictions(tmp_path, [prediction("r1", 3.0, 4.0)])
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]


def test_table_of_clips(tmp_path: Path) -> None:
    videos = [
        VideoEstimate("r2", (SpanEstimate(0, 0, 8, 8, 10.0), SpanEstimate(1, 4, 8, 2, 2 / 3))),
        VideoEstimate("r1", (SpanEstimate(0, 0, 3, 3, -1.5),)),
        VideoEstimate("dark", ()),
    ]
    write_clips(tmp_path / "clips.csv", videos)
    assert (tmp_path / "clips.csv").read_text() == (
        "recording,phase,start,length,weight,estimate\nr1,0,0,3,3,-1.5000\nr2,0,0,8,8,10.0000\nr2,1,4,8,2,0.6667\n"
    )
