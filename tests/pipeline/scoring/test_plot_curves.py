"""Tests of the estimate over time: the choice of videos, and the figure."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection

from pipeline.records.estimates import SpanEstimate, VideoEstimate
from pipeline.scoring.plot_curves import choose_videos, curves_figure, write_curves_figure
from pipeline.severity.scale import scale_of
from tests.pipeline.scoring.material import prediction


def test_videos_are_chosen_by_their_scores_alone() -> None:
    nine = [prediction(f"r{n}", float(n), 50.0 - n) for n in range(9)]
    severe = [prediction("s1", 40.0, 3.0), prediction("s2", 40.0, 5.0)]
    unusable = [prediction("no clip", 15.0, 9.0, clips=0), prediction("unscored", None, 15.0)]
    names = {
        band: [item.recording for item in items]
        for band, items in choose_videos([*unusable, *severe, *nine], scale_of()).items()
    }
    assert names == {"minimal": ["r1", "r4", "r7"], "mild": [], "moderate": [], "severe": ["s1", "s2"]}
    other_estimates = [prediction(item.recording, item.score, 99.0) for item in [*nine, *severe]]
    assert {
        band: [i.recording for i in items] for band, items in choose_videos(other_estimates[::-1], scale_of()).items()
    } == names


def test_every_span_is_a_line_over_its_seconds(tmp_path: Path) -> None:
    item = prediction("r1", 30.0, 25.0, frames=24)
    spans = (SpanEstimate(0, 0, 16, 16, 20.0), SpanEstimate(0, 8, 16, 8, 70.0))
    chosen = {"minimal": [], "mild": [], "moderate": [], "severe": [item]}
    arguments = (chosen, [VideoEstimate("r1", spans), VideoEstimate("other", ())], {"r1": 4.0}, scale_of())
    panels = curves_figure(*arguments).axes
    assert len(panels) == 12
    panel = panels[9]
    assert _segments(panel) == [[[0.0, 20.0], [4.0, 20.0]], [[2.0, 70.0], [6.0, 70.0]]]
    assert [np.asarray(line.get_ydata()).tolist() for line in panel.lines] == [[25.0, 25.0], [30.0, 30.0]]
    assert panel.get_title() == "score 30, estimate 25.0"
    assert panel.get_ylim()[1] > 70
    assert {axes.get_ylim() for axes in panels} == {panel.get_ylim()}  # one scale for all
    assert [axes.get_title() for axes in panels[:3]] == ["no video", "", ""]
    assert not any("r1" in text.get_text() for axes in panels for text in axes.texts)
    write_curves_figure(tmp_path / "a.png", *arguments)
    write_curves_figure(tmp_path / "b.png", *arguments)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_clip_of_a_looped_video_ends_with_the_video() -> None:
    item = prediction("r1", 30.0, 25.0, frames=12)  # 6 in each phase
    video = VideoEstimate("r1", (SpanEstimate(0, 0, 6, 6, 20.0),))
    panel = curves_figure({"severe": [item]}, [video], {"r1": 3.0}, scale_of()).axes[9]
    assert _segments(panel) == [[[0.0, 20.0], [2.0, 20.0]]]


def _segments(panel: Axes) -> list[list[list[float]]]:
    """The lines of the spans of a panel, as points."""
    (spans,) = panel.collections
    assert isinstance(spans, LineCollection)
    return [np.asarray(segment).tolist() for segment in spans.get_segments()]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 1), (1, 1), (5, 1)], [[0.0, 0.25], [0.25, 0.5], [1.25, 1.5]]),  # single frames; three show no face
        ([(0, 16), (16, 16)], [[0.0, 4.0], [4.0, 8.0]]),
        ([(0, 40)], [[0.0, 10.0]]),  # the whole video
    ],
)
def test_spans_of_every_length_are_lines_of_their_length(
    spans: list[tuple[int, int]], expected: list[list[float]]
) -> None:
    item = prediction("r1", 30.0, 25.0, clips=len(spans), frames=40)
    video = VideoEstimate("r1", tuple(SpanEstimate(0, start, length, length, 20.0) for start, length in spans))
    panel = curves_figure({"severe": [item]}, [video], {"r1": 4.0}, scale_of()).axes[9]
    assert [[point[0] for point in segment] for segment in _segments(panel)] == expected
    assert len(panel.lines) == 2  # the estimate of the video, and the score


def test_spans_narrower_than_a_pixel_are_visible() -> None:
    """5,000 single frames around 20 points, a few of them at 40: both levels are drawn."""
    item = prediction("r1", 30.0, 25.0, clips=5000, frames=5000)
    spans = tuple(SpanEstimate(0, frame, 1, 1, 40.0 if frame % 10 == 0 else 20.0) for frame in range(5000))
    figure = curves_figure({"severe": [item]}, [VideoEstimate("r1", spans)], {"r1": 30.0}, scale_of())
    panel = figure.axes[9]
    for line in panel.lines:
        line.set_visible(False)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    blue = np.asarray(canvas.buffer_rgba())[:, :, 0] < 250
    height = blue.shape[0]
    left, right = (int(x) for x in panel.get_window_extent().intervalx)
    for level in (20.0, 40.0):
        row = height - 1 - int(panel.transData.transform((0, level))[1])
        columns = blue[row - 1 : row + 2, left + 3 : right - 3].any(axis=0)
        assert columns.mean() > 0.9, level
