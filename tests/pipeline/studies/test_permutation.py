"""The permutation test: worked by hand, and with toys that leak, learn, learn nothing, or know people."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.corpora.score_permutation import permute_scores
from pipeline.experiments.outcome import Outcome
from pipeline.experiments.repository import Experiment
from pipeline.records.labels import Label
from pipeline.scoring.metrics import pcc, rmse
from pipeline.studies.collect import Row
from pipeline.studies.definition import Study, StudyError, read_study
from pipeline.studies.figure import draw, write_figure
from pipeline.studies.permutation import PermutationTest, permutation_tests
from pipeline.studies.permutation_notes import LEAKS, NO_LEAK, permutation_notes
from pipeline.studies.table import markdown, table

STUDY = Study.model_validate(
    {"name": "mine", "title": "Mine", "observed": "true", "grids": [{"label": "true"}, {"label": "subjects"}]}
)
DRAWS = 19
Estimate = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # features, scores, fitted, tested


def _outcome(labels: object, error: float, r: float | None = 0.0, constant: float = 12.0) -> Outcome:
    metrics = {"rmse": error, "constant": {"rmse": constant}, **({} if r is None else {"pcc": r})}
    return Outcome(Experiment("one", "0"), {"corpus": {"labels": labels}}, metrics, {}, {}, None, {})


def _rows(true: Outcome, *draws: Outcome, wanted: int | None = None) -> list[Row]:
    return [Row("true", {}, (true,), 1, ()), Row("subjects", {}, draws, wanted or len(draws), ())]


def test_the_place_of_the_true_result_worked_by_hand() -> None:
    # Of 4 draws, one has an RMSE of at most 10 and two have an r of at least 0.1.
    draws = [_outcome("permuted_subjects", *pair) for pair in ((9.0, 0.1), (11.0, 0.2), (13.0, -0.1), (15.0, -0.2))]
    (test,) = permutation_tests(STUDY, _rows(_outcome(True, 10.0, 0.1), *draws))
    assert test.pcc is not None
    assert (test.rmse.p.value, test.pcc.p.value) == (2 / 5, 3 / 5)
    # Clopper and Pearson for 1 of 4: the ends solve 1 - (1 - q)^4 = 0.025 and (1 - q)^4 + 4 q (1 - q)^3 = 0.025.
    low, high = test.rmse.p.low, test.rmse.p.high
    assert low == pytest.approx(1 - 0.975**0.25)
    assert high is not None and (1 - high) ** 4 + 4 * high * (1 - high) ** 3 == pytest.approx(0.025)
    # Differences to the constant of 12: -3, -1, 1, 3; mean 0, deviation 2.582; t(3, 0.995) = 5.841.
    assert test.excess.value == 0
    assert test.excess.high == pytest.approx(5.8409 * 2.58199 / 2, rel=1e-4)


def test_the_best_of_nineteen_draws() -> None:
    draws = [_outcome("permuted_subjects", 12.0 + 0.1 * n, 0.01 * (n - 9)) for n in range(DRAWS)]
    rows = _rows(_outcome(True, 6.0, 0.9), *draws)
    (test,) = permutation_tests(STUDY, rows)
    assert test.rmse.p.value == 0.05 and test.is_outside and not test.leaks
    assert test.rmse.p.high == pytest.approx(1 - 0.025 ** (1 / 19))
    (_, note) = permutation_notes(STUDY, rows)
    assert "RMSE on the true scores is 6.00; of 19 draws, which reach from 12.00 to 13.80, none is as good" in note
    assert "the videos say something about the scores (p = 0.050)" in note and NO_LEAK in note


def test_an_unfinished_study_has_too_few_draws() -> None:
    rows = _rows(_outcome(True, 6.0), *(_outcome("permuted_subjects", 12.0 + n) for n in range(3)), wanted=19)
    assert (
        "of 3 of 19 draws, which reach from 12.00 to 14.00, none is as good: too few draws for a p of 0.05."
        in (permutation_notes(STUDY, rows)[1])
    )
    assert permutation_tests(STUDY, _rows(_outcome(True, 6.0), _outcome("permuted_subjects", 12.0))) == []
    assert permutation_tests(STUDY, rows[1:]) == []  # without the true result
    assert permutation_notes(STUDY.model_copy(update={"observed": None}), rows) == []


def test_without_r_there_are_p_and_figure_of_the_errors(tmp_path: Path) -> None:
    draws = [_outcome("permuted_subjects", 12.0 + 0.1 * n, None) for n in range(DRAWS)]
    rows = _rows(_outcome(True, 6.0, 0.9), *draws)
    (test,) = permutation_tests(STUDY, rows)
    assert test.pcc is None and test.mean_pcc is None and not test.leaks
    assert "p of r" not in table(STUDY, rows)[0]
    assert len(draw(STUDY, rows).axes) == 1
    assert write_figure(tmp_path / "figure.png", STUDY, rows)


# Toys: 60 subjects with 1 to 3 sessions of two videos. A feature vector is a face (of the subject) and its behaviour,
# of which the first number may tell the score.


def _corpus(known_people: bool) -> list[Label]:
    """Return a corpus whose partitions share no subject, or share subjects, whose sessions then have similar scores."""
    random = np.random.default_rng(7)
    labels: list[Label] = []
    for subject in range(60):
        usual = random.uniform(5, 58)
        for visit in range(1 + subject % 3):
            part = (subject // 3 + (visit if known_people else 0)) % 3
            score = usual + random.uniform(-5, 5) if known_people else float(random.integers(0, 64))
            partition = "test" if part == 0 else "training"
            labels += [Label(f"{subject}_{visit}_{t}", str(subject), str(visit), t, partition, score) for t in "ab"]
    return labels


def _features(labels: Sequence[Label], cue: float) -> np.ndarray:
    random = np.random.default_rng(8)
    faces = {label.subject: random.normal(size=8) for label in labels}
    behaviour = random.normal(size=(len(labels), 8))
    behaviour[:, 0] += cue * np.array([label.score or 0.0 for label in labels]) / 10
    return np.hstack([2.0 * np.array([faces[label.subject] for label in labels]), behaviour])


def _nearest(features: np.ndarray, scores: np.ndarray, fitted: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Return the score of the most similar fitted video, which repeats it and so memorises noise."""
    distances = ((features[tested, None] - features[None, fitted]) ** 2).sum(-1)
    return scores[fitted][distances.argmin(1)]


def _ridge(features: np.ndarray, scores: np.ndarray, fitted: np.ndarray, tested: np.ndarray) -> np.ndarray:
    x, y = features[fitted, 8:], scores[fitted]
    centred = x - x.mean(0)
    weights = np.linalg.solve(centred.T @ centred + 10 * np.eye(x.shape[1]), centred.T @ (y - y.mean()))
    return y.mean() + (features[tested, 8:] - x.mean(0)) @ weights


def _leaky(features: np.ndarray, scores: np.ndarray, fitted: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """The nearest neighbour with every sixth test video in fitting."""
    return _nearest(features, scores, np.concatenate([fitted, tested[::6]]), tested)


def _result(labels: Sequence[Label], features: np.ndarray, estimate: Estimate, control: object) -> Outcome:
    scores = np.array([label.score for label in labels], np.float64)
    is_test = np.array([label.partition == "test" for label in labels])
    fitted, tested = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    estimates, truth = estimate(features, scores, fitted, tested), scores[tested]
    error, constant = rmse(truth, estimates), rmse(truth, np.full(len(truth), scores[fitted].mean()))
    assert error is not None and constant is not None
    return _outcome(control, error, pcc(truth, estimates), constant)


def _toy(estimate: Estimate, cue: float, unit: str, known_people: bool = False) -> PermutationTest:
    labels = _corpus(known_people)
    features = _features(labels, cue)
    draws = [
        _result(permute_scores(labels, unit, draw), features, estimate, f"permuted_{unit}") for draw in range(1, 20)
    ]
    (test,) = permutation_tests(STUDY, _rows(_result(labels, features, estimate, True), *draws))
    return test


@pytest.mark.parametrize("unit", ["subjects", "sessions"])
def test_test_videos_in_the_training_set_are_caught(unit: str) -> None:
    test = _toy(_leaky, cue=1.0, unit=unit)
    assert test.leaks
    assert test.excess.value > 0  # the error alone would pass: the memorised noise outweighs the leak
    assert LEAKS[f"permuted_{unit}"].startswith("LEAK")


def test_a_leak_of_all_test_videos_is_below_the_constant() -> None:
    test = _toy(lambda x, y, fitted, tested: _nearest(x, y, np.concatenate([fitted, tested]), tested), 0.0, "sessions")
    assert test.leaks and test.excess.high is not None and test.excess.high < 0
    assert test.rmse.p.value > 0.05  # perfect on any scores


def test_permuting_fitted_scores_alone_passes_the_leak() -> None:
    """The control before this one: tested scores stayed true, and the leaked copies in fitting were permuted away."""
    labels = _corpus(known_people=False)
    features = _features(labels, cue=0.0)
    random = np.random.default_rng(1)
    fitted_part = [label for label in labels if label.partition != "test"]

    def leaky_with_permuted_copies(x: np.ndarray, y: np.ndarray, fitted: np.ndarray, tested: np.ndarray) -> np.ndarray:
        copies, rows = random.permutation(y[tested]), len(y) + np.arange(len(tested))
        return _nearest(np.vstack([x, x[tested]]), np.append(y, copies), np.append(fitted, rows), tested)

    draws = []
    for number in range(1, 20):
        permuted = {label.recording: label for label in permute_scores(fitted_part, "sessions", number)}
        mixed = [replace(label, score=permuted.get(label.recording, label).score) for label in labels]
        draws.append(_result(mixed, features, leaky_with_permuted_copies, "permuted_sessions"))
    (test,) = permutation_tests(STUDY, _rows(_result(labels, features, _leaky, True), *draws))
    assert not test.leaks


@pytest.mark.parametrize("unit", ["subjects", "sessions"])
def test_what_is_learned_lies_outside_and_nothing_leaks(unit: str) -> None:
    test = _toy(_ridge, cue=1.0, unit=unit)
    assert test.is_outside and not test.leaks
    assert test.rmse.p.value == 0.05 and test.pcc is not None and test.pcc.p.value == 0.05


@pytest.mark.parametrize("unit", ["subjects", "sessions"])
def test_where_nothing_can_be_learned_the_true_result_lies_inside(unit: str) -> None:
    test = _toy(_ridge, cue=0.0, unit=unit)
    assert not test.is_outside and not test.leaks


def test_people_known_by_their_faces_show_among_subjects_alone() -> None:
    by_subject, by_session = (_toy(_nearest, 0.0, unit, known_people=True) for unit in ("subjects", "sessions"))
    assert by_subject.leaks and not by_session.leaks
    assert "PEOPLE KNOWN" in LEAKS[str(by_subject.labels)]


def test_the_study_of_the_project_and_an_unknown_label(tmp_path: Path) -> None:
    study = read_study("permutation")
    assert {len(grid.values["corpus.permutation"]) for grid in study.grids[1:]} == {19}
    (tmp_path / "wrong.yaml").write_text("{name: a, title: b, observed: truth, grids: [{label: true scores}]}")
    with pytest.raises(StudyError, match=r"observed is 'truth'; allowed: the label of a grid \(true scores\)"):
        read_study(str(tmp_path / "wrong.yaml"))


def test_the_table_and_the_figure_show_the_test(tmp_path: Path) -> None:
    draws = [_outcome("permuted_subjects", 12.0 + 0.1 * n, 0.01 * (n - 9)) for n in range(DRAWS)]
    rows = _rows(_outcome(True, 6.0, 0.9), *draws)
    headings, cells = table(STUDY, rows)
    assert cells[1][headings.index("p of RMSE")] == "0.05 (0.00 to 0.18)"
    assert cells[0][headings.index("p of RMSE")] == ""
    assert cells[1][headings.index("experiments")] == "one, one, one, one, one and 14 more"
    assert NO_LEAK in markdown(STUDY, rows)
    errors, correlations = draw(STUDY, rows).axes
    shown = {line.get_label(): list(np.asarray(line.get_xdata())) for line in errors.lines}
    assert shown["runs on permuted scores"] == [12.0 + 0.1 * n for n in range(DRAWS)]
    assert shown["run on the true scores"] == [6.0, 6.0]
    assert [list(np.asarray(line.get_xdata())) for line in correlations.lines][1] == [0.9, 0.9]
    assert write_figure(tmp_path / "figure.png", STUDY, rows)
