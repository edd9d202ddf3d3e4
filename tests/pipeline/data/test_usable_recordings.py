"""Tests of the choice of recordings that training can use."""

from pathlib import Path

import pytest

from pipeline.data.usable_recordings import usable_recordings
from pipeline.records.labels import Label
from pipeline.records.scored_recording import ScoredRecording
from tests.pipeline.training.material import write_sequence


def test_unusable_recordings_are_skipped_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_sequence(tmp_path / "good", [12], absent=[0, 1, 2, 3])
    write_sequence(tmp_path / "brief", [12], absent=[6])
    write_sequence(tmp_path / "dark", [4], absent=True)
    write_sequence(tmp_path / "unknown", [4])
    labels = [
        Label("good", "s", "", "", "training", 12.0),
        Label("brief", "s", "", "", "training", 7.0),
        Label("dark", "s", "", "", "training", 3.0),
        Label("broken", "s", "", "", "training", 4.0),
        Label("unknown", "s", "", "", "training", None),
    ]
    assert usable_recordings(labels, tmp_path, 8, "skip") == [ScoredRecording(tmp_path / "good", 12.0, "s")]
    assert [record.getMessage() for record in caplog.records] == [
        "recordings skipped (no sequence): broken",
        "recordings skipped (no face): dark",
        "recordings skipped (no clip of 8 frames with a face in each (clip.absent: skip)): brief",
    ]
    usable = usable_recordings(labels, tmp_path, 8, "hold")
    assert [item.folder.name for item in usable] == ["good", "brief"]


def test_without_a_usable_recording_the_error_names_reasons_and_remedies(tmp_path: Path) -> None:
    write_sequence(tmp_path / "dark", [12], absent=True)
    write_sequence(tmp_path / "brief", [12], absent=[6])
    labels = [Label(name, "s", "", "", "training", 3.0) for name in ("dark", "brief", "gone", "broken")]
    with pytest.raises(ValueError, match=r"none of the 4 recordings .* has a clip .*change .*align\.min_face") as error:
        usable_recordings(labels, tmp_path, 8, "skip")
    assert "(2: no sequence; 1: no face; 1: no clip of 8 frames with a face in each (clip.absent: skip))" in str(
        error.value
    )
    assert usable_recordings([], tmp_path, 8, "skip") == []
