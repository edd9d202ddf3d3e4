"""Tests of the limits of agreement: the points, the lines and the caption."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.scoring.plot_agreement import agreement_figure, write_agreement_figure
from pipeline.scoring.summary import summarise
from pipeline.severity.scale import scale_of
from tests.pipeline.scoring.material import prediction, subgroups


def test_points_lines_and_caption() -> None:
    scores, errors = [10.0, 20, 30, 40], [1.0, 3, -1, 5]  # mean 2, variance 20 / 3
    predictions = [prediction(f"r{n}", score, score + errors[n]) for n, score in enumerate(scores)]
    summary = summarise(subgroups(predictions, 15.0), scale_of())[0]
    figure = agreement_figure([*predictions, prediction("unscored", None, 3.0)], summary, scale_of())
    axes = figure.axes[0]
    points = next(item for item in axes.collections if item.get_label() == "subject not seen in fitting")
    expected = [[10.5, 1], [21.5, 3], [29.5, -1], [42.5, 5]]
    assert np.asarray(points.get_offsets()).tolist() == expected
    reach = 1.96 * np.sqrt(20 / 3)
    heights = [float(np.asarray(line.get_ydata())[0]) for line in axes.lines]
    assert heights == pytest.approx([0, 2, 2 - reach, 2 + reach])
    caption = figure.texts[0].get_text().replace("\n", " ")
    assert "Mean difference 2.00 (" in caption
    assert f"between {2 - reach:+.1f} and {2 + reach:+.1f} points of the score" in caption


def test_no_scored_video_is_said(tmp_path: Path) -> None:
    assert agreement_figure([], None, scale_of()).texts[0].get_text() == "No test video has a score."
    write_agreement_figure(tmp_path / "agreement.png", [], None, scale_of())
    assert (tmp_path / "agreement.png").stat().st_size > 5_000
