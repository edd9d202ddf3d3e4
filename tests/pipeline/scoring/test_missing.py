"""Tests of the counts of missing input, by hand."""

from pipeline.records.labels import Label
from pipeline.scoring.missing import MissingCounts, count_missing, without_clip, without_face
from tests.pipeline.scoring.material import prediction

COMPLETE = prediction("complete", 3.0, 4.0)
PARTLY = prediction("partly", 3.0, 4.0, absent=5)
BRIEFLY = prediction("briefly", 3.0, 4.0, clips=0, absent=12)
NEVER = prediction("never", 3.0, 4.0, clips=0, absent=20)
EMPTY = prediction("empty", 3.0, 4.0, clips=0, frames=0)
UNSCORED = prediction("unscored", None, 4.0, clips=0, absent=20)


def test_counts_are_over_recordings_with_a_score() -> None:
    missing = [Label("gone", "s", "", "", "test", 9.0), Label("gone too", "s", "", "", "test", None)]
    counts = count_missing([COMPLETE, PARTLY, BRIEFLY, NEVER, EMPTY, UNSCORED], missing)
    assert counts == MissingCounts(frames=80, absent_frames=37, without_face=2, without_clip=1, missing=1)


def test_recordings_without_a_face_and_without_a_clip() -> None:
    predictions = [COMPLETE, PARTLY, BRIEFLY, NEVER, EMPTY, UNSCORED]
    assert without_face(predictions) == [NEVER, EMPTY, UNSCORED]
    assert without_clip(predictions) == [BRIEFLY]
