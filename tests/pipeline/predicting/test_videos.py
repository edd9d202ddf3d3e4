"""Which files are meant, and what is written of each is called."""

from pathlib import Path

import pytest

from pipeline.predicting.videos import names_of, videos_in


def test_videos_lie_at_any_depth(tmp_path: Path) -> None:
    wanted = ["a/deep/talk.MOV", "b.mp4", "c.264"]
    others = ["b.txt", "b.overlay.mp4", ".hidden.mp4", "labels.csv"]
    for name in (*wanted, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.mp4").mkdir()
    assert [str(path.relative_to(tmp_path)) for path in videos_in(tmp_path)] == wanted


def test_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no video in this folder; looked for files that end in .*\.mp4"):
        videos_in(tmp_path)


@pytest.mark.parametrize(
    ("videos", "expected"),
    [
        (["x/talk.mp4", "y/song.mp4"], ["talk", "song"]),
        (["talk.mp4", "talk.avi"], ["talk.mp4", "talk.avi"]),
        (["x/talk.mp4", "y/talk.mp4", "z/Talk.mp4"], ["talk.mp4", "talk.mp4-2", "Talk.mp4-3"]),
        ([], []),
    ],
)
def test_names_differ(videos: list[str], expected: list[str]) -> None:
    assert names_of(map(Path, videos)) == expected
