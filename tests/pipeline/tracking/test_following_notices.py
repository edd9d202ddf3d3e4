"""Every doubt about who is followed has a sentence."""

from typing import Any

import pytest

from pipeline.tracking.following_notices import following_notices
from tests.pipeline.tracking.no_doubts import NO_DOUBTS


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"rivals": 1}, "another person is seen nearly as often"),
        ({"rivals": 2}, "2 other people are seen nearly as often"),
        ({"still_faces": 1}, "a face that never moves was passed over"),
        ({"still_faces": 3}, "3 faces that never move were passed over"),
        ({"follows_still": True}, "the followed face never moves"),
        ({"people": 2, "person_changes": 5}, "2 people take turns in one place (5 changes): the one seen most"),
        ({"people": 2, "people_certain": False}, "perhaps 2 people take turns in one place (0 sudden changes): all"),
        ({"turned": 180}, "turned by 180 degrees counter-clockwise: turn the file, or correct its rotation metadata"),
    ],
)
def test_each_doubt_has_one_notice(changes: dict[str, Any], part: str) -> None:
    (notice,) = following_notices({**NO_DOUBTS, **changes})
    assert part in notice


def test_no_doubt_has_no_notice() -> None:
    assert following_notices(NO_DOUBTS) == ()
    assert following_notices({**NO_DOUBTS, "people": 0}) == ()
