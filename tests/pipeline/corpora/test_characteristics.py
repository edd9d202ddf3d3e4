"""The characteristics of subjects, worked by hand: people counted once, scores of sessions, nobody named."""

import csv
from pathlib import Path

import pytest

from pipeline.corpora.characteristics import write_characteristics
from pipeline.records.labels import Label
from pipeline.severity.scale import scale_of

LABELS = [
    Label("a1F", "ann", "1", "Freeform", "training", 10, "f", 30),
    Label("a1N", "ann", "1", "Northwind", "training", 10, "f", 30),  # the same session
    Label("a2", "ann", "2", "", "test", 20, "f", 32),
    Label("b1", "bob", "1", "", "training", 14, "m", None),
    Label("b2", "bob", "2", "", "training", None, "m", None),
    Label("c", "cy", "", "", "development", 40),  # without a session: one by itself
    Label("d1", "di", "", "", "test", 0, "f", 51),
    Label("d2", "di", "", "", "test", 4, "m", 51),  # as written: no sex can be told
]


@pytest.fixture
def table(tmp_path: Path) -> dict[str, list[str]]:
    """The cells of training, development, test and all, by characteristic."""
    write_characteristics(tmp_path / "characteristics.csv", LABELS, scale_of())
    header, *rows = csv.reader((tmp_path / "characteristics.csv").read_text().splitlines())
    assert header == ["characteristic", "training", "development", "test", "all"]
    return {name: cells for name, *cells in rows}


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("subjects", ["2", "1", "2", "4"]),
        ("sessions", ["3", "1", "3", "7"]),
        ("videos", ["4", "1", "3", "8"]),
        ("videos_without_score", ["1", "0", "0", "1"]),
        ("subjects_in_training", ["2", "0", "1", "2"]),  # ann is tested, too
        ("subjects_in_development", ["0", "1", "0", "1"]),
        ("subjects_in_test", ["1", "0", "2", "2"]),
        ("sessions_with_score", ["2", "1", "3", "6"]),
        ("score_mean", ["12.00", "40.00", "8.00", "14.67"]),  # 88 / 6
        ("score_sd", ["2.83", "", "10.58", "14.29"]),  # of 10 14; 20 0 4
        ("score_lowest", ["10.00", "40.00", "0.00", "0.00"]),
        ("score_first_quartile", ["11.00", "40.00", "2.00", "5.50"]),  # of 0 4 10 14 20 40: a quarter from 4 to 10
        ("score_median", ["12.00", "40.00", "4.00", "12.00"]),
        ("score_third_quartile", ["13.00", "40.00", "12.00", "18.50"]),
        ("score_highest", ["14.00", "40.00", "20.00", "40.00"]),
        ("band_minimal", ["1", "0", "2", "3"]),
        ("band_mild", ["1", "0", "0", "1"]),
        ("band_moderate", ["0", "0", "1", "1"]),
        ("band_severe", ["0", "1", "0", "1"]),
        ("sex_f", ["1", "", "1", "1"]),
        ("sex_f/m", ["", "", "1", "1"]),
        ("sex_m", ["1", "", "", "1"]),
        ("sex_unknown", ["", "1", "", "1"]),
        ("age_known", ["1", "", "2", "2"]),
        ("age_mean", ["30.0", "", "41.5", "40.8"]),  # ann is 30, 30 and 32: 30.67; di is 51
        ("age_sd", ["", "", "13.4", "14.4"]),
        ("age_lowest", ["30", "", "32", "30.7"]),
        ("age_highest", ["30", "", "51", "51"]),
    ],
)
def test_a_characteristic_by_hand(table: dict[str, list[str]], name: str, cells: list[str]) -> None:
    assert table[name] == cells


def test_the_table_names_nobody(table: dict[str, list[str]]) -> None:
    assert len(table) == 28
    text = " ".join([*table, *(cell for cells in table.values() for cell in cells)])
    assert not [name for label in LABELS for name in (label.recording, label.subject) if f" {name} " in f" {text} "]


def test_a_corpus_without_sex_age_and_scores(tmp_path: Path) -> None:
    write_characteristics(tmp_path / "characteristics.csv", [Label("a", "ann", "", "", "test", None)], scale_of())
    rows = {row[0]: row[1:] for row in csv.reader((tmp_path / "characteristics.csv").read_text().splitlines())}
    assert rows["sex_unknown"] == ["", "", "1", "1"]
    assert rows["sessions_with_score"] == ["0", "0", "0", "0"]
    assert not [name for name in rows if name.startswith(("score", "age"))]
