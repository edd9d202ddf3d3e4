"""Times of frames from their time stamps: the tables are worked by hand, the unit is a tenth of a second."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.inspection.frame_times import frame_times
from pipeline.inspection.stamp_order import sort_shuffled, usual_step

STEP, WILD = 0.1, 95680.0
REGULAR = [float(number) for number in range(40)]


def _replace(stamps: list[float], **changes: float | None) -> list[float | None]:
    """Return stamps with some of them replaced: `at3=7` puts 7 in the place of stamp 3."""
    numbers: dict[int, float | None] = {int(name.removeprefix("at")): value for name, value in changes.items()}
    return [numbers.get(number, stamp) for number, stamp in enumerate(stamps)]


def _seconds(stamps: list[float | None]) -> list[float | None]:
    return [None if stamp is None else stamp * STEP for stamp in stamps]


@pytest.mark.parametrize(
    ("stamps", "times", "source", "replaced", "restarts"),
    [
        (REGULAR, REGULAR, "stamps", 0, ()),
        ([stamp + 7 for stamp in REGULAR], REGULAR, "stamps", 0, ()),
        # one wild stamp, wherever it stands
        *[
            (_replace(REGULAR, **{f"at{number}": stamp}), REGULAR, "mended", 1, ())
            for number in (0, 1, 20, 38, 39)
            for stamp in (WILD, -WILD, None)
        ],
        (_replace(REGULAR, at20=25), REGULAR, "mended", 1, ()),  # near by, after
        (_replace(REGULAR, at20=15), REGULAR, "mended", 1, ()),  # and before
        (_replace(REGULAR, at20=19), REGULAR, "mended", 1, ()),  # twice the same
        (_replace(REGULAR, at20=WILD, at21=WILD + 1, at22=WILD + 2), REGULAR, "mended", 3, ()),  # three that agree
        (_replace(REGULAR, at5=WILD, at15=-WILD, at25=None), REGULAR, "mended", 3, ()),
        (_replace(REGULAR, **{f"at{number}": None for number in range(1, 40, 2)}), REGULAR, "mended", 20, ()),
        # dropped frames are no wrong stamps
        ([*REGULAR[:20], *[stamp + 2 for stamp in REGULAR[20:]]], None, "stamps", 0, ()),
        # a pause, also with one stamp missing beside it, or two frames after it
        ([*REGULAR[:20], *[stamp + 6000 for stamp in REGULAR[20:]]], None, "stamps", 0, ()),
        (
            [*REGULAR[:19], None, *[stamp + 6000 for stamp in REGULAR[20:]]],
            [*REGULAR[:20], *[stamp + 6000 for stamp in REGULAR[20:]]],
            "mended",
            1,
            (),
        ),
        ([*REGULAR[:38], 6038.0, 6039.0], None, "stamps", 0, ()),
        # clocks that start anew: once, twice, far below (a counter that ran over)
        ([*REGULAR[:20], *REGULAR[:20]], REGULAR, "mended", 0, (20,)),
        ([*REGULAR[:20], *REGULAR[:20], *REGULAR[:20]], [float(n) for n in range(60)], "mended", 0, (20, 40)),
        ([stamp + (WILD if stamp < 20 else -5) for stamp in REGULAR], REGULAR, "mended", 0, (20,)),
        # in the order of decoding (B-frames)
        (
            [float(n) for n in (1, 3, 4, 2, 6, 5, 8, 7, 9, 11, 10, 12)],
            [float(n) for n in range(12)],
            "sorted",
            0,
            (),
        ),
        # no two stamps that fit together
        ([None] * 5, [float(n) for n in range(5)], "assumed", 5, ()),
        ([3.0] * 5, [float(n) for n in range(5)], "assumed", 5, ()),
        ([None], [0.0], "assumed", 1, ()),
        ([3.0], [0.0], "stamps", 0, ()),
        ([0.0, 36000.0], [0.0, 36000.0], "stamps", 0, ()),  # two frames do not tell which step is usual
    ],
)
def test_times_and_what_was_done(
    stamps: list[float | None],
    times: list[float] | None,
    source: str,
    replaced: int,
    restarts: tuple[int, ...],
) -> None:
    """Without `times` the stamps are the times, to the last bit."""
    given_seconds = _seconds(stamps)
    result = frame_times(given_seconds, 1 / STEP)
    if times is None:
        assert result.seconds.tolist() == given_seconds
    else:
        np.testing.assert_allclose(result.seconds, np.array(times) * STEP, atol=1e-9)
    assert (result.source, result.replaced, result.restarts) == (source, replaced, restarts)


def test_a_step_follows_the_rate_only_without_stamps() -> None:
    """Headers of Matroska say 1000 frames per second where the rate varies."""
    assert frame_times([None] * 3, 1000).seconds.tolist() == [0, 0.001, 0.002]
    np.testing.assert_allclose(frame_times([0.0, 0.04, 0.08, None, 0.16], 1000).seconds, np.arange(5) * 0.04)


def test_rounded_stamps_stay_as_they_are() -> None:
    """41 and 42 ms by turns, as Matroska and FLV round 23.976 frames per second."""
    stamps = [round(number / 23.976, 3) for number in range(100)]
    assert frame_times(stamps, 23.976).seconds.tolist() == stamps


def test_the_usual_step_does_not_depend_on_few_stamps() -> None:
    assert usual_step(np.arange(40), np.array(_replace(REGULAR, at3=WILD, at30=0), float)) == 1
    assert usual_step(np.arange(40), np.array([*REGULAR[:20], *REGULAR[:20]])) == 1
    assert usual_step(np.arange(3), np.zeros(3)) == 0
    assert usual_step(np.arange(0), np.zeros(0)) == 0


@pytest.mark.parametrize(
    "stamps",
    [
        [1.0, 2, 9, 4, 5, 6, 7],  # one is wrong: sorted, its place would be empty
        [8.0, 9, 1, 2, 3, 4, 5],  # two clocks
        [1.0, 2, 3, 3, 5, 6],  # one twice
        [1.0, 2, 3, 7.5, 5, 6, 7, 8],  # sorted, there would be half a step
    ],
)
def test_wrong_stamps_are_not_taken_for_shuffled_ones(stamps: list[float]) -> None:
    assert sort_shuffled(np.array(stamps), 1.0).tolist() == stamps


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=60), st.floats(1, 240))
def test_times_always_rise_from_zero(stamps: list[float | None], rate: float) -> None:
    result = frame_times(stamps, rate)
    assert len(result.seconds) == len(stamps)
    assert result.seconds[0] == 0
    assert np.isfinite(result.seconds).all()
    assert (np.diff(result.seconds) >= 0).all()


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=60, max_size=120),
    st.dictionaries(st.integers(0, 9), st.sampled_from([WILD, -WILD, None]), max_size=3),
)
def test_few_wild_stamps_leave_all_others_as_they_are(steps: list[int], wild: dict[int, float | None]) -> None:
    """Frames are dropped at will; the wild stamps stand apart."""
    true = np.cumsum([0, *steps]) * STEP
    stamps = [wild.get(number // 6) if number % 6 == 3 and number // 6 in wild else t for number, t in enumerate(true)]
    result = frame_times(stamps, 10)
    kept = [number for number in range(len(true)) if not (number % 6 == 3 and number // 6 in wild)]
    np.testing.assert_allclose(result.seconds[kept], true[kept], atol=1e-9)
    assert result.replaced == len(wild)
