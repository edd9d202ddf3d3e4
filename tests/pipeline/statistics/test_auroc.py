"""The area under the ROC curve: by hand, against scikit-learn, and how often its interval contains the true value."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from pipeline.statistics.auroc import auroc

POSITIVE = np.array([True, True, True, False, False, False])
ESTIMATE = np.array([4.0, 2.0, 5.0, 1.0, 3.0, 2.0])
SUBJECTS = ["a", "a", "b", "b", "c", "d"]


def test_area_and_interval_by_hand() -> None:
    """Obuchowski's variance, worked out with fractions.

    Shares of negative videos (1, 3, 2) below the positive ones 4, 2, 5: 1, 1/2, 1; the area is 5/6. Shares of positive
    videos above the negative ones 1, 3, 2: 1, 2/3, 5/6. Less the area, summed by subject: positive a -1/6, b 1/6;
    negative b 1/6, c -1/6, d 0. Two subjects have positive videos, three negative ones, four are in all:
    S10 = 2 / (1 x 3) x 2/36 = 1/27, S01 = 3 / (2 x 3) x 2/36 = 1/36, S11 = 4/3 x (1/6 x 1/6) = 1/27, and the variance
    1/81 + 1/108 + 2/243 = 29/972. Student's t has one degree of freedom: its quantile is tan(0.475 pi).
    """
    area = auroc(POSITIVE, ESTIMATE, SUBJECTS)
    assert area is not None and area.value == pytest.approx(5 / 6)
    reach = math.tan(0.475 * math.pi) * math.sqrt(29 / 972) / (5 / 36)
    ends = [1 / (1 + math.exp(-(math.log(5) + side * reach))) for side in (-1, 1)]
    assert [area.low, area.high] == pytest.approx(ends)


@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_that_of_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    positive = generator.random(80) < 0.3
    estimate = np.round(generator.normal(size=80) + positive, 1)  # with ties
    area = auroc(positive, estimate, [str(number // 2) for number in range(80)])
    assert area is not None and area.value == pytest.approx(roc_auc_score(positive, estimate))


def test_with_one_video_a_subject_the_variance_is_delongs() -> None:
    """DeLong's variance is s10 / m + s01 / n, of the variances of both kinds of placements (Biometrics 44, 1988)."""
    generator = np.random.default_rng(3)
    positive = np.arange(40) < 15
    estimate = generator.normal(size=40) + positive
    area = auroc(positive, estimate, [str(number) for number in range(40)])
    below = [np.mean(estimate[~positive] < value) for value in estimate[positive]]
    above = [np.mean(estimate[positive] > value) for value in estimate[~positive]]
    error = math.sqrt(np.var(below, ddof=1) / 15 + np.var(above, ddof=1) / 25)
    assert area is not None and area.low is not None and area.high is not None
    width = math.log(area.high / (1 - area.high)) - math.log(area.low / (1 - area.low))
    expected = 2 * stats.t.ppf(0.975, 14) * error / (area.value * (1 - area.value))
    assert width == pytest.approx(
        expected,
    )  # no subject has videos of both kinds


def test_what_gives_no_area_or_no_interval() -> None:
    assert auroc(np.array([True, True]), np.array([1.0, 2.0]), ["a", "b"]) is None
    assert auroc(np.array([], bool), np.array([]), []) is None
    few = auroc(POSITIVE, ESTIMATE, ["a", "a", "a", "b", "b", "b"])
    assert few is not None and few.low is None and few.why == "there are fewer than 3 subjects"
    perfect = auroc(POSITIVE, POSITIVE.astype(float), SUBJECTS)
    assert perfect is not None and (perfect.value, perfect.low) == (1.0, None) and "at its bound" in perfect.why
    one_kind = auroc(POSITIVE, ESTIMATE, ["a", "a", "a", "b", "c", "d"])
    assert one_kind is not None and one_kind.low is None and "fewer than two subjects have positive" in one_kind.why


@pytest.mark.parametrize(("subjects", "area"), [(20, 0.75), (40, 0.9)])
def test_the_interval_contains_the_true_area(subjects: int, area: float) -> None:
    """Three videos a subject, alike in estimate and kind: normal estimates, as far apart as gives the area."""
    generator = np.random.default_rng(subjects)
    owner = np.repeat(np.arange(subjects), 3)
    covered = []
    for _ in range(300):
        own_kind, own_estimate = (generator.normal(size=subjects)[owner] for _ in range(2))
        positive = own_kind * math.sqrt(0.6) + generator.normal(size=len(owner)) * math.sqrt(0.4) > 0.5
        noise = own_estimate * math.sqrt(0.5) + generator.normal(size=len(owner)) * math.sqrt(0.5)
        interval = auroc(positive, noise + positive * math.sqrt(2) * stats.norm.ppf(area), owner.astype(str).tolist())
        if interval is not None and interval.low is not None and interval.high is not None:
            covered.append(interval.low <= area <= interval.high)
    assert len(covered) > 290
    assert 0.92 <= np.mean(covered) <= 0.995
