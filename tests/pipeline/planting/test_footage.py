"""The table of footage: what is read, what is ignored, and the errors."""

from pathlib import Path

import pytest

from pipeline.planting.footage import FootageError, read_footage


def _table(folder: Path, text: str, *files: str) -> Path:
    for name in files:
        (folder / name).write_bytes(b"x")
    (folder / "videos.csv").write_text(text)
    return folder


def test_scores_and_other_columns_are_ignored(tmp_path: Path) -> None:
    folder = _table(
        tmp_path, "video_id,path,subject,bdi,note\nb,b.mp4,Bo,12,x\na,a.mp4,Al,none of this,\n", "a.mp4", "b.mp4"
    )
    entries = read_footage(folder)
    assert [(entry.recording, entry.path, entry.subject) for entry in entries] == [
        ("a", tmp_path / "a.mp4", "Al"),
        ("b", tmp_path / "b.mp4", "Bo"),
    ]
    assert [entry.score for entry in entries] == [None, None]


def test_only_the_training_partition_is_used(tmp_path: Path) -> None:
    text = "video_id,path,subject,partition\na,a.mp4,Al,Training\nb,gone.mp4,Bo,test\nc,gone.mp4,Cy,development\n"
    assert [entry.recording for entry in read_footage(_table(tmp_path, text, "a.mp4"))] == ["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video_id,path\na,a.mp4\n", "no column subject; found: video_id, path"),
        ("video_id,path,subject\n", "no row of the training partition"),
        ("video_id,path,subject\n.a,a.mp4,Al\n", r"row 2: video_id '.a'; allowed: the name of a folder"),
        ("video_id,path,subject\na,a.mp4,\n", "row 2: no subject; allowed: any name"),
        ("video_id,path,subject,partition\na,a.mp4,Al,val\n", "row 2: partition 'val'; allowed: training, development"),
        ("video_id,path,subject\na,gone.mp4,Al\n", "row 2: no such file: .*gone.mp4"),
        ("video_id,path,subject\na,a.mp4,Al\na,a.mp4,Al\n", "the id a occurs 2 times"),
        ("video_id,path,subject\na,a.mp4,Al\nb,a.mp4,al\n", "the subjects 'Al', 'al' differ only by case"),
    ],
)
def test_errors_name_the_row_and_what_is_allowed(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_footage(_table(tmp_path, text, "a.mp4"))


def test_without_a_table_the_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match=r"simulate\.footage: .*videos\.csv: no such file; allowed: a folder with"):
        read_footage(tmp_path)
