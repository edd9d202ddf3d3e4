"""The stage baselines, in real runs on hand-made recordings."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.params.check import check_params
from pipeline.records.baseline_estimates import read_baseline_estimates
from pipeline.records.labels import Label, write_labels
from pipeline.records.quality import Quality, write_decoded
from pipeline.records.recordings import write_recordings
from pipeline.runtime.errors import ItemsFailedError
from stages.baselines import main
from tests.pipeline.detection.material import recording, write_recording
from tests.pipeline.training.material import overwrite_a_byte, write_checksums_of

SCORES = {name: 10.0 * number for number, name in enumerate("abcdef")}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Fitted recordings of which a share of frames with a face betrays the score, two others, and a broken one."""
    for number, name in enumerate([*SCORES, "t", "never"]):
        faces = 3 if name == "t" else number + 1 if name in SCORES else 0
        write_recording(tmp_path, name, [1] * faces + [0] * (8 - faces), confidence=[0.9] * faces)
    (tmp_path / "decoded" / "broken").mkdir()
    write_decoded(tmp_path / "decoded" / "broken", None, Quality("broken", reason="cut off"))
    names = [*SCORES, "t", "never", "broken"]
    write_recordings(tmp_path / "recordings.csv", [recording(name) for name in names])
    fitted = [Label(name, f"subject-{name}", "1", "", "training", score) for name, score in SCORES.items()]
    write_labels(tmp_path / "fitting.csv", fitted)
    return tmp_path


def _run(corpus: Path, smallest: dict[str, Any], **changes: dict[str, Any]) -> dict[str, bytes]:
    values = {name: {**section, **changes.get(name, {})} for name, section in smallest.items()}
    paths = (corpus / name for name in ("recordings.csv", "decoded", "aligned", "fitting.csv", "baselines"))
    main(check_params(values), *paths)
    return {path.name: path.read_bytes() for path in (corpus / "baselines").iterdir()}


def test_outputs_of_a_run(corpus: Path, smallest: dict[str, Any]) -> None:
    outputs = _run(corpus, smallest)
    assert set(outputs) == {".sha256sums", "estimates.csv", "measures.csv", "weights.csv"}
    estimates = read_baseline_estimates(corpus / "baselines/estimates.csv", ["never", "t"])
    assert estimates["metadata"]["t"] == pytest.approx(20, abs=1)  # three faces, as the recording with the score 20
    assert estimates["one_frame"]["never"] == 25  # the mean
    measures = {row["recording"]: row for row in csv.DictReader(outputs["measures.csv"].decode().splitlines())}
    assert set(measures) == {*SCORES, "t", "never"}
    assert (measures["t"]["face_share"], measures["never"]["face_height"]) == ("0.3750", "")
    assert _run(corpus, smallest) == outputs


def test_only_recordings_that_were_not_fitted_are_estimated(corpus: Path, smallest: dict[str, Any]) -> None:
    _run(corpus, smallest)
    with pytest.raises(ValueError, match=r"estimates\.csv: no estimate of a, broken; run stage baselines again"):
        read_baseline_estimates(corpus / "baselines/estimates.csv", ["a", "t", "broken"])


def test_validated_recordings_are_not_fitted(corpus: Path, smallest: dict[str, Any]) -> None:
    labels = [Label(name, name, "1", "", "training", score) for name, score in SCORES.items()]
    labels[5] = replace(labels[5], partition="development", score=63.0)
    write_labels(corpus / "fitting.csv", labels)
    _run(corpus, smallest, finetune={"validation": "development"})
    estimates = read_baseline_estimates(corpus / "baselines/estimates.csv", ["f", "never"])
    assert estimates["one_frame"]["never"] == 20  # the mean without the 63


def test_damage_is_found(corpus: Path, smallest: dict[str, Any]) -> None:
    write_checksums_of(corpus / "aligned")
    write_checksums_of(corpus / "decoded")
    overwrite_a_byte(next((corpus / "aligned/t/faces").rglob("c/*/0/0/0")))
    with pytest.raises(ItemsFailedError, match="aligned/t/faces/c/0/0/0/0: damaged"):
        _run(corpus, smallest)
