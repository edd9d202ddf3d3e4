"""A full disk ends a stage with an error that names recording and folder; finished items stay, partial files do not.

Writing to the device /dev/full fails as on a full disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.inspection import inspect_video
from pipeline.params.check import check_params
from pipeline.records import tables
from pipeline.records.frame_table import FrameTable
from pipeline.records.quality import Quality, read_quality
from pipeline.records.recordings import Recording, write_recordings
from pipeline.runtime.atomic import atomic_file, atomic_folder
from pipeline.runtime.disk_full import DiskFullError, explain_disk_full
from pipeline.runtime.errors import ItemsFailedError
from pipeline.runtime.file_digest import file_digest
from pipeline.video.writing import write_video
from stages import decode

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
FRAMES = {"first": 4, "second": 5, "third": 6}


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Three recordings with different numbers of frames."""
    listed = []
    for name, frames in FRAMES.items():
        path = tmp_path / f"{name}.mp4"
        write_video(path, [np.full((96, 128, 3), 120, np.uint8)] * frames, 5.0)
        listed.append(Recording(name, path, path.stat().st_size, file_digest(path)))
    write_recordings(tmp_path / "recordings.csv", listed)
    return tmp_path / "recordings.csv"


def _leftovers(folder: Path) -> list[Path]:
    """Return the partial files and locks, which a complete run does not leave."""
    return [path for path in folder.rglob("*") if path.suffix == ".partial" or path.parent.name in ("partial", "locks")]


def test_the_error_names_the_recording_and_the_folder(
    tmp_path: Path, smallest: dict[str, Any], recordings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_decoded = inspect_video.write_decoded

    def fill_disk(folder: Path, table: FrameTable | None, quality: Quality) -> None:
        write_decoded(folder, table, quality)
        if quality.decoded_frames == FRAMES["second"]:
            FULL.write_text("one more byte")

    monkeypatch.setattr(inspect_video, "write_decoded", fill_disk)
    store = ArtifactStore("decode")
    with pytest.raises(ItemsFailedError) as raised:
        decode.main(check_params(smallest), recordings, tmp_path / "decoded")
    message = str(raised.value)
    assert message.startswith("decoding: stopped for want of room; 1 of 3 are finished and will not be redone:\n")
    assert "  second: DiskFullError: " in message
    assert (
        "the disk is full (" in message
        and " MB free without what was being written)" in message
        and f"'{store.folder}'" in message
    )
    finished = {path.name: path.stat().st_mtime_ns for path in store.folder.glob("items/*")}
    assert len(finished) == 1  # the third, which is the largest; the first was not started
    assert _leftovers(store.folder) == _leftovers(tmp_path) == []
    assert not (tmp_path / "decoded").exists()

    monkeypatch.setattr(inspect_video, "write_decoded", write_decoded)  # now there is room
    decode.main(check_params(smallest), recordings, tmp_path / "decoded")
    again = {path.name: path.stat().st_mtime_ns for path in store.folder.glob("items/*")}
    assert finished.items() < again.items()
    assert {name: read_quality(tmp_path / "decoded" / name).decoded_frames for name in FRAMES} == FRAMES


def test_an_output_that_does_not_fit_does_not_replace_the_previous_one(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.mkdir()
    (output / "old").write_text("old")
    with pytest.raises(DiskFullError, match=r"the disk is full .*output'"), atomic_folder(output) as partial:
        (partial / "new").write_text("new")
        FULL.write_text("one more byte")
    assert [path.name for path in tmp_path.rglob("*")] == ["output", "old"]


def test_a_table_that_does_not_fit_does_not_replace_the_previous_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def write_to_full_disk(path: Path) -> Iterator[Path]:
        with atomic_file(path) as partial:
            partial.symlink_to(FULL)
            yield partial

    table = tmp_path / "recordings.csv"
    write_recordings(table, [])
    before = table.read_bytes()
    monkeypatch.setattr(tables, "atomic_file", write_to_full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_recordings(table, [Recording("first", Path("first.mp4"), 1, "0" * 64)])
    assert table.read_bytes() == before
    assert list(tmp_path.iterdir()) == [table]


def test_other_errors_are_not_changed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised, explain_disk_full(tmp_path):
        (tmp_path / "none").read_text()
    assert not isinstance(raised.value, DiskFullError)
