"""Image lists and published landmarks."""

from pathlib import Path

import pytest

from pipeline.identities.image_list import ImageListError, find_images, list_identities, read_landmarks, read_list

POINTS = ",".join(f"P{number}{axis}" for number in range(1, 6) for axis in "XY")


def test_identities_are_in_the_order_of_first_occurrence(tmp_path: Path) -> None:
    path = tmp_path / "train_list.txt"
    path.write_text("n000009/0001_01.jpg\nn000002/0003_02.jpg\nn000009/0002_01.jpg\n\n")
    entries = read_list(path)
    assert entries == ["n000009/0001_01.jpg", "n000002/0003_02.jpg", "n000009/0002_01.jpg"]
    assert list_identities(entries) == ["n000009", "n000002"]


def test_every_wrong_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "train_list.txt"
    path.write_text("a/1.jpg\nb.jpg\na/1.jpg\n../x/2.jpg\n../3.jpg\na/4.txt\n")
    with pytest.raises(ImageListError) as error_info:
        read_list(path)
    message = str(error_info.value)
    assert "5 problems" in message
    for part in (
        "line 2: 'b.jpg'",
        "line 3: 'a/1.jpg' is in line 1 as well",
        "line 4:",
        "line 5:",
        "line 6: 'a/4.txt'",
    ):
        assert part in message


def test_a_missing_or_empty_list_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ImageListError, match="`msn identities ROOT` writes one"):
        read_list(tmp_path / "none.txt")
    (tmp_path / "none.txt").touch()
    with pytest.raises(ImageListError, match="no lines; allowed"):
        read_list(tmp_path / "none.txt")


@pytest.mark.parametrize("folder", [".", "meta"])
def test_landmarks_are_read_from_the_folder_of_the_list_or_its_parent(tmp_path: Path, folder: str) -> None:
    (tmp_path / "bb_landmark").mkdir()
    rows = '"n000002/0001_01",1,2,3,4,5,6,7,8,9,10.5\n'
    (tmp_path / "bb_landmark/loose_landmark_train.csv").write_text(f"NAME_ID,{POINTS}\n{rows}")
    (tmp_path / folder).mkdir(exist_ok=True)
    landmarks = read_landmarks(tmp_path / folder / "train_list.txt")
    assert landmarks is not None
    assert landmarks["n000002/0001_01"].tolist() == [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10.5]]
    assert read_landmarks(tmp_path / folder / "test_list.txt") is None
    assert read_landmarks(tmp_path / folder / "faces.txt") is None


def test_landmarks_without_the_published_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bb_landmark").mkdir()
    (tmp_path / "bb_landmark/loose_landmark_train.csv").write_text("NAME_ID,P1X\nx,1\n")
    with pytest.raises(ImageListError, match="no column P1Y, P2X"):
        read_landmarks(tmp_path / "train_list.txt")


def test_images_of_a_folder_tree_are_listed(tmp_path: Path) -> None:
    for name in ("b/2.PNG", "a/1.jpg", "a/notes.txt", "loose.jpg", "a/deep/3.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find_images(tmp_path) == ["a/1.jpg", "b/2.PNG"]
    with pytest.raises(ImageListError, match="no image"):
        find_images(tmp_path / "a" / "deep")
    for name in ("a/._1.jpg", ".cache/a.jpg", "@eaDir/1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find_images(tmp_path) == ["a/1.jpg", "b/2.PNG"]


def test_names_that_no_line_of_a_list_can_hold_are_refused(tmp_path: Path) -> None:
    (tmp_path / "two\nlines").mkdir()
    (tmp_path / "two\nlines" / "1.jpg").touch()
    with pytest.raises(ImageListError, match=r"rename 'two\\nlines/1\.jpg'; allowed: identity/image with"):
        find_images(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lists_are_read_in_every_certain_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "list.txt").write_bytes("Zoë/1.jpg\r\nbob/2.jpg\r\n".encode(encoding))
    assert read_list(tmp_path / "list.txt") == ["Zoë/1.jpg", "bob/2.jpg"]
    (tmp_path / "list.txt").write_bytes("Zoë/1.jpg\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"list\.txt: not UTF-8 \(.*; save it as UTF-8"):
        read_list(tmp_path / "list.txt")


def test_hidden_entries_and_identities_that_look_alike_are_refused(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("ann/1.jpg\n.git/2.jpg\nann/._3.jpg\nAnn/4.jpg\n")
    with pytest.raises(ImageListError) as error_info:
        read_list(tmp_path / "list.txt")
    for part in (
        "3 problems",
        "line 2: '.git/2.jpg'; allowed: identity/image with",
        "line 3: 'ann/._3.jpg'; allowed",
        "the identities 'Ann', 'ann' differ only by case",
    ):
        assert part in str(error_info.value)


def test_landmarks_that_are_not_five_points_are_named_by_row(tmp_path: Path) -> None:
    (tmp_path / "bb_landmark").mkdir()
    table, good = tmp_path / "bb_landmark/loose_landmark_train.csv", '"ann/1",1,2,3,4,5,6,7,8,9,10\n'
    table.write_text(f'NAME_ID,{POINTS}\n{good}"bob/1",,,,,,,,,,\n\n"cy/1",1,x,3,4,5,6,7,8,9,nan\n')
    with pytest.raises(ImageListError) as error_info:
        read_landmarks(tmp_path / "train_list.txt")
    for part in (
        f"{table}: 2 rows are not five points of one image",
        "row 3: bob/1: '' is no number",
        "row 5: cy/1: 'x' is no number",
    ):
        assert part in str(error_info.value)
    for row, message in (
        ('"bob/1",0,0,0,0,0,0,0,0,0,0', "bob/1: points coincide; allowed: five different ones"),
        ('"bob/1",1,2,3,4,5,6,7,8,1,2', "bob/1: points coincide"),
        ('"bob/1",1,2,3,4,5,6,7,8,9,1e400', "bob/1: '1e400' is too large"),
        ('"ann/1",1,2,3,4,5,6,7,8,9,11', "ann/1: a second row of this image; allowed: one"),
        ('"bob/1.jpg",1,2,3,4,5,6,7,8,9,11', "bob/1.jpg: NAME_ID names no image; allowed: identity/image, without"),
        ('"1",1,2,3,4,5,6,7,8,9,11', "1: NAME_ID names no image"),
        ('"bob/\n1",1,2,3,4,5,6,7,8,9,x', "bob/\\n1: 'x' is no number"),
    ):
        table.write_text(f"NAME_ID,{POINTS}\n{good}{row}\n")
        with pytest.raises(ImageListError) as error_info:
            read_landmarks(tmp_path / "train_list.txt")
        assert f"row 3: {message}" in str(error_info.value)
    table.write_text(f'NAME_ID,{POINTS}\n"ann/1",.5,2,3,4,5,6,7,8,9,-1\n')
    assert (read_landmarks(tmp_path / "train_list.txt") or {})["ann/1"][0].tolist() == [0.5, 2]
    table.write_text(f"NAME_ID,{POINTS}\n{good},,,,,,,,,,\n")
    assert list(read_landmarks(tmp_path / "train_list.txt") or {}) == ["ann/1"]
