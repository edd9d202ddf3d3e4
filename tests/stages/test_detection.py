"""The stage detection, for real on recordings made by hand."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.params_check import check_params
from pipeline.records.quality import Quality, write_decoded
from pipeline.records.recordings import write_recordings
from stages.detection import main
from tests.pipeline.detection.material import recording, write_recording


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A recording that is half seen, one that is never seen, and a broken one."""
    write_recording(tmp_path, "half", [1, 1, 0, 0], sure=[0.9, 0.8])
    write_recording(tmp_path, "never", [0, 0], sure=[])
    (tmp_path / "decoded" / "broken").mkdir()
    write_decoded(tmp_path / "decoded" / "broken", None, Quality("broken", reason="cut off"))
    write_recordings(tmp_path / "recordings.csv", [recording(name) for name in ("half", "never", "broken")])
    return tmp_path


def _run(workplace: Path, smallest: dict[str, Any], **detection: int) -> dict[str, bytes]:
    params = check_params({**smallest, "detection": {**smallest["detection"], **detection}})
    recordings, decoded, aligned = (workplace / name for name in ("recordings.csv", "decoded", "aligned"))
    main(params, recordings, decoded, aligned, workplace / "report", workplace / "detection.json")
    return {path.name: path.read_bytes() for path in (workplace / "report").iterdir()}


def test_what_a_run_leaves(workplace: Path, smallest: dict[str, Any]) -> None:
    left = _run(workplace, smallest)
    assert set(left) == {"recordings.csv", "corpus.png", "worst.png"}
    rows = list(csv.DictReader(left["recordings.csv"].decode().splitlines()))
    assert [(row["recording"], row["absent"]) for row in rows] == [("half", "0.5000"), ("never", "1.0000")]
    numbers = json.loads((workplace / "detection.json").read_text())
    counts = ("recordings", "broken", "without_face", "frames", "longest_absence")
    assert [numbers[name] for name in counts] == [3, 1, 1, 6, 2]
    assert numbers["absent"] == 0.6667
    assert _run(workplace, smallest) == left


def test_parameters_change_the_pictured_faces_alone(workplace: Path, smallest: dict[str, Any]) -> None:
    left = _run(workplace, smallest)
    for change in ({"worst": 1}, {"faces": 2}):
        changed = _run(workplace, smallest, **change)
        assert {name for name in left if changed[name] != left[name]} == {"worst.png"}
