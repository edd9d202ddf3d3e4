"""The frame rate at which a video is decoded, and the notes about it."""

from dataclasses import replace

import pytest

from pipeline.models.input_spec import InputSpec
from pipeline.predicting.frame_rate import NATIVE, FrameRate, choose_frame_rate, parse_frame_rate
from tests.pipeline.training.material import PREPROCESSING

ONE_RATE = InputSpec(PREPROCESSING, "skip", (3.75, 3.75, 3.75))  # 7.5 frames per second, every second one
MANY_RATES = InputSpec(PREPROCESSING, "skip", (7.5, 12.5, 15.0))  # 15 to 30 frames per second
FIXED_RATE = InputSpec(replace(PREPROCESSING, fps=25.0), "skip", (12.5, 12.5, 12.5))


@pytest.mark.parametrize(
    ("input_spec", "native_fps", "expected"),
    [
        (ONE_RATE, 7.5, None),
        (ONE_RATE, 7.3, None),  # within a twentieth
        (ONE_RATE, 30.0, 7.5),
        (ONE_RATE, 0.0, None),  # a single frame has no rate
        (MANY_RATES, 15.0, None),
        (MANY_RATES, 29.97, None),
        (MANY_RATES, 60.0, 25.0),  # the median rate
        (MANY_RATES, 10.0, 25.0),
        (FIXED_RATE, 25.0, 25.0),
        (FIXED_RATE, 60.0, 25.0),
    ],
)
def test_a_rate_of_the_fitted_recordings_is_kept_and_others_are_converted(
    input_spec: InputSpec, native_fps: float, expected: float | None
) -> None:
    assert choose_frame_rate(native_fps, input_spec, None).fps == expected


@pytest.mark.parametrize(
    ("input_spec", "native_fps"), [(ONE_RATE, 7.5), (MANY_RATES, 25.0), (FIXED_RATE, 60.0), (ONE_RATE, 0.0)]
)
def test_no_note_for_a_rate_that_the_pipeline_would_choose(input_spec: InputSpec, native_fps: float) -> None:
    assert choose_frame_rate(native_fps, input_spec, None).notes == ()


def test_the_note_has_both_rates() -> None:
    assert choose_frame_rate(29.97, ONE_RATE, None).notes == (
        "taken at 7.5 frames/s instead of its 29.97: the model learned from 3.75 faces/s, and would have seen 15",
    )
    assert (
        choose_frame_rate(120.0, MANY_RATES, None)
        .notes[0]
        .endswith("learned from 7.5 to 15 faces/s, and would have seen 60")
    )


def test_a_requested_rate_is_used_and_a_note_warns() -> None:
    assert choose_frame_rate(7.5, ONE_RATE, NATIVE) == FrameRate(None)
    slower = "the model sees 15 faces/s and learned from 3.75: movement looks slower to it than it is, and the estimate"
    assert choose_frame_rate(30.0, ONE_RATE, NATIVE) == FrameRate(None, (f"{slower} means little",))
    requested = choose_frame_rate(30.0, ONE_RATE, 3.0)
    assert requested.fps == 3.0
    assert requested.notes[0].startswith("the model sees 1.5 faces/s and learned from 3.75: movement looks faster")


def test_a_note_warns_of_too_few_frames() -> None:
    note = "the file has only 5 frames/s for 12.5 faces/s: pictures repeat, and movement stutters"
    assert choose_frame_rate(5.0, FIXED_RATE, None) == FrameRate(25.0, (note,))
    assert choose_frame_rate(5.0, MANY_RATES, None).notes[1] == note
    assert not choose_frame_rate(20.0, FIXED_RATE, None).notes  # no frame is repeated


@pytest.mark.parametrize(
    ("input_spec", "expected"),
    [(ONE_RATE, 7.5), (MANY_RATES, 25.0), (FIXED_RATE, 25.0)],
)
def test_a_rate_that_varies_is_converted_to_the_model_s(input_spec: InputSpec, expected: float) -> None:
    usual = 7.5188 if input_spec is ONE_RATE else 24.0
    rate = choose_frame_rate(usual, input_spec, None, is_irregular=True)
    assert rate.fps == expected
    assert [note.split(":")[0] for note in rate.notes] == (
        []  # as every recording that the model was fitted to
        if input_spec is FIXED_RATE
        else [
            f"taken at a constant {expected:g} frames/s, because its own rate varies around {usual:.4g} and movement "
            "would look faster or slower than it is; where frames are missing, pictures repeat"
        ]
    )
    assert choose_frame_rate(usual, input_spec, NATIVE, is_irregular=True).fps is None
    assert choose_frame_rate(0.0, ONE_RATE, None, is_irregular=True).fps is None


@pytest.mark.parametrize(("text", "expected"), [(None, None), ("native", NATIVE), ("30", 30.0), ("7.5", 7.5)])
def test_parse_frame_rate(text: str | None, expected: float | str | None) -> None:
    assert parse_frame_rate(text) == expected


@pytest.mark.parametrize("text", ["fast", "0", "-1", "nan", "500", ""])
def test_wrong_rates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=rf"--fps is '{text}'; allowed: native, or a number above 0 up to 240"):
        parse_frame_rate(text)
