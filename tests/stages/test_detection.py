"""The stage detection, in real runs on hand-made recordings."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.params.check import check_params
from pipeline.records.partitions import write_partitions
from pipeline.records.quality import Quality, write_decoded
from pipeline.records.recordings import write_recordings
from stages.detection import main
from tests.pipeline.detection.material import recording, write_recording


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A recording with a face in half of its frames, one without a face, and a broken one."""
    write_recording(tmp_path, "half", [1, 1, 0, 0], confidence=[0.9, 0.8])
    write_recording(tmp_path, "never", [0, 0], confidence=[])
    (tmp_path / "decoded" / "broken").mkdir()
    write_decoded(tmp_path / "decoded" / "broken", None, Quality("broken", reason="cut off"))
    write_recordings(tmp_path / "recordings.csv", [recording(name) for name in ("half", "never", "broken")])
    write_partitions(tmp_path / "partitions.csv", {"half": "training", "never": "test", "broken": "test"})
    return tmp_path


def _run(corpus: Path, smallest: dict[str, Any], **detection: int) -> dict[str, bytes]:
    params = check_params({**smallest, "detection": {**smallest["detection"], **detection}})
    names = ("recordings.csv", "partitions.csv", "decoded", "aligned", "report", "detection.json")
    main(params, *(corpus / name for name in names))
    return {path.name: path.read_bytes() for path in (corpus / "report").iterdir()}


def test_outputs_of_a_run(corpus: Path, smallest: dict[str, Any]) -> None:
    outputs = _run(corpus, smallest)
    assert set(outputs) == {".sha256sums", "recordings.csv", "near_twins.csv", "corpus.png", "worst.png"}
    rows = list(csv.DictReader(outputs["recordings.csv"].decode().splitlines()))
    assert [(row["recording"], row["absent"]) for row in rows] == [("half", "0.5000"), ("never", "1.0000")]
    metrics = json.loads((corpus / "detection.json").read_text())
    counts = ("recordings", "broken", "without_face", "frames", "longest_absence")
    assert [metrics[name] for name in counts] == [3, 1, 1, 6, 2]
    assert metrics["absent"] == 0.6667
    assert _run(corpus, smallest) == outputs


def test_parameters_change_only_the_faces_shown(corpus: Path, smallest: dict[str, Any]) -> None:
    outputs = _run(corpus, smallest)
    for change in ({"worst": 1}, {"faces": 2}):
        changed = _run(corpus, smallest, **change)
        assert {name for name in outputs if changed[name] != outputs[name]} == {".sha256sums", "worst.png"}
