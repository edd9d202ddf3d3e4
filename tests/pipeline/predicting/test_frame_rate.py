"""At which rate a video is taken, and what is said of it."""

from dataclasses import replace

import pytest

from pipeline.models.input_spec import InputSpec
from pipeline.predicting.frame_rate import NATIVE, FrameRate, choose_frame_rate, parse_frame_rate
from tests.pipeline.training.material import PREPROCESSING

STEADY = InputSpec(PREPROCESSING, "skip", (3.75, 3.75, 3.75))  # 7.5 frames a second, every second one
WEBCAMS = InputSpec(PREPROCESSING, "skip", (7.5, 12.5, 15.0))  # 15 to 30 frames a second
TOLD = InputSpec(replace(PREPROCESSING, fps=25.0), "skip", (12.5, 12.5, 12.5))


@pytest.mark.parametrize(
    ("footage", "native", "expected"),
    [
        (STEADY, 7.5, None),
        (STEADY, 7.3, None),  # within a twentieth
        (STEADY, 30.0, 7.5),
        (STEADY, 0.0, None),  # a single frame has no rate
        (WEBCAMS, 15.0, None),
        (WEBCAMS, 29.97, None),
        (WEBCAMS, 60.0, 25.0),  # the median's
        (WEBCAMS, 10.0, 25.0),
        (TOLD, 25.0, 25.0),
        (TOLD, 60.0, 25.0),
    ],
)
def test_a_rate_of_fitting_is_kept_and_another_is_the_models(
    footage: InputSpec, native: float, expected: float | None
) -> None:
    assert choose_frame_rate(native, footage, None).fps == expected


@pytest.mark.parametrize(("footage", "native"), [(STEADY, 7.5), (WEBCAMS, 25.0), (TOLD, 60.0), (STEADY, 0.0)])
def test_what_the_pipeline_would_do_needs_no_word(footage: InputSpec, native: float) -> None:
    assert choose_frame_rate(native, footage, None).notes == ()


def test_both_rates_are_told() -> None:
    assert choose_frame_rate(29.97, STEADY, None).notes == (
        "taken at 7.5 frames/s instead of its 29.97: the model learned from 3.75 faces/s, and would have seen 15",
    )
    assert (
        choose_frame_rate(120.0, WEBCAMS, None)
        .notes[0]
        .endswith("learned from 7.5 to 15 faces/s, and would have seen 60")
    )


def test_what_is_asked_for_is_done_and_judged() -> None:
    assert choose_frame_rate(7.5, STEADY, NATIVE) == FrameRate(None)
    slower = "the model sees 15 faces/s and learned from 3.75: movement looks slower to it than it is, and the estimate"
    assert choose_frame_rate(30.0, STEADY, NATIVE) == FrameRate(None, (f"{slower} means little",))
    asked = choose_frame_rate(30.0, STEADY, 3.0)
    assert asked.fps == 3.0
    assert asked.notes[0].startswith("the model sees 1.5 faces/s and learned from 3.75: movement looks faster")


def test_too_few_frames_are_told() -> None:
    few = "the file has only 5 frames/s for 12.5 faces/s: pictures repeat, and movement stutters"
    assert choose_frame_rate(5.0, TOLD, None) == FrameRate(25.0, (few,))
    assert choose_frame_rate(5.0, WEBCAMS, None).notes[1] == few
    assert not choose_frame_rate(20.0, TOLD, None).notes  # each face is one of its own


@pytest.mark.parametrize(("text", "expected"), [(None, None), ("native", NATIVE), ("30", 30.0), ("7.5", 7.5)])
def test_rates_are_read(text: str | None, expected: float | str | None) -> None:
    assert parse_frame_rate(text) == expected


@pytest.mark.parametrize("text", ["fast", "0", "-1", "nan", "500", ""])
def test_other_rates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=rf"--fps is '{text}'; allowed: native, or a number above 0 up to 240"):
        parse_frame_rate(text)
