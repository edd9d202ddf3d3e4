"""Rows over seeds and folds: both sources of noise in the table, and seeds lent to rows without repeats."""

import pytest

from pipeline.comparing.repeats import gather_repeats, read_run
from pipeline.comparing.seeded import seeded_value, seeds_of
from pipeline.statistics.errors import rmse
from pipeline.studies.collect import Row
from pipeline.studies.definition import Study
from pipeline.studies.table import csv_table, markdown
from tests.pipeline.studies.material import off_by, outcome, rows

STUDY = Study.model_validate(
    {"name": "mine", "title": "Mine", "ranked": False, "repeats": ["finetune.seed"], "grids": [{}]}
)


def test_a_row_over_seeds_has_the_interval_of_subjects_and_seeds() -> None:
    (row,) = rows(one=[off_by(3, seed=1), off_by(4, seed=2), off_by(5, seed=3)])
    spread = row.metric("mae")
    assert spread is not None
    values = [(2 * error + error + 2) / 3 for error in (3, 4, 5)]
    assert spread.values == pytest.approx(values)
    assert (spread.value, spread.deviation) == pytest.approx((14 / 3, 1))
    assert spread.low is not None and spread.high is not None and spread.low < 14 / 3 - 1.96 / 3**0.5
    assert row.metric("mae", "seen") is None  # neither intervals.csv nor metrics.json has it
    text = markdown(STUDY, [row])
    assert f"4.67 ({spread.low:.2f} to {spread.high:.2f}; 3 seeds, sd 1.00)" in text
    assert "standard deviation between models that differ in finetune.seed." in text
    assert "pretrain.seed was not varied: the luck of pretraining is in no interval." in text
    columns, (cells,) = csv_table(STUDY, [row])
    numbers = dict(zip(columns, cells, strict=True))
    assert (numbers["mae"], numbers["mae_deviation"]) == ("4.6667", "1.0000")
    assert (numbers["mae_low"], numbers["mae_high"]) == (f"{spread.low:.4f}", f"{spread.high:.4f}")
    assert (numbers["rmse_constant"], numbers["rmse_constant_deviation"]) == ("12.0000", "")


def test_a_row_of_one_model_takes_the_seeds_of_the_others() -> None:
    repeated, single = rows(repeated=[off_by(3, seed=1), off_by(5, seed=2)], single=[off_by(4)])
    spread = single.metric("rmse")
    alone = seeded_value(gather_repeats("single", [read_run(single.outcomes[0])]), rmse)
    assert repeated.models is not None and single.models is not None
    borrowed = seeded_value(single.models, rmse, seeds_of(repeated.models, rmse))
    assert spread is not None and alone is not None and borrowed is not None
    assert (spread.low, spread.high) == (borrowed.interval.low, borrowed.interval.high)
    assert spread.low is not None and alone.interval.low is not None and spread.low < alone.interval.low
    assert spread.values == ()
    text = markdown(STUDY, [repeated, single])
    assert "One model, with what seeds do taken from the rows with several: single." in text


def test_single_runs_say_that_seeds_were_not_varied() -> None:
    assert "Seeds were not varied" in markdown(STUDY, rows(x=[off_by(3)], y=[off_by(4)]))
    assert "Seeds were not varied" not in markdown(STUDY, rows(x=[off_by(3), off_by(4, seed=2)]))


FOLDS = (
    outcome("f0", {"a1": (10, 13), "a2": (20, 23)}, fold=0, constant=3.0),
    outcome("f1", {"b1": (30, 29), "c1": (5, 6)}, fold=1, constant=4.0),
)
FURTHER = (
    outcome("g0", {"a1": (10, 15), "a2": (20, 25)}, fold=0, seed=2, constant=3.0),
    outcome("g1", {"b1": (30, 27), "c1": (5, 8)}, fold=1, seed=2, constant=4.0),
)


def test_folds_are_pooled() -> None:
    (row,) = rows(folds=list(FOLDS))
    spread = row.metric("rmse")
    assert spread is not None
    assert spread.value == pytest.approx(((9 + 9 + 1 + 1) / 4) ** 0.5)
    assert spread.values == () and spread.low is not None
    constant = row.metric("rmse", estimator="constant")  # pooled as well, not the mean 3.5
    assert constant is not None and constant.value == pytest.approx(((2 * 9 + 2 * 16) / 4) ** 0.5)
    text = markdown(STUDY, [row])
    assert "Over folds: all videos together, each estimated by the model that was not fitted to its subject." in text
    assert "Seeds were not varied" in text


def test_folds_of_several_seeds_are_pooled_within_a_seed() -> None:
    (row,) = rows(folds=[*FOLDS, *FURTHER])
    spread = row.metric("mae")
    assert spread is not None and spread.values == (2.0, 4.0)
    assert "3.00 (" in markdown(STUDY, [row]) and "2 seeds, sd 1.41)" in markdown(STUDY, [row])


def test_unfinished_folds_are_not_pooled() -> None:
    row = Row("folds", {}, FOLDS, 3, ())
    spread = row.metric("rmse")
    assert spread is not None and spread.low is None and (len(spread.values), spread.kind) == (2, "folds")
