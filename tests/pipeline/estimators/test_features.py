"""Features are computed once for each recording, whoever asks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.descriptors.lpq_segments import lpq_segments
from pipeline.estimators.features import ComputedFeatures, StoredFeatures, write_features
from pipeline.parallel.workers import CodeMismatchError
from pipeline.runtime.errors import ItemsFailedError
from tests.pipeline.training.material import write_sequence

SETTINGS: dict[str, Any] = {"window": 5, "grid": 2, "seconds": 2.0}


def strided(folder: Path) -> dict[str, np.ndarray]:
    return {"values": np.arange(6.0).reshape(2, 3).T}


def sliced(folder: Path) -> dict[str, np.ndarray]:
    return {"values": np.arange(6.0)[::2]}


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    return [write_sequence(tmp_path / "sequences" / name, [10], seed=seed) for seed, name in enumerate("abc")]


def _stored(recordings: list[Path]) -> StoredFeatures:
    return StoredFeatures({"sequences": recordings[0].parent})


def test_features_are_those_of_the_function_in_the_order_of_the_recordings(recordings: list[Path]) -> None:
    for features in (_stored(recordings), ComputedFeatures({"sequences": recordings[0].parent})):
        for order in (recordings, recordings[::-1]):
            parts = features("lpq", "sequences", lpq_segments, order, **SETTINGS)
            for folder, part in zip(order, parts, strict=True):
                expected = lpq_segments(folder, 5, 2, 2.0)
                assert part.keys() == expected.keys()
                assert all(np.array_equal(part[name], expected[name]) for name in expected)


def test_features_are_computed_once(recordings: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    _stored(recordings)("lpq", "sequences", lpq_segments, recordings[:2], **SETTINGS)
    caplog.clear()
    _stored(recordings)("lpq", "sequences", lpq_segments, recordings, **SETTINGS)
    assert "lpq features: 2 of 3 were finished before" in caplog.text


@pytest.mark.parametrize("change", ["settings", "content"])
def test_other_settings_or_another_recording_are_computed_anew(
    recordings: list[Path], change: str, caplog: pytest.LogCaptureFixture
) -> None:
    _stored(recordings)("lpq", "sequences", lpq_segments, recordings[:1], **SETTINGS)
    settings = {**SETTINGS, "grid": 3} if change == "settings" else SETTINGS
    if change == "content":
        recordings[0] = write_sequence(recordings[0].parent / "again", [10], seed=77)
    caplog.set_level("INFO")
    caplog.clear()
    (part,) = _stored(recordings)("lpq", "sequences", lpq_segments, recordings[:1], **settings)
    assert "were finished before" not in caplog.text
    assert np.array_equal(part["histograms"], lpq_segments(recordings[0], **settings)["histograms"])


def test_a_source_that_is_no_input_of_the_stage_is_refused(recordings: list[Path]) -> None:
    with pytest.raises(ValueError, match=r"reads aligned; set estimator\.source=aligned"):
        _stored(recordings)("lpq", "aligned", lpq_segments, recordings, **SETTINGS)


def test_a_recording_whose_features_fail_is_named(recordings: list[Path]) -> None:
    with pytest.raises(ItemsFailedError, match=r"(?s)lpq features: 3 of 3 failed.*  a: .*window"):
        _stored(recordings)("lpq", "sequences", lpq_segments, recordings, **{**SETTINGS, "window": 4})


def test_functions_of_one_module_have_features_of_their_own(recordings: list[Path]) -> None:
    stored = _stored(recordings)
    (first,) = stored("toy", "sequences", strided, recordings[:1])
    (second,) = stored("toy", "sequences", sliced, recordings[:1])
    assert first["values"].tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    assert second["values"].tolist() == [0.0, 2.0, 4.0]


def test_a_worker_that_loaded_other_code_of_the_function_is_refused(recordings: list[Path], tmp_path: Path) -> None:
    with pytest.raises(CodeMismatchError, match=r"has loaded other code of pipeline\.descriptors\.lpq_segments"):
        write_features(tmp_path, "of another version", recordings[0], lpq_segments, SETTINGS)
