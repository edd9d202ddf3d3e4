"""The content of the figure of a corpus and of the thumbnails of its worst recordings."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.detection.figure import COLOURS, draw_figure, write_figure
from pipeline.detection.measure import measure
from pipeline.detection.tables import summary
from pipeline.detection.thumbnails import draw_thumbnails, evenly_spaced, write_thumbnails
from tests.pipeline.detection.material import detection, recording, write_recording

CORPUS = [detection("r1", 5, 0.8), detection("r2"), detection("r3", 20, None)]


def _bars(figure: Figure) -> dict[str, list[float]]:
    """Return the heights of the bars of each origin, from left to right."""
    heights: dict[str, list[float]] = {origin: [] for origin in COLOURS}
    names = {to_hex(colour): origin for origin, colour in COLOURS.items()}
    for patch in figure.axes[0].patches:
        assert isinstance(patch, Rectangle)
        heights[names[to_hex(patch.get_facecolor())]].append(patch.get_height())
    return heights


def test_bars_are_sorted_by_coverage() -> None:
    figure = draw_figure(CORPUS, summary(CORPUS, broken=1))
    bars = _bars(figure)
    assert bars["absent"] == [1.0, 0.25, 0.0]
    assert bars["detected"] == [0.0, 0.75, 1.0]


def test_figure_has_counts_and_no_recording_ids() -> None:
    figure = draw_figure(CORPUS, summary(CORPUS, broken=1))
    assert figure.get_suptitle() == "4 recordings (1 broken, 1 without any face), 60 frames, 41.67 % without a face"
    texts = [text.get_text() for axes in figure.axes for text in axes.findobj(matplotlib.text.Text)]
    assert not [text for text in texts for item in CORPUS if item.recording in text or item.opaque in text]


@pytest.mark.parametrize(
    ("frames", "count", "expected"),
    [(100, 4, [12, 37, 62, 87]), (8, 8, list(range(8))), (2, 4, [0, 0, 1, 1]), (5, 1, [2]), (0, 3, [])],
)
def test_evenly_spaced(frames: int, count: int, expected: list[int]) -> None:
    assert evenly_spaced(frames, count) == expected


def test_thumbnails_show_faces_and_absent_frames_with_an_opaque_id(tmp_path: Path) -> None:
    write_recording(tmp_path, "anna", [1, 1, 1, 0, 0, 0, 3, 3, 3], confidence=[0.9, 0.9, 0.9])
    measures = measure(tmp_path / "aligned", tmp_path / "decoded", recording("anna"))
    figure = draw_thumbnails(tmp_path / "aligned", [measures], faces=3)
    first, second, third = figure.axes
    greys = [np.unique(np.asarray(axes.images[0].get_array())).tolist() for axes in (first, third)]
    assert greys == [[10], [70]]  # frames 1 and 7
    assert not second.images
    edges = [to_hex(axes.spines["left"].get_edgecolor()) for axes in figure.axes]
    assert edges == [COLOURS["detected"], COLOURS["absent"], COLOURS["interpolated"]]
    text = "\n".join(artist.get_text() for artist in figure.texts)
    assert "616e6e61\n66.7 % of 9 frames\nconfidence 0.900 (5 %)\nlongest absence 3" in text
    assert "anna" not in text


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", [1, 0], confidence=[0.9])
    detections = [measure(tmp_path / "aligned", tmp_path / "decoded", recording("a"))]
    for name, size in (("one", 9), ("two", 20)):
        with matplotlib.rc_context({"font.size": size}):
            write_figure(tmp_path / f"{name} figure", detections, summary(detections, 0))
            write_thumbnails(tmp_path / f"{name} faces", tmp_path / "aligned", detections, worst=3, faces=2)
    for kind in ("figure", "faces"):
        assert (tmp_path / f"one {kind}").read_bytes() == (tmp_path / f"two {kind}").read_bytes()


def test_empty_corpus(tmp_path: Path) -> None:
    assert draw_figure([], summary([], 2)).get_suptitle().startswith("2 recordings (2 broken")
    assert [text.get_text() for text in draw_thumbnails(tmp_path, [], 3).texts] == ["No recording was aligned"]
