"""Figure 6: its content, and its mark as personal data."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from pipeline.saliency.figure import PERSONAL, Column, blend, figure6, write_figure6
from pipeline.severity.scale import scale_of
from tests.pipeline.saliency.material import SIZE, explanation


def _text(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))


def _image(axes: Axes) -> np.ndarray:
    return np.asarray(axes.images[0].get_array())


def test_colours_by_hand() -> None:
    face = np.full((1, 3, 3), 255, np.uint8)
    colours = blend(face, np.array([[0.0, 1.0, -0.5]]))
    assert colours[0, 0].tolist() == [230, 230, 230]  # no relevance: the lightest grey
    # 230 x 0.2 + 255 x 0.8 x (0.84, 0.19, 0.12), and 230 x 0.6 + 255 x 0.4 x (0.13, 0.40, 0.80)
    assert colours[0, 1].tolist() == [217, 85, 70]
    assert colours[0, 2].tolist() == [151, 179, 220]


def test_first_and_last_frame_of_each_band() -> None:
    item = explanation("mild")
    figure = figure6([Column("", {"mild": item})], scale_of())
    first, first_map, last, last_map, _ = figure.axes
    assert np.array_equal(_image(first), item.faces[0])
    assert np.array_equal(_image(last), item.faces[-1])
    half = SIZE // 2
    strengths = np.zeros((SIZE, SIZE))
    strengths[:, :half] = 1  # the strongest relevance in the clip: 2
    assert np.array_equal(_image(first_map), blend(item.faces[0], strengths))
    strengths = np.zeros((SIZE, SIZE))
    strengths[:, half:] = -0.5
    difference = _image(last_map).astype(int) - blend(item.faces[-1], strengths)
    assert np.abs(difference).max() <= 1  # the figure computes in 32 bits


def test_recordings_are_named_by_their_opaque_id_alone() -> None:
    text = _text(figure6([Column("", {"mild": explanation("mild")})], scale_of()))
    for expected in ("mild", "BDI-II 15", "recording 0123abcd", "estimate 17.0, this clip 18.5", "Grad-CAM at conv5"):
        assert expected in text
    assert "MSN-27, kernels 3" in text
    assert "anna" not in text
    assert "Shows faces: personal data" in text


def test_bands_without_a_recording_are_noted() -> None:
    text = _text(figure6([Column("", {"mild": explanation("mild")})], scale_of()))
    assert text.count("no test recording of this band has a clip and a score") == 3
    assert _text(figure6([Column("", {})], scale_of())).count("no test recording of this band") == 4


def test_frames_without_a_face_are_marked() -> None:
    figure = figure6([Column("", {"mild": explanation("mild", absent=[0])})], scale_of())
    notes = [[text.get_text() for text in axes.texts] for axes in figure.axes[:4]]
    assert notes == [["no face found"], [], [], []]


def test_zero_relevance_is_grey() -> None:
    item = explanation("mild")
    item.relevance[:] = 0
    figure = figure6([Column("", {"mild": item})], scale_of())
    assert np.ptp(_image(figure.axes[1]), axis=-1).max() == 0


def test_two_networks_side_by_side() -> None:
    single, multiple = (
        explanation("mild", network="MSN-69, kernels 3"),
        explanation("mild", network="MSN-69, kernels 3 5 7"),
    )
    multiple.relevance[:] *= -1
    figure = figure6([Column("msn-single", {"mild": single}), Column("msn", {"mild": multiple})], scale_of())
    face, first, second = (_image(axes) for axes in figure.axes[:3])
    assert np.array_equal(face, single.faces[0])
    assert first[0, 0, 0] > first[0, 0, 2] and second[0, 0, 0] < second[0, 0, 2]  # red and blue
    text = _text(figure)
    for expected in ("msn-single: 17.0", "msn: 17.0", "MSN-69, kernels 3\n", "MSN-69, kernels 3 5 7\n"):
        assert expected in text


@pytest.mark.parametrize("bands", [("mild",), ()])
def test_file_is_marked_and_reproducible(tmp_path: Path, bands: tuple[str, ...]) -> None:
    columns = [Column("", {band: explanation(band) for band in bands})]
    for name, size in (("first", 9), ("second", 20)):
        with matplotlib.rc_context({"font.size": size}):
            write_figure6(tmp_path / name, columns, scale_of())
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    with Image.open(tmp_path / "first") as image:
        assert image.info["Disclaimer"] == PERSONAL
        assert "Software" not in image.info
