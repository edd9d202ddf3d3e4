"""What the figures do not rest on, counted by hand."""

from pipeline.records.labels import Label
from pipeline.scoring.missing import MissingCounts, count_missing, without_clip, without_face
from tests.pipeline.scoring.material import prediction

WHOLE = prediction("whole", 3.0, 4.0)
PARTLY = prediction("partly", 3.0, 4.0, absent=5)
BRIEFLY = prediction("briefly", 3.0, 4.0, clips=0, absent=12)
NEVER = prediction("never", 3.0, 4.0, clips=0, absent=20)
EMPTY = prediction("empty", 3.0, 4.0, clips=0, frames=0)
UNSCORED = prediction("unscored", None, 4.0, clips=0, absent=20)


def test_gaps_are_counted_over_what_is_scored() -> None:
    missing = [Label("gone", "s", "", "", "test", 9.0), Label("gone too", "s", "", "", "test", None)]
    found = count_missing([WHOLE, PARTLY, BRIEFLY, NEVER, EMPTY, UNSCORED], missing)
    assert found == MissingCounts(frames=80, absent_frames=37, without_face=2, without_clip=1, missing=1)


def test_who_is_never_and_who_is_too_briefly_seen() -> None:
    everyone = [WHOLE, PARTLY, BRIEFLY, NEVER, EMPTY, UNSCORED]
    assert without_face(everyone) == [NEVER, EMPTY, UNSCORED]
    assert without_clip(everyone) == [BRIEFLY]
