"""Tests of reading predictions.csv."""

from pathlib import Path

import pytest

from pipeline.records.predictions import COLUMNS, PARSED_COLUMNS, ScoredEstimate, parse_predictions, read_predictions

HEADER = "recording,subject,session,seen,task,score,estimate,clips,coverage,frames,absent\n"
ROWS = "b_1,b,1,no,,20.5,17.0000,0,0.0000,16,16\na_1,a,1,yes,Freeform,12,7.2500,3,1.0000,40,0\n"
ESTIMATES = [
    ScoredEstimate("b_1", "b", 20.5, 17.0, 0, seen=False),
    ScoredEstimate("a_1", "a", 12.0, 7.25, 3, seen=True),
]


def test_the_table_is_read_in_its_order(tmp_path: Path) -> None:
    (tmp_path / "predictions.csv").write_text(HEADER + ROWS)
    assert parse_predictions(HEADER + ROWS, "table") == read_predictions(tmp_path / "predictions.csv") == ESTIMATES
    assert parse_predictions(HEADER, "table") == []
    assert set(PARSED_COLUMNS) < set(COLUMNS) == set(HEADER.strip().split(","))


def test_other_columns_are_not_needed() -> None:
    (parsed,) = parse_predictions("subject,recording,clips,estimate,score\na,a_1,3,7.25,12\n", "table")
    assert parsed == ScoredEstimate("a_1", "a", 12.0, 7.25, 3)
    assert parsed.seen is None  # an older table does not say


@pytest.mark.parametrize("column", PARSED_COLUMNS)
def test_a_missing_column_is_named(column: str) -> None:
    columns = [name for name in PARSED_COLUMNS if name != column]
    with pytest.raises(ValueError, match=f"^main: results/predictions.csv: no column {column}; found: {columns[0]}"):
        parse_predictions(",".join(columns) + "\n", "main: results/predictions.csv")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a_1,a,twelve,7.25,3", "could not convert string to float: 'twelve'"),
        ("a_1,a,12,,3", "could not convert string to float: ''"),
        ("a_1,a,12,7.25,3.5", "invalid literal for int"),
        ("a_1,a,12,nan,3", "a_1: score 12.0, estimate nan; allowed: finite numbers"),
        ("a_1,a,inf,7.25,3", "a_1: score inf, estimate 7.25; allowed: finite numbers"),
        ("a_1,a,12,7.25", "allowed are 5 cells"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, message: str) -> None:
    text = f"{','.join(PARSED_COLUMNS)}\nb_1,b,3,4,1\n{row}\n"
    with pytest.raises(ValueError, match=f"^table: row 3: {message}"):
        parse_predictions(text, "table")
    path = tmp_path / "predictions.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"predictions\.csv: row 3: {message}"):
        read_predictions(path)


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_bytes("recording,subject,score,estimate,clips\né,a,1,2,3\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"predictions\.csv: not UTF-8"):
        read_predictions(path)


def test_the_earlier_name_of_the_column_of_scores_is_read() -> None:
    (parsed,) = parse_predictions("recording,subject,bdi,estimate,clips\na_1,a,12,7.25,3\n", "table")
    assert parsed == ScoredEstimate("a_1", "a", 12.0, 7.25, 3)
    with pytest.raises(ValueError, match=r"^table: columns score and bdi, its earlier name; allowed: one of them$"):
        parse_predictions("recording,subject,bdi,score,estimate,clips\n", "table")
