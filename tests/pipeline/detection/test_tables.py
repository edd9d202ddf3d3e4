"""The CSV table of recordings and the metrics of a corpus."""

import json
from pathlib import Path

import pytest

from pipeline.detection.tables import summary, write_detections, write_summary
from tests.pipeline.detection.material import detection

HEADER = (
    "recording,opaque,frames,detected,refined,interpolated,absent,"
    "confidence,confidence_low,box_height,"
    "rivals,still_faces,follows_still,people,people_certain,person_changes,turned,"
    "cuts,longest_absence,black,frozen,blurred,irregular,pauses\n"
)


def test_table_has_one_row_a_recording_and_empty_cells_without_a_face(tmp_path: Path) -> None:
    origins = {"detected": 1, "refined": 2, "interpolated": 1, "absent": 4}
    with_face = detection(
        "r2",
        frames=8,
        origins=origins,
        longest_absence=3,
        rivals=1,
        cuts=2,
        black=1 / 3,
        irregular=0.5,
        pauses=4,
        turned=180,
        people=2,
    )
    write_detections(tmp_path / "table.csv", [with_face, detection("r1", 20, None)])
    assert (tmp_path / "table.csv").read_text() == (
        f"{HEADER}r1,opaque-r1,20,0.0000,0.0000,0.0000,1.0000,,,,0,0,0,1,1,0,,0,20,0.0000,0.0000,0.0000,0.0000,0\n"
        "r2,opaque-r2,8,0.1250,0.2500,0.1250,0.5000,0.9900,0.9000,60.0,1,0,0,2,1,0,180,2,3,"
        "0.3333,0.0000,0.0000,0.5000,4\n"
    )


def test_metrics_of_a_corpus() -> None:
    origins = {"detected": 30, "refined": 6, "interpolated": 0, "absent": 4}
    longer = detection("r1", frames=40, origins=origins, longest_absence=3, cuts=2, rivals=2, confidence=0.9)
    others = [
        detection("r2", cuts=1, box_height=70.0, still_faces=2, people=2, person_changes=5),
        detection("r3", 20, None, turned=90, people=3, people_certain=False),
    ]
    assert summary([longer, *others], broken=2) == {
        "recordings": 5,
        "broken": 2,
        "without_face": 1,
        "with_rivals": 1,
        "with_still_faces": 1,
        "follows_still": 0,
        "with_turns": 2,
        "turned": 1,
        "frames": 80,
        "detected": 0.625,
        "refined": 0.075,
        "interpolated": 0.0,
        "absent": 0.3,
        "longest_absence": 20,
        "cuts": 3,
        "confidence": pytest.approx(0.945),  # between 0.90 and 0.99
        "box_height": 65.0,
    }


def test_metrics_of_an_empty_corpus_are_defined(tmp_path: Path) -> None:
    metrics = summary([], broken=1)
    assert (metrics["recordings"], metrics["frames"], metrics["absent"]) == (1, 0, 0.0)
    assert "confidence" not in metrics
    write_summary(tmp_path / "detection.json", metrics)
    assert json.loads((tmp_path / "detection.json").read_text()) == metrics
    assert [path.name for path in tmp_path.iterdir()] == ["detection.json"]
