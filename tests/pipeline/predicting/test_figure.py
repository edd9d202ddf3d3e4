"""The figure of a video: its clips and faces where they belong, and what must be known beside them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.image import imread

from pipeline.predicting.figure import DOTS, HEIGHT, WIDTH, clock, figure, write_figure
from tests.pipeline.predicting.material import FOUND, UNSEEN


def test_clips_and_faces_lie_in_time() -> None:
    axes: list[Any] = figure(FOUND).axes
    above, below = axes
    clips = [line.get_xydata().tolist() for line in above.lines[:2]]
    assert clips == [[[0.0, 10.5], [4.0, 10.5]], [[6.0, 33.75], [10.0, 33.75]]]
    assert above.lines[2].get_ydata() == [18.25, 18.25]
    (stairs,) = below.patches
    np.testing.assert_array_equal(stairs.get_data().values, [1, 1, 0, 1, 1])
    np.testing.assert_allclose(stairs.get_data().edges, [0, 2, 4, 6, 8, 10])
    assert below.get_xlim() == above.get_xlim() == (0.0, 10.0)


def test_the_bands_are_named() -> None:
    axes: list[Any] = figure(FOUND).axes
    above = axes[0]
    names = [text.get_text().replace("\N{EN DASH}", "-") for text in above.texts]
    assert names == ["minimal 0-13", "mild 14-19", "moderate 20-28", "severe 29-63"]
    edges = [patch.get_bbox().y0 for patch in above.patches]
    assert edges == pytest.approx([-2.0, 13.5, 19.5, 28.5])


def test_what_must_be_known_stands_below() -> None:
    words = " ".join(text.get_text().replace("\n", " ") for text in figure(FOUND).texts)
    assert "talk.mp4: 18.2 (mild), a face in 80 % of 75 frames" in words
    assert "A face in only 80 % of the frames. This is no diagnosis" in words


def test_without_an_estimate_it_says_why() -> None:
    drawn = figure(UNSEEN)
    assert "No estimate: no face was found" in [text.get_text() for text in drawn.axes[0].texts]
    assert "no estimate" in drawn.get_suptitle()


def test_estimates_beyond_the_scale_are_drawn() -> None:
    far = replace(FOUND, spans=tuple(replace(span, estimate=span.estimate + 40) for span in FOUND.spans))
    assert figure(far).axes[0].get_ylim() == (-2.0, 75.75)


def test_equal_estimates_give_equal_bytes(tmp_path: Path) -> None:
    write_figure(tmp_path / "one.png", FOUND)
    with pyplot.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        write_figure(tmp_path / "two.png", FOUND)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]
    assert imread(tmp_path / "one.png").shape[:2] == (HEIGHT * DOTS, WIDTH * DOTS)


@pytest.mark.parametrize(
    ("seconds", "tenths", "expected"),
    [(0, False, "0:00"), (59.7, False, "1:00"), (3125, False, "52:05"), (3.24, True, "0:03.2"), (61.5, True, "1:01.5")],
)
def test_times(seconds: float, tenths: bool, expected: str) -> None:
    assert clock(seconds, tenths) == expected
