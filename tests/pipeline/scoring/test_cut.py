"""The measures at one cut: counted by hand, against scikit-learn, and as files."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from pipeline.scoring.cut import balanced_accuracy, cut_metrics, measures_at, write_cut
from pipeline.statistics.proportions import clopper_pearson
from tests.pipeline.scoring.material import prediction, subgroups

# score, estimate: at a cut of 10 the first four are positive; three of them and one other are called so.
PAIRS = [(10, 9.5), (12, 20), (20, 9.4), (27, 15), (9, 10), (4, 3), (0, 2), (7, 9.4), (9, 1)]
PREDICTIONS = [prediction(f"r{n}", score, estimate, subject=f"s{n}") for n, (score, estimate) in enumerate(PAIRS)]


def test_measures_by_hand_and_against_scikit_learn() -> None:
    items = {item.measure: item for item in measures_at(subgroups(PREDICTIONS, 9.0), 10.0) if item.subgroup == "all"}
    positive = [score >= 10 for score, _ in PAIRS]
    called = [estimate >= 9.5 for _, estimate in PAIRS]
    assert list(items) == ["auroc", "balanced accuracy", "sensitivity", "specificity"]
    assert items["sensitivity"].interval.value == 3 / 4
    assert items["specificity"].interval.value == 4 / 5
    assert items["balanced accuracy"].interval.value == pytest.approx((3 / 4 + 4 / 5) / 2)
    assert items["balanced accuracy"].interval.value == pytest.approx(balanced_accuracy_score(positive, called))
    assert items["auroc"].interval.value == pytest.approx(roc_auc_score(positive, [estimate for _, estimate in PAIRS]))
    assert [items[name].videos for name in items] == [9, 9, 4, 5]
    low, high = items["sensitivity"].interval.low, items["sensitivity"].interval.high
    assert low is not None and high is not None
    exact = clopper_pearson(3, 4)  # as if the number of subjects were known exactly; few subjects widen it
    assert 0 < low <= exact[0] + 0.05 and exact[1] - 0.05 <= high < 1


def test_the_interval_of_the_balanced_accuracy_by_hand() -> None:
    """Four subjects with two positive and two negative videos each: the jackknife on the logit scale."""
    positive = np.tile([True, True, False, False], 4)
    rights = [(2, 2), (1, 2), (2, 1), (1, 1)]  # videos of a subject that are called rightly: positive, negative
    called = np.concatenate([np.arange(2) < p if kind else np.arange(2) >= n for p, n in rights for kind in (1, 0)])
    interval = balanced_accuracy(positive, called).interval([name for name in "abcd" for _ in range(4)])
    assert interval is not None and interval.low is not None and interval.high is not None
    assert interval.value == pytest.approx((6 / 8 + 6 / 8) / 2)

    def logit(value: float) -> float:
        return math.log(value / (1 - value))

    without = np.array([logit((12 - p - n) / 12) for p, n in rights])  # three subjects have twelve videos
    error = math.sqrt(3 / 4 * ((without - without.mean()) ** 2).sum())
    centre = (logit(interval.low) + logit(interval.high)) / 2
    assert centre == pytest.approx(logit(0.75))
    reach = (logit(interval.high) - logit(interval.low)) / 2
    degrees = 2 / (2 / 3 + stats.kurtosis(without, bias=False) / 4)  # Satterthwaite, from the fourth moment
    assert reach / error == pytest.approx(stats.t.ppf(0.975, degrees))


def test_the_files_have_values_and_ends(tmp_path: Path) -> None:
    items = measures_at(subgroups(PREDICTIONS, 9.0), 10.0)
    write_cut(tmp_path / "cut.csv", items, 10.0)
    with (tmp_path / "cut.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["subgroup"] for row in rows} == {"all", "unseen"} and {row["cut"] for row in rows} == {"10"}
    assert next(row["value"] for row in rows if row["measure"] == "sensitivity") == "0.7500"
    metrics = cut_metrics(items, 10.0)
    assert metrics["score"] == 10.0
    assert set(metrics) == {"score", "auroc", "balanced accuracy", "sensitivity", "specificity"}
    sensitivity = metrics["sensitivity"]
    assert isinstance(sensitivity, dict) and set(sensitivity) == {"value", "low", "high"}


def test_a_cut_that_nobody_reaches_has_a_specificity_alone() -> None:
    items = [item for item in measures_at(subgroups(PREDICTIONS, 9.0), 60.0) if item.subgroup == "all"]
    assert [item.measure for item in items] == ["specificity"]
