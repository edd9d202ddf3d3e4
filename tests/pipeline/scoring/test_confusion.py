"""Tests of the confusion matrix: counts against scikit-learn's, the table, and the figure."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from pipeline.scoring.confusion import confusion_figure, count_bands, write_confusion, write_confusion_figure
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import summarise
from pipeline.severity.scale import scale_of
from tests.pipeline.scoring.material import prediction, subgroups

NAMES = ["minimal", "mild", "moderate", "severe"]


@pytest.fixture
def predictions() -> list[Prediction]:
    generator = np.random.default_rng(3)
    scores = generator.integers(0, 50, 60).astype(float)
    return [prediction(f"r{n}", score, float(score + generator.normal(0, 9))) for n, score in enumerate(scores)]


def _band(score: float) -> str:
    return NAMES[sum(bool(score >= edge) for edge in (13.5, 19.5, 28.5))]


def test_counts_equal_scikit_learns(predictions: list[Prediction]) -> None:
    truth = [_band(item.score or 0.0) for item in predictions]
    expected = confusion_matrix(truth, [_band(item.estimate) for item in predictions], labels=NAMES)
    np.testing.assert_array_equal(count_bands([*predictions, prediction("unscored", None, 3.0)], scale_of()), expected)


def test_table(tmp_path: Path) -> None:
    predictions = [prediction("a", 3.0, 60.0), prediction("b", 30.0, 30.0), prediction("c", 63.0, 29.0)]
    write_confusion(tmp_path / "confusion.csv", count_bands(predictions, scale_of()), scale_of())
    rows = (tmp_path / "confusion.csv").read_text().splitlines()
    assert rows[0] == "truth,estimate,videos"
    assert len(rows) == 17
    assert [row for row in rows[1:] if not row.endswith(",0")] == ["minimal,severe,1", "severe,severe,2"]


def test_every_count_and_the_worst_errors_are_in_the_figure(predictions: list[Prediction]) -> None:
    counts = count_bands(predictions, scale_of())
    summary = summarise(subgroups(predictions, 15.0), scale_of())[0]
    figure = confusion_figure(counts, summary, scale_of())
    axes = figure.axes[0]
    for text in axes.texts:
        column, row = text.get_position()
        assert text.get_text() == str(counts[int(row), int(column)])
    assert len(axes.texts) == 16
    (caption,) = (text.get_text() for text in figure.texts)
    assert (counts[3, 0], counts[0, 3]) == (1, 0)  # of 100 videos of 100 subjects: Clopper and Pearson's ends
    assert "Severe called minimal: 1 (0.0 to 5.4), minimal called severe: 0 (0.0 to 3.6)." in caption
    assert f"{summary.metrics['model', 'kappa'].value:.2f} (" in caption
    assert [label.get_text().split("\n")[0] for label in axes.get_yticklabels()] == NAMES


def test_without_scores_the_caption_says_so(tmp_path: Path) -> None:
    counts = count_bands([], scale_of())
    assert counts.sum() == 0
    assert "No test video has a score." in confusion_figure(counts, None, scale_of()).texts[0].get_text()
    write_confusion_figure(tmp_path / "confusion.png", counts, None, scale_of())
    assert (tmp_path / "confusion.png").stat().st_size > 10_000
