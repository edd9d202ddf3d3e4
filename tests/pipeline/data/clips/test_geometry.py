"""Tests of the input specification: equal for all fitted sequences, and for those that are estimated later."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.data.clips.geometry import GeometryMismatchError, check_geometry, input_spec_of, read_preprocessing
from pipeline.models.input_spec import InputSpec
from pipeline.zarr_store import MAPPED, GroupWriter
from tests.pipeline.training.material import INPUT_SPEC, PREPROCESSING, write_sequence

EVERY = replace(PREPROCESSING, align=PREPROCESSING.align.model_copy(update={"detector": "every"}))


def _sequence(folder: Path, fps: float) -> Path:
    with GroupWriter(folder, MAPPED, {"fps": fps, "preprocessing": PREPROCESSING.to_json()}):
        return folder


def test_the_frame_rates_are_those_of_the_recordings(tmp_path: Path) -> None:
    folders = [_sequence(tmp_path / f"r{number}", fps) for number, fps in enumerate([15.0, 12.5, 3.75, 0.0])]
    assert input_spec_of(folders, "hold", "frozen") == InputSpec(
        PREPROCESSING, "hold", (3.75, 12.5, 15.0), "frozen"
    )  # a single frame has none


def test_recordings_of_single_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="every recording is a single frame"):
        input_spec_of([_sequence(tmp_path / "still", 0.0)], "skip", "recorded")


def test_sequences_of_different_preprocessing_are_refused(tmp_path: Path) -> None:
    first = write_sequence(tmp_path / "one", [10, 9])
    second = write_sequence(tmp_path / "other", [10, 9], preprocessing=EVERY)
    with pytest.raises(
        GeometryMismatchError, match=r"one and .*other were made differently: align\.detector sparse \(here every\)"
    ):
        input_spec_of([first, second], "skip", "recorded")


def test_a_sequence_without_preprocessing_is_named(tmp_path: Path) -> None:
    with GroupWriter(tmp_path / "old", MAPPED, {"fps": 3.75}):
        pass
    with pytest.raises(ValueError, match=r"old: no parameters of decode, align, subsample are recorded; make it anew"):
        read_preprocessing(tmp_path / "old")


def test_detectors_may_differ_and_the_geometry_may_not(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "one", [10, 9], preprocessing=EVERY)
    check_geometry(Path("model"), INPUT_SPEC, [folder])
    subsample = PREPROCESSING.subsample.model_copy(update={"factor": 8})
    larger = PREPROCESSING.align.model_copy(update={"size": 48})
    other = write_sequence(tmp_path / "other", [10, 9], preprocessing=replace(EVERY, align=larger, subsample=subsample))
    message = r"^model: .* than .*other: align\.size 32 \(here 48\), subsample\.factor 2 \(here 8\)$"
    with pytest.raises(GeometryMismatchError, match=message):
        check_geometry(Path("model"), INPUT_SPEC, [folder, other])


@pytest.mark.parametrize("rates", [(0.0, 1.0, 2.0), (3.0, 2.0, 4.0), (1.0, 3.0, 2.0)])
def test_frame_rates_that_do_not_rise_are_refused(rates: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="three rising numbers above 0"):
        InputSpec(PREPROCESSING, "skip", rates)
