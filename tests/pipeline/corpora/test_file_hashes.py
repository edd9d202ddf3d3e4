"""Content hashes of videos are remembered; a damaged memory is named and made again."""

import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.artifacts.artifact_store import work_root
from pipeline.corpora import file_hashes as module
from pipeline.corpora.file_hashes import file_hashes


@pytest.fixture
def videos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.mp4" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(bytes([number]) * 10)
    return paths


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were hashed."""
    paths: list[Path] = []
    map_items = module.map_items

    def note(function: Callable[[Path], str], items: list[Path], label: str) -> list[str]:
        paths.extend(items)
        return map_items(function, items, label)

    monkeypatch.setattr(module, "map_items", note)
    return paths


def test_only_new_and_changed_files_are_hashed(videos: list[Path], hashed: list[Path]) -> None:
    assert file_hashes(videos[:2]) == {path: sha256(path.read_bytes()).hexdigest() for path in videos[:2]}
    videos[0].write_bytes(b"other, longer content")
    hashed.clear()
    assert file_hashes(videos) == {path: sha256(path.read_bytes()).hexdigest() for path in videos}
    assert hashed == [videos[0], videos[2]]


def _change_a_digit(path: Path) -> None:
    content = json.loads(path.read_text())
    entry = next(iter(content["files"].values()))
    entry[2] = ("0" if entry[2][0] != "0" else "1") + entry[2][1:]
    path.write_text(json.dumps(content))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: os.truncate(path, 40),
    "empty": lambda path: os.truncate(path, 0),
    "binary": lambda path: path.write_bytes(b"\xff\x00"),
    "other JSON": lambda path: path.write_text("[1]"),
    "other keys": lambda path: path.write_text("{}"),
    "a digit": _change_a_digit,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_hashes_are_named_and_made_again(
    videos: list[Path], hashed: list[Path], damage: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    expected = file_hashes(videos)
    damage(work_root() / "hashes.json")
    hashed.clear()
    assert file_hashes(videos) == expected
    assert hashed == videos
    message = f"{work_root() / 'hashes.json'} is damaged, or of an earlier version: all videos are hashed again"
    assert message in caplog.text
    caplog.clear()
    hashed.clear()
    assert file_hashes(videos) == expected
    assert (hashed, caplog.text) == ([], "")
