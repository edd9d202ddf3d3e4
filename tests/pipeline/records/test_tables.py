"""The tables of recordings and labels: written and read back; errors name the wrong row."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.records.labels import Label, read_labels, write_labels
from pipeline.records.recordings import Recording, read_recordings, write_recordings
from pipeline.records.tables import parse_rows, read_rows, write_rows


def test_recordings_are_read_as_written_sorted_by_id(tmp_path: Path) -> None:
    recordings = [
        Recording("b_1", Path("videos/b, 1.mp4"), 12, "f" * 64),
        Recording("a_1", Path("/x/a.mp4"), 3, "0" * 64),
    ]
    write_recordings(tmp_path / "recordings.csv", recordings)
    assert read_recordings(tmp_path / "recordings.csv") == recordings[::-1]


@pytest.mark.parametrize("name", ["", "a/b", ".hidden"])
def test_an_id_must_be_a_valid_folder_name(name: str) -> None:
    with pytest.raises(ValueError, match="allowed: the name of a folder"):
        Recording(name, Path("x.mp4"), 1, "0")


def test_labels_are_read_as_written(tmp_path: Path) -> None:
    labels = [
        Label("203_1_Freeform", "203", "1", "Freeform", "training", 12.0),
        Label("x", "s", "", "", "test", None),
        Label("y", "s", "", "", "test", 7.5),
    ]
    write_labels(tmp_path / "labels.csv", labels)
    assert read_labels(tmp_path / "labels.csv") == labels
    assert (tmp_path / "labels.csv").read_text().splitlines()[1] == "203_1_Freeform,203,1,Freeform,training,12"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,s,1,t,train,3", r"labels\.csv: row 2: x: partition 'train'; allowed: training, development, test"),
        ("x,s,1,t,test,nan", r"labels\.csv: row 2: x: score nan; allowed: a finite number, or empty"),
        ("x,s,1,t,test,low", r"labels\.csv: row 2: could not convert string to float: 'low'"),
        ("x,s,1,t,test", r"labels\.csv: row 2: allowed are 6 cells"),
    ],
)
def test_the_error_for_a_wrong_label_names_file_and_row(tmp_path: Path, row: str, message: str) -> None:
    (tmp_path / "labels.csv").write_text(f"recording,subject,session,task,partition,score\n{row}\n")
    with pytest.raises(ValueError, match=message):
        read_labels(tmp_path / "labels.csv")


def test_the_error_for_a_missing_column_names_it(tmp_path: Path) -> None:
    (tmp_path / "recordings.csv").write_text("recording,path\n")
    with pytest.raises(ValueError, match=r"recordings\.csv: no column bytes, sha256; found: recording, path"):
        read_recordings(tmp_path / "recordings.csv")


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,two\n",
        "a;b\r\n1;two\r\n",
        "a\tb\r1\ttwo\r",
        '"a";"b"\n"1";"two"\n',
        "\na, b\n1, two",
        ' a , b \n1, "two"\n',
        "a,b,,\n1,two,,\n,,,\n\n",
    ],
)
def test_tables_of_spreadsheets_are_read(text: str) -> None:
    rows = [row for _, row in parse_rows(text, "table.csv", ("a", "b"))]
    assert [{name: cell.strip() for name, cell in row.items()} for row in rows] == [{"a": "1", "b": "two"}]


def test_rows_are_named_by_the_lines_of_the_file() -> None:
    text = 'a,b\n\n1,"two\nlines"\n,\n3,4\n'
    assert list(parse_rows(text, "table.csv", ("a", "b"))) == [
        (3, {"a": "1", "b": "two\nlines"}),
        (6, {"a": "3", "b": "4"}),
    ]
    with pytest.raises(ValueError, match=r"table\.csv: row 6: allowed are 2 cells, a, b; found: 3; a ',' inside"):
        list(parse_rows(text.replace("3,4", "3,4,5"), "table.csv", ("a", "b")))


HEADER, ROW = "video_id,path,subject,partition,score,sex,age", "b,b.mp4,t,training,7"


@pytest.mark.parametrize("rows", ["a,a.mp4,s,training,12,5,,", f"{ROW},,\na,a.mp4,s,training,12,5,,"])
@pytest.mark.parametrize("end", ["", ","])  # the whole table may have an unnamed column
def test_a_decimal_comma_does_not_hide_in_empty_cells(rows: str, end: str) -> None:
    lines = [line + end for line in (HEADER, *rows.splitlines())]
    number = len(lines)
    with pytest.raises(
        ValueError, match=rf"t\.csv: row {number}: allowed are {7 + len(end)} cells, .*; a ',' inside a"
    ):
        list(parse_rows("\n".join(lines), "t.csv", ("video_id", "score")))


@pytest.mark.parametrize(("header", "row", "count"), [(HEADER, f"{ROW},,,", 7), (f"{HEADER},", f"{ROW},,", 8)])
def test_a_row_has_as_many_cells_as_the_header(header: str, row: str, count: int) -> None:
    with pytest.raises(ValueError, match=rf"t\.csv: row 2: allowed are {count} cells, {HEADER.replace(',', ', ')}"):
        list(parse_rows(f"{header}\n{row}\n", "t.csv", ("video_id", "score")))


def test_a_cell_that_is_too_long_is_named() -> None:
    with pytest.raises(ValueError, match=r"t\.csv: no CSV: field larger than field limit .* \(row 2\)"):
        list(parse_rows(f"a,b\n1,{'x' * 131_073}\n", "t.csv", ("a", "b")))


TEXT = st.text(st.characters(blacklist_categories=("Cc", "Cs")))  # what `ingest` accepts in a subject or path


@given(st.lists(st.tuples(TEXT, TEXT), max_size=3))
@example([(' "a",;\t', "'b\n\u2028"), ("", "")])
def test_a_table_is_read_as_written(cells: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write_rows(path, ("id", "a", "b"), [("x", *pair) for pair in cells])
        assert [(row["a"], row["b"]) for _, row in read_rows(path, ("id", "a", "b"))] == cells


def test_a_cell_of_our_own_tables_keeps_its_blanks() -> None:
    assert list(parse_rows("a,b\n x, y \n", "table.csv", ("a", "b"))) == [(2, {"a": " x", "b": " y "})]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,b\n1,2,3\n", "several columns are called b; allowed: each name once"),
        ("a;b; b\n1;2;3\n", "several columns are called b; allowed: each name once"),
        ("a|b\n1|2\n", r"no column a, b; found: a\|b"),
        ("", "no column a, b; found: an empty file"),
        ('a,b\n1,2\n"3,4\n', r"no CSV: unexpected end of data \(row 3\)"),
    ],
)
def test_a_table_that_is_not_certain_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"table\.csv: {message}"):
        list(parse_rows(text, "table.csv", ("a", "b")))
