"""Videos in folders, and unique names for them."""

from pathlib import Path

import pytest

from pipeline.predicting.videos import find_videos, unique_names


def test_videos_are_found_at_any_depth(tmp_path: Path) -> None:
    expected = ["a/deep/talk.MOV", "b.mp4", "c.264"]
    others = ["b.txt", "b.overlay.mp4", ".hidden.mp4", "labels.csv", ".Trash/old.mp4", "@eaDir/b.mp4", "a/._b.mp4"]
    for name in (*expected, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.mp4").mkdir()
    assert [str(path.relative_to(tmp_path)) for path in find_videos(tmp_path)] == expected


def test_a_folder_without_videos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no video in this folder; looked for files that end in .*\.mp4"):
        find_videos(tmp_path)


@pytest.mark.parametrize(
    ("videos", "expected"),
    [
        (["x/talk.mp4", "y/song.mp4"], ["talk", "song"]),
        (["talk.mp4", "talk.avi"], ["talk.mp4", "talk.avi"]),
        (["x/talk.mp4", "y/talk.mp4", "z/Talk.mp4"], ["talk.mp4", "talk.mp4-2", "Talk.mp4-3"]),
        (["L" * 250 + ".mp4", "L" * 250 + ".avi"], ["L" * 200, "L" * 200 + "-2"]),  # file systems allow 255 bytes
        (["é" * 120 + ".mp4"], ["é" * 100]),
        ([], []),
    ],
)
def test_names_are_unique(videos: list[str], expected: list[str]) -> None:
    assert unique_names(map(Path, videos)) == expected
