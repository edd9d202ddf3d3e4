"""Differences between the rows of a study: paired, adjusted for their number, and how sure the order is."""

import numpy as np
import pytest

from pipeline.comparing.multiplicity import holm
from pipeline.comparing.seeded import seeded_difference
from pipeline.experiments.outcome import Outcome
from pipeline.statistics.errors import rmse
from pipeline.studies.collect import Row
from pipeline.studies.contrasts import contrast_notes, contrasts
from pipeline.studies.definition import Study
from pipeline.studies.table import csv_table, markdown
from tests.pipeline.studies.material import off_by, outcome, rows

STUDY = Study.model_validate({"name": "mine", "title": "Mine", "repeats": ["finetune.seed"], "grids": [{}]})


def _p(first: Row, second: Row) -> float:
    assert first.models is not None and second.models is not None
    difference = seeded_difference(first.models, second.models, rmse)
    assert difference is not None and difference.p is not None
    return difference.p


def _repeated(error: float, validation: float | None = None) -> list[Outcome]:
    return [off_by(error + step, seed, validation) for seed, step in ((1, 0.0), (2, 0.2), (3, -0.2))]


def test_without_validation_all_differences_count() -> None:
    table = rows(x=_repeated(4), y=_repeated(3), z=_repeated(6))
    found = contrasts(STUDY, table)
    assert found is not None
    # y has the lowest RMSE on the test partition; that choice was among all three differences
    assert (found.reference, found.by_validation, found.compared, found.pairs) == ("y", False, 3, 3)
    assert found.differences[1] is None and found.adjusted[1] is None
    raw = [_p(table[1], table[0]), _p(table[1], table[2])]
    assert [found.adjusted[0], found.adjusted[2]] == pytest.approx(holm(raw, 3))
    assert found.adjusted[2] == pytest.approx(3 * raw[1])
    assert sum(share or 0 for share in found.firsts) == pytest.approx(1)
    assert found.firsts[1] is not None and found.firsts[1] > 0.9
    notes = " ".join(contrast_notes(found))
    assert "Differences are paired, to y, which has the lowest RMSE on the test partition" in notes
    assert "Holm's, over all 3 differences between two rows, since they chose that row" in notes
    assert "draws of other subjects and other seeds" in notes
    assert "3 rows were looked at" in notes and "not counting the luck of training" not in notes


def test_a_row_chosen_by_validation_is_compared_with_the_others_alone() -> None:
    table = rows(x=_repeated(4, validation=5.0), y=_repeated(3, validation=6.0), z=_repeated(6, validation=7.0))
    found = contrasts(STUDY, table)
    assert found is not None
    assert (found.reference, found.by_validation, found.pairs) == ("x", True, 2)
    raw = [_p(table[0], table[1]), _p(table[0], table[2])]
    assert [found.adjusted[1], found.adjusted[2]] == pytest.approx(holm(raw))
    assert "to x, which ranks first by validation RMSE" in contrast_notes(found)[0]


def test_the_table_has_the_columns() -> None:
    table = rows(x=_repeated(4), y=_repeated(3), z=_repeated(6))
    text = markdown(STUDY, table)
    assert "| RMSE minus that of y | p (Holm) | ranks first |" in text
    columns, lines = csv_table(STUDY, table)
    numbers = [dict(zip(columns, line, strict=True)) for line in lines]
    assert [line["ranks_first"] != "" for line in numbers] == [True] * 3
    assert [line["p_holm"] == "" for line in numbers] == [False, True, False]
    found = contrasts(STUDY, table)
    assert found is not None and found.differences[0] is not None
    assert float(str(numbers[0]["rmse_difference_low"])) == pytest.approx(found.differences[0].low, abs=1e-4)


def test_controls_and_other_videos_are_not_compared() -> None:
    table = rows(x=_repeated(4), y=_repeated(3))
    assert contrasts(STUDY.model_copy(update={"ranked": False}), table) is None
    other = rows(x=_repeated(4), y=[outcome("other", {"d1": (1, 2), "e1": (3, 4)})])
    assert contrasts(STUDY, other) is None
    three = rows(x=_repeated(4), y=_repeated(3), other=[outcome("other", {"d1": (1, 2), "e1": (3, 4)})])
    found = contrasts(STUDY, three)
    assert found is not None and found.compared == 2 and found.firsts[2] is None
    assert "ranks first" not in markdown(STUDY.model_copy(update={"ranked": False}), table)


def test_single_runs_claim_nothing_of_configurations() -> None:
    found = contrasts(STUDY, rows(x=[off_by(4)], y=[off_by(3)], z=[off_by(6)]))
    assert found is not None and not found.seeds_known
    notes = " ".join(contrast_notes(found))
    assert "a difference between these runs is real" in notes
    assert "draws of other subjects alone" in notes and "not counting the luck of training" in notes


def test_luck_is_that_of_the_best_of_equal_ones() -> None:
    generator = np.random.default_rng(0)
    subjects = "abcdefghijklmnopqrstuvwxyz"
    labels = "uvwxyz"
    videos = [{name: (10.0, 10 + float(generator.normal(0, 5))) for name in subjects} for _ in labels]
    table = rows(**{label: [outcome(label, items)] for label, items in zip(labels, videos, strict=True)})
    found = contrasts(STUDY, table)
    assert found is not None and found.luck is not None
    # RMSE of 26 independent errors of deviation 5 has a standard error of 5 / sqrt(52); the largest of 6 normal numbers
    # is expected at 1.267
    assert found.luck == pytest.approx(1.267 * 5 / 52**0.5, rel=0.25)
