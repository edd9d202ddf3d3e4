"""Tests of figure 5: its content, and equal files for equal content."""

import struct
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from pipeline.scoring.plot_scatter import figure5, write_figure5
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.summary import Summary, summarise
from pipeline.severity.scale import scale_of
from tests.pipeline.scoring.material import prediction, subgroups

CONSTANT = 15.0


@pytest.fixture
def predictions() -> list[Prediction]:
    generator = np.random.default_rng(0)
    return [
        prediction(f"r{number}", float(score), float(15 + 0.6 * (score - 15) + generator.normal(0, 5)), seen=number < 8)
        for number, score in enumerate(generator.integers(0, 50, 24))
    ]


def _summary(predictions: list[Prediction]) -> Summary | None:
    return next(iter(summarise(subgroups(predictions, CONSTANT), scale_of())), None)


def _text(figure: Figure) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def _chunks(path: Path) -> set[str]:
    data, offset, chunks = path.read_bytes(), 8, set()
    while offset < len(data):
        length, kind = struct.unpack_from(">I4s", data, offset)
        chunks.add(kind.decode())
        offset += length + 12
    return chunks


def test_every_video_with_a_score_is_a_point_and_seen_subjects_have_another_marker(
    predictions: list[Prediction],
) -> None:
    figure = figure5([*predictions, prediction("unscored", None, 5.0)], CONSTANT, _summary(predictions), scale_of())
    groups = {str(points.get_label()): points for points in figure.axes[0].collections}
    shapes = []
    for label, seen in (("subject not seen in fitting", False), ("subject seen in fitting", True)):
        points = groups[label]
        expected = [(item.score or 0.0, item.estimate) for item in predictions if item.seen is seen]
        np.testing.assert_allclose(np.asarray(points.get_offsets()), expected)
        shapes.append(len(np.asarray(points.get_paths()[0].vertices)))
    assert shapes[0] != shapes[1]


def test_the_caption_gives_the_metrics_with_their_intervals(predictions: list[Prediction]) -> None:
    summary = _summary(predictions)
    assert summary is not None
    text = _text(figure5(predictions, CONSTANT, summary, scale_of()))
    for name in ("pcc", "rmse"):
        interval = summary.metrics["model", name]
        assert f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})" in text
    assert "Test videos: 24, subjects: 24." in text
    assert f"the constant's RMSE {summary.metrics['constant', 'rmse'].value:.2f}" in text


def test_bands_are_named_and_both_lines_drawn(predictions: list[Prediction]) -> None:
    axes = figure5(predictions, CONSTANT, _summary(predictions), scale_of()).axes[0]
    assert [text.get_text() for text in axes.texts] == [
        "minimal",
        "0\N{EN DASH}13",
        "mild",
        "14\N{EN DASH}19",
        "moderate",
        "20\N{EN DASH}28",
        "severe",
        "29\N{EN DASH}63",
    ]
    lines = {str(line.get_label()): np.asarray(line.get_ydata()) for line in axes.lines}
    assert lines["constant, 15.0"].tolist() == [15.0, 15.0]
    identity = next(line for line in axes.lines if line.get_label() == "estimate equals score")
    np.testing.assert_array_equal(identity.get_xdata(), identity.get_ydata())


def test_an_estimate_outside_the_scale_is_in_the_figure() -> None:
    outliers = [prediction("r1", 5.0, -30.0), prediction("r2", 50.0, 90.0)]
    low, high = figure5(outliers, CONSTANT, _summary(outliers), scale_of()).axes[0].get_ylim()
    assert low < -30
    assert high > 90


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([], "No test video has a score."), ([12.0], "Pearson's r is not defined, RMSE 2.00 (no interval)")],
)
def test_with_too_few_videos_the_caption_says_so(tmp_path: Path, scores: list[float], expected: str) -> None:
    predictions = [prediction("r1", score, score + 2) for score in scores]
    assert expected in _text(figure5(predictions, CONSTANT, _summary(predictions), scale_of()))
    write_figure5(tmp_path / "figure5.png", predictions, CONSTANT, _summary(predictions), scale_of())
    assert (tmp_path / "figure5.png").stat().st_size > 10_000


def test_equal_figures_are_equal_files(tmp_path: Path, predictions: list[Prediction]) -> None:
    summary = _summary(predictions)
    write_figure5(tmp_path / "a.png", predictions, CONSTANT, summary, scale_of())
    with matplotlib.rc_context({"font.size": 20, "savefig.dpi": 50, "axes.facecolor": "black"}):
        write_figure5(tmp_path / "b.png", predictions, CONSTANT, summary, scale_of())
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert _chunks(tmp_path / "a.png") == {"IHDR", "pHYs", "IDAT", "IEND"}  # no text, no time
    write_figure5(tmp_path / "c.png", [*predictions, prediction("one more", 60.0, 40.0)], CONSTANT, summary, scale_of())
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "c.png").read_bytes()


def test_the_axes_are_those_of_the_scale() -> None:
    """PHQ-9: 0 to 27 with a margin, and five bands, whose names are above the frame."""
    predictions = [prediction("r1", 3.0, 5.0), prediction("r2", 22.0, 18.0)]
    axes = figure5(predictions, 9.0, None, scale_of("phq-9")).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("PHQ-9 score", "Estimated PHQ-9 score")
    assert -2 < axes.get_xlim()[0] < 0 and 27 < axes.get_xlim()[1] < 29
    names = [text.get_text().replace("\n", " ") for text in axes.texts][::2]
    assert names == ["minimal", "mild", "moderate", "moderately severe", "severe"]
