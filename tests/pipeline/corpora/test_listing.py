"""Listing a corpus: every layout and spelling; one error that names all problems; warnings."""

import csv
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from pipeline.corpora.folds import Folds
from pipeline.corpora.listing import CorpusError, Scoring, list_corpus
from pipeline.severity.scale import scale_of

SPELLINGS = {
    "long": {"training": "Training", "development": "Development", "test": "Testing"},
    "short": {"training": "train", "development": "dev", "test": "test"},
    "upper": {"training": "TRAINING", "development": "DEVELOPMENT", "test": "TESTING"},
}
LABELS = {
    "training": "AVEC2014_DepressionLabels/Training_DepressionLabels",
    "development": "AVEC2014_DepressionLabels/Development_DepressionLabels",
    "test": "AVEC2014_Labels_Testset/Testing/DepressionLabels",
}
SESSIONS = {"training": ("203_1", "204_1"), "development": ("203_2",), "test": ("310_1",)}
SCORES = {"203_1": 12, "204_1": 0, "203_2": 45, "310_1": 7}
BDI_II = Scoring(scale_of("bdi-ii"))


def _touch(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _avec2014(root: Path, labels: Path, folders: dict[str, str]) -> None:
    for partition, sessions in SESSIONS.items():
        for session in sessions:
            for task in ("Freeform", "Northwind"):
                _touch(root / folders[partition] / task / f"{session}_{task}_video.mp4")
            _touch(labels / LABELS[partition] / f"{session}_Depression.csv", f"{SCORES[session]},extra cell\nmore\n")


def _avec2013(root: Path, folders: dict[str, str]) -> None:
    for partition, sessions in SESSIONS.items():
        for session in sessions:
            _touch(root / folders[partition] / f"{session}_cut_combined.mp4")
            _touch(root / f"{folders[partition]}_DepressionLabels" / f"{session}_Depression.csv", f"{SCORES[session]}")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_avec2014_in_every_spelling_with_a_separate_labels_root(tmp_path: Path, spelling: str) -> None:
    root, labels_root = tmp_path / "corpus", tmp_path / "labels"
    _avec2014(root, labels_root, SPELLINGS[spelling])
    entries, labels, warnings = list_corpus("avec2014", root, labels_root, complete=False, scoring=BDI_II)
    assert Counter(label.partition for label in labels) == {"training": 4, "development": 2, "test": 2}
    scores = {(label.recording, label.task, label.session): label.score for label in labels}
    assert scores[("203_2_Northwind", "Northwind", "2")] == scores[("203_2_Freeform", "Freeform", "2")] == 45
    assert all(label.score == SCORES[f"{label.subject}_{label.session}"] for label in labels)
    assert entries["310_1_Freeform"].path.name == "310_1_Freeform_video.mp4"
    assert warnings == ["1 subjects occur in more than one partition: 203"]


@pytest.mark.parametrize("spelling", ["long", "short"])
def test_avec2013_in_both_spellings(tmp_path: Path, spelling: str) -> None:
    _avec2013(tmp_path, SPELLINGS[spelling])
    entries, labels, _ = list_corpus("avec2013", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    assert sorted(entries) == ["203_1", "203_2", "204_1", "310_1"]
    assert {label.recording: label.score for label in labels} == SCORES
    assert {label.recording: label.partition for label in labels}["203_2"] == "development"


def test_all_problems_of_a_folder_tree_are_in_one_error(tmp_path: Path) -> None:
    _avec2014(tmp_path, tmp_path, SPELLINGS["long"])
    (tmp_path / "Testing/Northwind/310_1_Northwind_video.mp4").unlink()
    _touch(tmp_path / LABELS["test"] / "311_1_Depression.csv", "3")
    _touch(tmp_path / LABELS["training"] / "203_1_Depression.csv", "64")
    _touch(tmp_path / LABELS["training"] / "204_1_Depression.csv", "low")
    with pytest.raises(CorpusError) as error_info:
        list_corpus("avec2014", tmp_path, tmp_path, complete=True, scoring=BDI_II)
    message = str(error_info.value)
    for part in (
        "session 310_1 of test has no Northwind video",
        "311_1_Depression.csv: a label without a video",
        "203_1_Depression.csv: score '64'; allowed: a number from 0 to 63",
        "204_1_Depression.csv: score 'low'; allowed",
        "2 development videos; the complete corpus has 100",
        "1 test videos; the complete corpus has 100",
    ):
        assert part in message


def test_a_video_without_a_score_is_a_warning(tmp_path: Path) -> None:
    _avec2013(tmp_path, SPELLINGS["long"])
    (tmp_path / "Testing_DepressionLabels/310_1_Depression.csv").unlink()
    _, labels, warnings = list_corpus("avec2013", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    assert {label.recording for label in labels if label.score is None} == {"310_1"}
    assert "1 videos without a score, estimated but not scored: 310_1" in warnings


def test_complete_corpora_have_the_published_counts(tmp_path: Path) -> None:
    for partition, folder in SPELLINGS["long"].items():
        for number in range(50):
            subject = {"training": 200, "development": 300, "test": 400}[partition] + number
            _touch(tmp_path / folder / f"{subject}_1_cut_combined.mp4")
            _touch(tmp_path / f"{folder}_DepressionLabels/{subject}_1_Depression.csv", "5")
    assert len(list_corpus("avec2013", tmp_path, tmp_path, complete=True, scoring=BDI_II)[0]) == 150
    with pytest.raises(CorpusError, match="a label without a video"):
        list_corpus("avec2014", tmp_path, tmp_path, complete=False, scoring=BDI_II)


def test_an_empty_or_missing_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no video in the layout avec2014"):
        list_corpus("avec2014", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    with pytest.raises(CorpusError, match=r"corpus\.root: .*nowhere is not a folder"):
        list_corpus("avec2014", tmp_path / "nowhere", tmp_path, complete=False, scoring=BDI_II)


def _videos(folder: Path, rows: str, header: str = "video_id,path,subject,partition,score") -> None:
    _touch(folder / "videos.csv", f"{header}\n{rows}")


def test_a_table_of_videos(tmp_path: Path) -> None:
    _touch(tmp_path / "films/a.mp4")
    _touch(tmp_path / "elsewhere/b.mp4")
    rows = f"a,films/a.mp4,ann,training,12.5,visit 1\nb,{tmp_path}/elsewhere/b.mp4,bob,Test,,\n"
    _videos(tmp_path, rows, "video_id,path,subject,partition,score,session")
    entries, labels, warnings = list_corpus("videos", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    paths = {name: entry.path for name, entry in entries.items()}
    assert paths == {"a": tmp_path / "films/a.mp4", "b": tmp_path / "elsewhere/b.mp4"}
    assert [(label.recording, label.subject, label.session, label.partition, label.score) for label in labels] == [
        ("a", "ann", "visit 1", "training", 12.5),
        ("b", "bob", "", "test", None),
    ]
    assert warnings == ["1 videos without a score, estimated but not scored: b"]


def test_sex_and_age_are_read_if_a_table_has_them(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp4")
    header = "video_id,path,subject,partition,score,sex,age"
    _touch(tmp_path / "b.mp4")
    _videos(tmp_path, "a,a.mp4,ann,test,3, f ,41.5\nb,b.mp4,bob,test,3,,\n", header)
    _, labels, _ = list_corpus("videos", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    assert [(label.sex, label.age) for label in labels] == [("f", 41.5), ("", None)]
    for age, message in (
        ("old", "row 2: age 'old'; allowed: years"),
        ("131", "row 2: a: age 131.0; allowed: 0 to 130"),
    ):
        _videos(tmp_path, f"a,a.mp4,ann,test,3,f,{age}\n", header)
        with pytest.raises(CorpusError, match=message):
            list_corpus("videos", tmp_path, tmp_path, complete=False, scoring=BDI_II)


def test_folds_replace_the_official_partitions(tmp_path: Path) -> None:
    _avec2014(tmp_path, tmp_path, SPELLINGS["long"])
    _, labels, warnings = list_corpus("avec2014", tmp_path, tmp_path, complete=False, scoring=BDI_II, folds=Folds(3, 0))
    partitions: dict[str, set[str]] = {}
    for label in labels:
        partitions.setdefault(label.subject, set()).add(label.partition)
    assert sorted(len(names) for names in partitions.values()) == [1, 1, 1]
    assert set().union(*partitions.values()) == {"training", "development", "test"}
    assert warnings == []  # no subject is shared
    with pytest.raises(CorpusError, match=r"corpus\.folds is 4, but 3 subjects have a score"):
        list_corpus("avec2014", tmp_path, tmp_path, complete=False, scoring=BDI_II, folds=Folds(4, 0))


def test_all_problems_of_a_table_are_in_one_error(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp4")
    duplicates = "a,a.mp4,ann,training,12\n" * 2
    _videos(tmp_path, f"{duplicates}b,b.mp4,bob,holdout,70\nc/d,a.mp4,,test,nan\ne,a.mp4,eve,test,nan\n")
    with pytest.raises(CorpusError) as error_info:
        list_corpus("videos", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    for part in (
        "the id a occurs 2 times",
        "videos.csv: row 4: no such file",
        "row 4: score '70'; allowed: a number from 0 to 63",
        "row 5: video_id 'c/d'; allowed: the name of a folder",
        "row 6: score 'nan'; allowed",
    ):
        assert part in str(error_info.value)


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("video_id,path,subject,score", "", "no column partition"),
        ("video_id,path,subject,partition,score", "a,a.mp4,ann\n", "row 2: allowed are 5 cells"),
        (
            "video_id,path,subject,partition,score",
            "a,a.mp4,ann,held,\n",
            "partition 'held'; allowed: training, development, test",
        ),
        ("video_id,path,subject,partition,score", "a,a.mp4,,test,\n", "row 2: no subject"),
    ],
)
def test_a_wrong_table_is_named(tmp_path: Path, header: str, rows: str, message: str) -> None:
    _touch(tmp_path / "a.mp4")
    _videos(tmp_path, rows, header)
    with pytest.raises(CorpusError, match=message):
        list_corpus("videos", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    with pytest.raises(CorpusError, match="no such file; the layout videos needs one"):
        list_corpus("videos", tmp_path, tmp_path / "films", complete=False, scoring=BDI_II)


@pytest.mark.parametrize("column", ["subject", "session", "task", "sex", "path"])
@pytest.mark.parametrize("character", ["\r", "\n", "\x1b", "\t", "\x85"])
def test_control_characters_are_refused_with_the_row(tmp_path: Path, column: str, character: str) -> None:
    cells = {"video_id": "a", "path": "a.mp4", "subject": "s", "session": "1", "task": "t", "sex": "f"}
    cells |= {"partition": "test", "score": "7"} | {column: f"x{character}y"}
    _touch(tmp_path / cells["path"])
    with (tmp_path / "videos.csv").open("w", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([cells, cells.values()])
    shown = f"x{character}y" if column != "path" else str(tmp_path / f"x{character}y")
    message = f"videos.csv: row 2: {column} {shown!r}; allowed: no control characters, and UTF-8"
    assert [line for line in _message(tmp_path).splitlines()[1:] if line.endswith(message)]


def test_a_folder_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    _avec2014(tmp_path, tmp_path, SPELLINGS["long"])
    (tmp_path / "Training/Freeform").rename(tmp_path / "Training" / os.fsdecode(b"Fr\xe9e"))
    with pytest.raises(CorpusError, match=r"path '.*/Training/Fr\\udce9e/203_1_.*'; allowed: no control characters"):
        list_corpus("avec2014", tmp_path, tmp_path, complete=False, scoring=BDI_II)


def test_a_name_adds_no_line_to_a_message(tmp_path: Path) -> None:
    _avec2014(tmp_path, tmp_path, SPELLINGS["long"])
    for name in ("203_1\n28 Nov ERROR.csv", "205_1\n28 Nov ERROR.csv"):
        _touch(tmp_path / LABELS["training"] / name, "64")
    with pytest.raises(CorpusError) as error_info:
        list_corpus("avec2014", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    lines = str(error_info.value).splitlines()
    assert lines[0].endswith(f"{len(lines) - 1} problems")
    assert sum(r"\n28 Nov ERROR.csv" in line for line in lines) == 2


def _message(folder: Path) -> str:
    with pytest.raises(CorpusError) as error_info:
        list_corpus("videos", folder, folder, complete=False, scoring=BDI_II)
    return str(error_info.value)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("video_id;path;subject;partition;score", "a;a.mp4;ann;test;12,5"),
        ("video_id\tpath\tsubject\tpartition\tscore", "a\ta.mp4\tann\ttest\t12,5"),
        ("video_id,path,subject,partition,score", 'a,a.mp4,ann,test,"12,5"'),
        ("video_id, path, subject, partition, score", "a, a.mp4, ann, test, 12.5"),
        ("video_id,path,subject,partition,score,", "a,a.mp4,ann,test,12.5,\n,,,,,"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_tables_of_spreadsheets_are_accepted(tmp_path: Path, header: str, row: str, encoding: str) -> None:
    _touch(tmp_path / "a.mp4")
    (tmp_path / "videos.csv").write_bytes(f"{header}\r\n{row}\r\n".encode(encoding))
    _, labels, warnings = list_corpus("videos", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    assert [(label.recording, label.subject, label.partition, label.score) for label in labels] == [
        ("a", "ann", "test", 12.5)
    ]
    assert warnings == []


def test_what_is_not_available_is_unknown(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp4")
    _videos(
        tmp_path, "a,a.mp4,ann,test,NA,n/a,NA,NA,NA\n", "video_id,path,subject,partition,score,session,task,sex,age"
    )
    _, (label,), _ = list_corpus("videos", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    assert (label.score, label.session, label.task, label.sex, label.age) == (None, "", "", "", None)


@pytest.mark.parametrize("score", ["nan", "none", "-", "12;5", '"12,500"', "#N/A"])
def test_a_score_that_is_not_certain_is_named(tmp_path: Path, score: str) -> None:
    _touch(tmp_path / "a.mp4")
    _videos(tmp_path, f"a,a.mp4,ann,test,{score}\n")
    assert "row 2: score " in _message(tmp_path) and "; empty or NA if it is unknown" in _message(tmp_path)


def test_a_decimal_comma_without_quotes_is_not_cut(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp4")
    _videos(tmp_path, "a,a.mp4,ann,test,12,5\n")
    assert "row 2: allowed are 5 cells" in _message(tmp_path)
    assert "a ',' inside a cell needs quotes around the cell" in _message(tmp_path)


@pytest.mark.parametrize(
    ("content", "score"),
    [
        (b"\xff\xfe1\x002\x00", 12.0),
        (b"12.5\n", 12.5),
        (b"12,5;x\n", 12.5),
        (b'"12,5"', 12.5),
        (b"NA\n", None),
        (b"12\r", 12.0),
        (b"12,\r\n", 12.0),
        (b"12 mild, as rated\nby two\n", 12.0),
        (b".5;", 0.5),
    ],
)
def test_label_files_of_a_session(tmp_path: Path, content: bytes, score: float | None) -> None:
    _avec2013(tmp_path, SPELLINGS["long"])
    (tmp_path / "Training_DepressionLabels/203_1_Depression.csv").write_bytes(content)
    _, labels, _ = list_corpus("avec2013", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    assert {label.recording: label.score for label in labels}["203_1"] == score


@pytest.mark.parametrize(
    ("content", "message"),
    [
        *(
            (text, "'5' follows the score '12', which may be")
            for text in (b"12,5", b"12,5,", b"12, 5", b"12 5", b"12;5")
        ),
        (
            b"12,5,6",
            "'5 6' follows the score '12', which may be a part of it or another score; allowed: the score alone",
        ),
        (b"+12,5", "'5' follows the score '+12'"),
        (b"12 ,5", "'5' follows the score '12'"),
        (b"12 1/2", "'1/2' follows the score '12'"),
        ("12 \u00bd".encode(), "'\u00bd' follows the score '12'"),
        (b"1 2", "'2' follows the score '1'"),
        (b"12,5\na;b", "'5 a;b' follows the score '12'"),
        (b"12\n13", "'13' follows the score '12'"),
        (b"12\r13\r", "'13' follows the score '12'"),
        (b"score\n12\n", "'12' follows the score 'score'"),
        (b"12," + b"x" * 131_073, "no CSV: field larger than field limit (131072) (row 1)"),
        (b"\xe4", "not UTF-8"),
        (b"", "score ''; allowed"),
    ],
)
def test_a_label_file_that_is_not_certain_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    _avec2013(tmp_path, SPELLINGS["long"])
    path = tmp_path / "Training_DepressionLabels/203_1_Depression.csv"
    path.write_bytes(content)
    with pytest.raises(CorpusError) as error_info:
        list_corpus("avec2013", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    assert f"{path}: {message}" in str(error_info.value)


def test_hidden_files_and_folders_are_no_part_of_a_corpus(tmp_path: Path) -> None:
    _avec2013(tmp_path, SPELLINGS["long"])
    _touch(tmp_path / "Training/._205_1_cut_combined.mp4")
    _touch(tmp_path / ".old/Training_DepressionLabels/203_1_Depression.csv", "63")
    _touch(tmp_path / "__MACOSX/Training_DepressionLabels/203_1_Depression.csv", "63")
    _, labels, _ = list_corpus("avec2013", tmp_path, tmp_path, complete=False, scoring=BDI_II)
    assert {label.recording: label.score for label in labels} == SCORES


def test_videos_in_hidden_folders_are_no_part_of_a_corpus(tmp_path: Path) -> None:
    _avec2014(tmp_path, tmp_path, SPELLINGS["long"])
    for folder in ("Training/.Trash", "Training/@eaDir", ".Training/Freeform"):
        _touch(tmp_path / folder / "205_1_Freeform_video.mp4")
    assert len(list_corpus("avec2014", tmp_path, tmp_path, complete=False, scoring=BDI_II)[0]) == 8


@pytest.mark.parametrize(("other", "agrees"), [("12.0", True), ("12,0;", True), ("1.2e1", True), ("13", False)])
def test_two_labels_of_a_session_say_the_same_number(tmp_path: Path, other: str, agrees: bool) -> None:
    _avec2013(tmp_path, SPELLINGS["long"])
    path = tmp_path / "train_DepressionLabels/203_1_Depression.csv"
    _touch(path, other)
    if agrees:
        assert list_corpus("avec2013", tmp_path, tmp_path, complete=False, scoring=BDI_II)[1][0].score == 12
    else:
        with pytest.raises(CorpusError, match=rf"{path}: score '13', but .*Training_D.*csv says '12'"):
            list_corpus("avec2013", tmp_path, tmp_path, complete=False, scoring=BDI_II)


@pytest.mark.parametrize("link", ["same path", "symbolic link", "hard link"])
def test_a_file_that_is_listed_twice_is_refused(tmp_path: Path, link: str) -> None:
    _touch(tmp_path / "a.mp4")
    if link == "symbolic link":
        (tmp_path / "b.mp4").symlink_to("a.mp4")
    elif link == "hard link":
        (tmp_path / "b.mp4").hardlink_to(tmp_path / "a.mp4")
    other = "a.mp4" if link == "same path" else "b.mp4"
    table = tmp_path / "videos.csv"
    first = f"the same video 2 times: a ({table}: row 2, {tmp_path}/a.mp4, training), "
    _videos(tmp_path, f"a,a.mp4,ann,training,3\nb,{other},bob,test,4\n")
    assert (
        f"{first}b ({table}: row 3, {tmp_path}/{other}, test); they differ in partition (training, test), "
        "subject (ann, bob), score (3, 4); allowed: one id for each video"
    ) in _message(tmp_path)
    _videos(tmp_path, f"a,a.mp4,ann,training,3\nb,{other},ann,training,3\n")
    expected = f"{first}b ({table}: row 3, {tmp_path}/{other}, training); allowed: one id for each video"
    assert expected in _message(tmp_path)


def test_ids_and_subjects_that_look_alike_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        _touch(tmp_path / f"{name}.mp4")
    composed, decomposed = "Zo\u00eb", "Zoe\u0308"
    rows = [("film", "a", composed), ("Film", "b", decomposed), ("x", "c", "ann b"), ("y", "d", "Ann  B")]
    _videos(tmp_path, "".join(f"{name},{path}.mp4,{subject},test,1\n" for name, path, subject in rows))
    message = _message(tmp_path)
    assert "3 problems" in message
    assert "the ids 'Film', 'film' differ only by case, blanks, invisible characters or Unicode form" in message
    assert r"the subjects 'Zoe\u0308', 'Zo\xeb' differ only by case" in message
    assert "the subjects 'Ann  B', 'ann b' differ only by case" in message


TWO_SCORES = "video_id,path,subject,partition,score,phq9_followup"


def _scores(folder: Path, column: str, scale: str = "phq-9") -> dict[str, float | None]:
    scoring = Scoring(scale_of(scale), column)
    return {label.recording: label.score for label in list_corpus("videos", folder, folder, False, scoring)[1]}


def test_the_named_column_is_the_score_and_no_other_one_is_read(tmp_path: Path) -> None:
    for name in "ab":
        _touch(tmp_path / f"{name}.mp4", name)
    _videos(tmp_path, "a,a.mp4,ann,test,99,12\nb,b.mp4,bob,test,words,NA\n", TWO_SCORES)
    assert _scores(tmp_path, "phq9_followup") == {"a": 12.0, "b": None}
    with pytest.raises(CorpusError, match=r"videos\.csv: no column phq9; found: video_id"):
        _scores(tmp_path, "phq9")


def test_the_column_bdi_is_read_as_score_unless_both_are_there(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp4")
    _videos(tmp_path, "a,a.mp4,ann,test,7\n", "video_id,path,subject,partition,bdi")
    assert _scores(tmp_path, "score", "bdi-ii") == {"a": 7.0}
    with pytest.raises(CorpusError, match="no column phq9; found"):
        _scores(tmp_path, "phq9")
    _videos(tmp_path, "a,a.mp4,ann,test,7,8\n", "video_id,path,subject,partition,bdi,score")
    with pytest.raises(
        CorpusError, match=r"videos\.csv: columns score and bdi, its earlier name; allowed: one of them"
    ):
        _scores(tmp_path, "score", "bdi-ii")


@pytest.mark.parametrize(("scale", "allowed"), [("phq-8", "0 to 24 (PHQ-8)"), ("phq-9", "0 to 27 (PHQ-9)")])
def test_the_range_is_that_of_the_scale(tmp_path: Path, scale: str, allowed: str) -> None:
    _touch(tmp_path / "a.mp4")
    _videos(tmp_path, "a,a.mp4,ann,test,28\n", "video_id,path,subject,partition,score")
    with pytest.raises(CorpusError, match=rf"row 2: score '28'; allowed: a number from {re.escape(allowed)}"):
        _scores(tmp_path, "score", scale)
