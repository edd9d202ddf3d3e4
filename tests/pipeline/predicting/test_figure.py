"""The figure of a video: its clips and faces over time, the severity bands, and the notes below."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.image import imread

from pipeline.predicting.figure import DPI, HEIGHT, WIDTH, clock, draw_figure, write_figure
from pipeline.severity.scale import scale_of
from tests.pipeline.predicting.material import WITH_FACE, WITHOUT_FACE


def test_clips_and_faces_are_drawn_over_time() -> None:
    axes: list[Any] = draw_figure(WITH_FACE).axes
    top, bottom = axes
    spans = [np.asarray(segment).tolist() for segment in top.collections[0].get_segments()]
    assert spans == [[[0.0, 10.5], [4.0, 10.5]], [[6.0, 33.75], [10.0, 33.75]]]
    assert top.lines[0].get_ydata() == [18.25, 18.25]
    (stairs,) = bottom.patches
    np.testing.assert_array_equal(stairs.get_data().values, [1, 1, 0, 1, 1])
    np.testing.assert_allclose(stairs.get_data().edges, [0, 2, 4, 6, 8, 10])
    assert bottom.get_xlim() == top.get_xlim() == (0.0, 10.0)


def test_the_bands_are_named() -> None:
    axes: list[Any] = draw_figure(WITH_FACE).axes
    top = axes[0]
    names = [text.get_text().replace("\N{EN DASH}", "-") for text in top.texts]
    assert names == ["minimal 0-13", "mild 14-19", "moderate 20-28", "severe 29-63"]
    edges = [patch.get_bbox().y0 for patch in top.patches]
    assert edges == pytest.approx([-2.0, 13.5, 19.5, 28.5])


def test_a_demonstration_has_no_bands() -> None:
    figure = draw_figure(replace(WITH_FACE, demonstration=True))
    axes: list[Any] = figure.axes
    assert [text.get_text() for text in axes[0].texts] == []
    assert len(axes[0].patches) == 0
    assert "talk.mp4: 18.2 (demonstration), a face" in figure.get_suptitle()


def test_notes_are_written_below() -> None:
    text = " ".join(item.get_text().replace("\n", " ") for item in draw_figure(WITH_FACE).texts)
    assert "talk.mp4: 18.2 (mild), a face in 80 % of 75 frames" in text
    assert "A face in only 80 % of the frames. This is no diagnosis" in text


def test_the_reason_is_written_if_there_is_no_estimate() -> None:
    figure = draw_figure(WITHOUT_FACE)
    assert "No estimate: no face was found" in [text.get_text() for text in figure.axes[0].texts]
    assert "no estimate" in figure.get_suptitle()


def test_estimates_beyond_63_are_drawn() -> None:
    high = replace(WITH_FACE, spans=tuple(replace(span, estimate=span.estimate + 40) for span in WITH_FACE.spans))
    assert draw_figure(high).axes[0].get_ylim() == (-2.0, 75.75)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ba$$in.mkv", "Ba$$in.mkv: "),
        ("$\\frac{1}{$.mp4", "$\\frac{1}{$.mp4: "),
        ("new\nline.mkv", "new\\nline.mkv: "),
        ("x" * 100 + "_take_2.mkv", "x" * 36 + "..." + "x" * 9 + "_take_2.mkv:\n"),
    ],
)
def test_the_name_of_a_file_is_shown_as_it_is(tmp_path: Path, name: str, shown: str) -> None:
    estimate = replace(WITH_FACE, video=Path("films") / name)
    assert draw_figure(estimate).get_suptitle() == f"{shown}18.2 (mild), a face in 80 % of 75 frames"
    write_figure(tmp_path / "figure.png", estimate)
    assert imread(tmp_path / "figure.png").shape[:2] == (HEIGHT * DPI, WIDTH * DPI)


def test_no_title_is_cut_off() -> None:
    figure = draw_figure(replace(WITH_FACE, video=Path("M" * 100)))  # the widest letter
    (title,) = [text for text in figure.texts if text.get_text() == figure.get_suptitle()]
    assert title.get_window_extent().x1 < figure.bbox.x1


def test_equal_estimates_give_equal_bytes(tmp_path: Path) -> None:
    write_figure(tmp_path / "one.png", WITH_FACE)
    with pyplot.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        write_figure(tmp_path / "two.png", WITH_FACE)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]
    assert imread(tmp_path / "one.png").shape[:2] == (HEIGHT * DPI, WIDTH * DPI)


@pytest.mark.parametrize(
    ("seconds", "tenths", "expected"),
    [(0, False, "0:00"), (59.7, False, "1:00"), (3125, False, "52:05"), (3.24, True, "0:03.2"), (61.5, True, "1:01.5")],
)
def test_times(seconds: float, tenths: bool, expected: str) -> None:
    assert clock(seconds, tenths) == expected


def test_the_figure_follows_the_scale() -> None:
    estimate = replace(WITH_FACE, scale=scale_of("phq-9"), score=18.25)
    figure = draw_figure(estimate)
    axes = figure.axes[0]
    assert axes.get_ylabel() == "Estimated PHQ-9 score"
    assert [text.get_text().replace("\n", " ") for text in axes.texts][3:] == [
        "moderately severe 15\N{EN DASH}19",
        "severe 20\N{EN DASH}27",
    ]
    assert "18.2 (moderately severe)" in figure.get_suptitle()
    assert not any("BDI" in text.get_text() for text in figure.texts)
