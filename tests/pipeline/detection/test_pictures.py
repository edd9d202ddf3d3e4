"""The figure of a corpus and the picture of its worst recordings: what is drawn."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.detection.figure import COLOURS, figure, write_figure
from pipeline.detection.measure import measure
from pipeline.detection.tables import summary
from pipeline.detection.thumbnails import evenly_spaced, thumbnails, write_thumbnails
from tests.pipeline.detection.material import detection, recording, write_recording

CORPUS = [detection("r1", 5, 0.8), detection("r2"), detection("r3", 20, None)]


def _bars(drawn: Figure) -> dict[str, list[float]]:
    """Heights of the bars of each origin, from left to right."""
    found: dict[str, list[float]] = {origin: [] for origin in COLOURS}
    names = {to_hex(colour): origin for origin, colour in COLOURS.items()}
    for patch in drawn.axes[0].patches:
        assert isinstance(patch, Rectangle)
        found[names[to_hex(patch.get_facecolor())]].append(patch.get_height())
    return found


def test_recordings_stand_in_the_order_of_their_coverage() -> None:
    drawn = figure(CORPUS, summary(CORPUS, broken=1))
    bars = _bars(drawn)
    assert bars["absent"] == [1.0, 0.25, 0.0]
    assert bars["detected"] == [0.0, 0.75, 1.0]


def test_the_figure_counts_and_names_nobody() -> None:
    drawn = figure(CORPUS, summary(CORPUS, broken=1))
    assert drawn.get_suptitle() == "4 recordings (1 broken, 1 without any face), 60 frames, 41.67 % without a face"
    words = [text.get_text() for axes in drawn.axes for text in axes.findobj(matplotlib.text.Text)]
    assert not [word for word in words for found in CORPUS if found.recording in word or found.opaque in word]


@pytest.mark.parametrize(
    ("frames", "wanted", "expected"),
    [(100, 4, [12, 37, 62, 87]), (8, 8, list(range(8))), (2, 4, [0, 0, 1, 1]), (5, 1, [2]), (0, 3, [])],
)
def test_frames_are_evenly_spaced(frames: int, wanted: int, expected: list[int]) -> None:
    assert evenly_spaced(frames, wanted) == expected


def test_a_row_shows_faces_and_absences_under_an_opaque_id(tmp_path: Path) -> None:
    write_recording(tmp_path, "anna", [1, 1, 1, 0, 0, 0, 3, 3, 3], sure=[0.9, 0.9, 0.9])
    found = measure(tmp_path / "aligned", tmp_path / "decoded", recording("anna"))
    drawn = thumbnails(tmp_path / "aligned", [found], faces=3)
    first, second, third = drawn.axes
    shown = [np.unique(np.asarray(axes.images[0].get_array())).tolist() for axes in (first, third)]
    assert shown == [[10], [70]]  # frames 1 and 7
    assert not second.images
    edges = [to_hex(axes.spines["left"].get_edgecolor()) for axes in drawn.axes]
    assert edges == [COLOURS["detected"], COLOURS["absent"], COLOURS["interpolated"]]
    words = "\n".join(text.get_text() for text in drawn.texts)
    assert "616e6e61\n66.7 % of 9 frames\nconfidence 0.900 (5 %)\nlongest absence 3" in words
    assert "anna" not in words


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", [1, 0], sure=[0.9])
    found = [measure(tmp_path / "aligned", tmp_path / "decoded", recording("a"))]
    for name, size in (("one", 9), ("two", 20)):
        with matplotlib.rc_context({"font.size": size}):
            write_figure(tmp_path / f"{name} figure", found, summary(found, 0))
            write_thumbnails(tmp_path / f"{name} faces", tmp_path / "aligned", found, worst=3, faces=2)
    for kind in ("figure", "faces"):
        assert (tmp_path / f"one {kind}").read_bytes() == (tmp_path / f"two {kind}").read_bytes()


def test_an_empty_corpus_is_drawn_too(tmp_path: Path) -> None:
    assert figure([], summary([], 2)).get_suptitle().startswith("2 recordings (2 broken")
    assert [text.get_text() for text in thumbnails(tmp_path, [], 3).texts] == ["No recording was aligned"]
