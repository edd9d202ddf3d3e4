"""Questions about the followed person: who is near, and which answers change when the survey has gone on."""

import numpy as np
import pytest

from pipeline.tracking import person as module
from pipeline.tracking.person import Person, QuestionedPerson
from pipeline.tracking.tracks import Observation, Track

TIME = np.arange(20) / 2  # seconds
STEP = 1.0


def _observation(row: int, who: int, x: float) -> Observation:
    """Return a face of 40 x 40 pixels; the looks of two people are uncorrelated."""
    look = np.random.default_rng(who).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    return Observation(row, np.array([x, 50.0, x + 40, 90.0]), look, 1.0, np.zeros((64, 64), np.uint8))


def _track(who: int, x: float, rows: list[int]) -> Track:
    track = Track()
    for row in rows:
        track.add(_observation(row, who, x))
    return track


FIRST, NEAR, FAR = _track(1, 100, [0, 10, 19]), _track(2, 150, [8, 10]), _track(3, 400, [0, 19])


@pytest.mark.parametrize(
    ("tracks", "row", "expected"),
    [
        ([FIRST, NEAR], 7, True),  # half a second before the other is seen
        ([FIRST, NEAR], 6, False),  # a second before
        ([FIRST, NEAR], 11, True),
        ([FIRST, NEAR], 12, False),
        ([FIRST, FAR], 10, False),  # 300 pixels away: seven face sizes
        ([FIRST], 10, False),
        ([], 10, False),
    ],
)
def test_company_is_near_in_place_and_time(tracks: list[Track], row: int, expected: bool) -> None:
    assert Person(tracks, TIME, STEP).has_company(row) == expected


def test_nobody_has_no_face() -> None:
    assert Person([], TIME, STEP).choose([_observation(0, 1, 100)]) is None


@pytest.mark.parametrize("in_memory", [1, 2, 100])
def test_rows_with_another_answer_are_changed(monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    """Up to now person 1 is followed; in the end it is person 2, who is seen near in rows 8 to 10."""
    monkeypatch.setattr(module, "IN_MEMORY", in_memory)
    person = QuestionedPerson(TIME, STEP)
    person.pass_over([0, 1])
    person.tracks = [FIRST]
    assert person.choose([_observation(3, 1, 100)]) == 0
    assert person.choose([_observation(4, 3, 400)]) is None
    assert person.choose([]) is None
    assert person.choose([_observation(5, 2, 150), _observation(5, 1, 100)]) == 1
    assert not person.has_company(9)
    assert not person.has_company(15)
    assert person.changed(Person([FIRST], TIME, STEP)) == {0, 1}
    assert person.changed(Person([FIRST, NEAR], TIME, STEP)) == {0, 1, 9}
    assert person.changed(Person([NEAR], TIME, STEP)) == {0, 1, 3, 5}
    assert person.changed(Person([], TIME, STEP)) == {3, 5}
