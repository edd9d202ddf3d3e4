"""Tests of what baselines that see no behaviour say, on differences by hand and on corpora that do or do not betray.

In the simulated corpora the truth is known: brightness depends on the score, or on nothing but the person.
"""

import logging

import numpy as np
import pytest

from pipeline.baselines.estimates import estimate_baselines
from pipeline.baselines.video_measures import METADATA
from pipeline.scoring.baselines import compare_baselines, describe, warn_about_baselines
from pipeline.scoring.subgroups import subgroups_of
from pipeline.scoring.summary import Summary, summarise
from pipeline.severity.scale import scale_of
from pipeline.statistics.interval import Interval
from tests.pipeline.baselines.views import SETTINGS, label, view
from tests.pipeline.scoring.material import labels_alone, prediction


def _rmse(to_constant: Interval, of_model: Interval) -> dict[str, Interval]:
    return {
        "metadata": Interval(9.0, 8.0, 10.0),
        "metadata minus constant": to_constant,
        "difference to metadata": of_model,
    }


BELOW, ABOUT, ABOVE = Interval(-3.0, -4.5, -1.5), Interval(-0.5, -1.5, 0.5), Interval(2.0, 1.0, 3.0)


@pytest.mark.parametrize(
    ("to_constant", "of_model", "beats_constant", "reaches_model"),
    [
        (BELOW, BELOW, True, False),
        (ABOUT, BELOW, False, False),
        (ABOUT, ABOUT, False, True),
        (ABOVE, ABOVE, False, True),
        (Interval(-0.001, -0.002, -0.0005), BELOW, False, False),  # certain, but nothing
        (Interval(-3.0, None, None), Interval(1.0, None, None), False, False),  # one subject
    ],
)
def test_a_baseline_is_telling_if_it_beats_the_constant_or_the_model_does_not_beat_it(
    to_constant: Interval, of_model: Interval, beats_constant: bool, reaches_model: bool
) -> None:
    (comparison,) = compare_baselines(_rmse(to_constant, of_model))
    assert (comparison.beats_constant, comparison.reaches_model) == (beats_constant, reaches_model)
    assert len(describe([comparison])) == beats_constant + reaches_model


def test_sentences_have_the_numbers() -> None:
    (betrayed,) = describe(compare_baselines(_rmse(BELOW, BELOW)))
    assert betrayed.startswith("The scores can be estimated without behaviour: metadata (duration, ")
    assert betrayed.endswith(
        "has an RMSE of 9.00 (8.00 to 10.00) points, and differs from the constant by -3.00 (-4.50 to -1.50)."
    )
    (reached,) = describe(compare_baselines(_rmse(ABOUT, ABOVE)))
    assert reached.startswith("The model is not shown to be better than what sees no behaviour.")
    assert reached.endswith(": 2.00 (1.00 to 3.00).")


def test_the_size_of_a_file_tells_only_where_it_reaches_the_model() -> None:
    """It may be better than the constant by behaviour, because encoders spend bytes on movement."""
    for of_model, sentences in ((BELOW, 0), (ABOVE, 1)):
        rmse = {name.replace("metadata", "file_size"): value for name, value in _rmse(BELOW, of_model).items()}
        assert len(describe(compare_baselines(rmse))) == sentences


def test_an_experiment_without_baselines_has_no_comparisons() -> None:
    assert compare_baselines({"model": ABOVE, "constant": ABOVE}) == []


def _simulate(seed: int, slope: float) -> Summary:
    """Evaluate a good model on a corpus of 60 subjects with two videos each, of whom 30 are tested.

    Every measure has a mean of the person and noise; the score moves brightness by `slope`.
    """
    random = np.random.default_rng(seed)
    scores = random.integers(0, 46, 60)
    people = random.normal(0, 1, (60, len(METADATA)))
    people[:, 2] += slope * scores
    views, labels, tested = [], [], []
    for subject, score in enumerate(scores.tolist()):
        for video in range(2):
            name, values = f"{subject}-{video}", people[subject] + random.normal(0, 0.3, len(METADATA))
            views.append(view(name, **dict(zip(METADATA, values.tolist(), strict=True))))
            if subject < 30:
                labels.append(label(name, score, f"s{subject}"))
            else:
                tested.append(prediction(name, score, score + random.normal(0, 5), subject=f"s{subject}"))
    constant = float(np.mean([item.score for item in labels if item.score is not None]))
    estimates = estimate_baselines(views, labels, SETTINGS).estimates
    return summarise(subgroups_of(tested, labels_alone(constant, constant, {}), estimates)[:1], scale_of())[0]


def test_a_corpus_that_betrays_its_scores_by_brightness_is_found(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for seed in range(4):
        caplog.clear()
        warn_about_baselines([_simulate(seed, slope=0.15)])
        assert "without behaviour: metadata (duration, frame rate, brightness" in caplog.text
        assert caplog.text.count("The scores can be estimated without behaviour") == 1


@pytest.mark.long
def test_a_corpus_that_betrays_nothing_is_seldom_accused() -> None:
    """Of 100 corpora at most 6 are accused."""
    accused = 0
    for seed in range(100):
        metrics = _simulate(seed, slope=0.0).metrics
        rmse = {estimator: interval for (estimator, name), interval in metrics.items() if name == "rmse"}
        accused += bool(describe(compare_baselines(rmse)))
    assert accused <= 6
