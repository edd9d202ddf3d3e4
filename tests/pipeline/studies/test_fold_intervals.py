"""CV+ intervals: by hand, by the coverage of a simulation with subjects of several videos, and in folds of a study."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.experiments import outcome as outcomes
from pipeline.experiments.outcome import Outcome
from pipeline.experiments.repository import Experiment
from pipeline.records.predictions import ScoredEstimate
from pipeline.studies.fold_intervals import cv_plus, fold_errors, fold_notes, guarantee


@pytest.mark.parametrize(
    ("estimates", "errors", "level", "expected"),
    [
        ([10.0, 20.0], [[1.0, 2.0], [3.0]], 75, (8.0, 23.0)),  # third of 11 12 23; first of 9 8 17
        ([10.0, 20.0], [[1.0, 2.0], [3.0]], 50, (9.0, 12.0)),  # second of 11 12 23; second of 8 9 17
        ([10.0, 20.0], [[1.0, 2.0], [3.0]], 80, None),  # ceil(4 x 0.8) = 4 of 3
        ([5.0] * 4, [[1.0], [2.0], [3.0], [4.0]], 80, (1.0, 9.0)),  # jackknife+, all models alike: 5 +- 4
    ],
)
def test_by_hand(
    estimates: list[float], errors: list[list[float]], level: int, expected: tuple[float, float] | None
) -> None:
    assert cv_plus(estimates, errors, level) == expected


def test_the_promise_by_hand() -> None:
    assert guarantee(90, subjects=50, folds=50) == pytest.approx(80)  # jackknife+: 1 - 2 a
    assert guarantee(90, subjects=50, folds=5) == pytest.approx(80 - 100 * 1.6 / 11)
    assert guarantee(90, subjects=1000, folds=5) == pytest.approx(80 - 100 * 1.6 / 201)
    assert guarantee(52, subjects=10, folds=5) == 0.0  # 4 less 100 x (1 - 5 / 10) / 6


def test_the_coverage_of_a_new_person_in_a_simulation() -> None:
    """Models are the means of the other folds: 25 people in 5 folds, drawn from a skewed distribution."""
    generator = np.random.default_rng(5)
    covered = []
    for _ in range(3000):
        scores = generator.gamma(1.5, 10, 26)
        parts = scores[:25].reshape(5, 5)
        models = [float(np.delete(parts, fold, 0).mean()) for fold in range(5)]
        errors = [np.abs(part - model).tolist() for part, model in zip(parts, models, strict=True)]
        ends = cv_plus(models, errors, 80)
        assert ends is not None
        covered.append(ends[0] <= scores[25] <= ends[1])
    assert 100 * np.mean(covered) >= guarantee(80, 25, 5)
    assert np.mean(covered) == pytest.approx(0.81, abs=0.03)  # ceil(26 x 0.8) = 21 of 26


def _outcome(fold: int) -> Outcome:
    return Outcome(Experiment(f"fold-{fold}", None), {}, {}, {}, {}, None, {})


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[ScoredEstimate]]:
    """The estimates of three folds with two subjects each, of errors 1 to 6; the second video of each errs the same."""
    estimates = {
        f"fold-{fold}": [
            ScoredEstimate(f"r{fold}{subject}{video}", f"s{fold}{subject}", 20.0, 21.0 + 2 * fold + subject, 1)
            for subject in range(2)
            for video in range(2)
        ]
        for fold in range(3)
    }
    monkeypatch.setattr(outcomes, "read_estimates", lambda experiment: estimates[experiment.name])
    return estimates


def test_each_subject_has_one_error_in_one_fold(read: dict[str, list[ScoredEstimate]]) -> None:
    folds = [_outcome(fold) for fold in range(3)]
    assert fold_errors(folds) == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    (note,) = fold_notes(folds, folds=3)
    assert "from one error of each of 6 subjects" in note
    assert "at level 80 %: 6.0 points (promised: 48 %)." in note  # ceil(7 x 0.8) = 6; 60 - 100 x (1 - 3 / 6) / 4
    assert "90 %" not in note  # needs 9 subjects


def test_only_finished_folds_of_one_partitioning_have_intervals(read: dict[str, list[ScoredEstimate]]) -> None:
    folds = [_outcome(fold) for fold in range(3)]
    assert fold_notes(folds[:2], folds=3) == []
    assert fold_errors(folds[:1]) == []
    read["fold-2"] = [replace(item, subject="s00") for item in read["fold-2"]]
    assert fold_errors(folds) == []


def test_estimates_that_are_not_in_the_cache_give_no_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert fold_notes([_outcome(0), _outcome(1)], folds=2) == []
