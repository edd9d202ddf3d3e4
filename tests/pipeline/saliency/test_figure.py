"""Figure 6: what is drawn, and that it is marked."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from pipeline.saliency.figure import PERSONAL, Column, blend, figure6, write_figure6
from tests.pipeline.saliency.material import SIZE, explanation


def _words(drawn: Figure) -> str:
    return "\n".join(text.get_text() for text in drawn.findobj(matplotlib.text.Text))


def _picture(axes: Axes) -> np.ndarray:
    return np.asarray(axes.images[0].get_array())


def test_colours_by_hand() -> None:
    face = np.full((1, 3, 3), 255, np.uint8)
    found = blend(face, np.array([[0.0, 1.0, -0.5]]))
    assert found[0, 0].tolist() == [230, 230, 230]  # nothing is relevant: grey, in the lightest that there is
    # 230 x 0.2 + 255 x 0.8 x (0.84, 0.19, 0.12), and 230 x 0.6 + 255 x 0.4 x (0.13, 0.40, 0.80)
    assert found[0, 1].tolist() == [217, 85, 70]
    assert found[0, 2].tolist() == [151, 179, 220]


def test_first_and_last_frame_of_each_band() -> None:
    item = explanation("mild")
    drawn = figure6([Column("", {"mild": item})])
    first, first_map, last, last_map, _ = drawn.axes
    assert np.array_equal(_picture(first), item.faces[0])
    assert np.array_equal(_picture(last), item.faces[-1])
    half = SIZE // 2
    strengths = np.zeros((SIZE, SIZE))
    strengths[:, :half] = 1  # the strongest of the clip: 2
    assert np.array_equal(_picture(first_map), blend(item.faces[0], strengths))
    strengths = np.zeros((SIZE, SIZE))
    strengths[:, half:] = -0.5
    difference = _picture(last_map).astype(int) - blend(item.faces[-1], strengths)
    assert np.abs(difference).max() <= 1  # the one is computed in 32 bits


def test_it_says_who_in_no_way_but_an_opaque_id() -> None:
    words = _words(figure6([Column("", {"mild": explanation("mild")})]))
    for expected in ("mild", "BDI-II 15", "recording 0123abcd", "estimate 17.0, this clip 18.5", "Grad-CAM at conv5"):
        assert expected in words
    assert "MSN-27, kernels 3" in words
    assert "anna" not in words
    assert "Shows faces: personal data" in words


def test_bands_without_a_recording_are_named() -> None:
    words = _words(figure6([Column("", {"mild": explanation("mild")})]))
    assert words.count("no test recording of this band has a clip and a score") == 3
    assert _words(figure6([Column("", {})])).count("no test recording of this band") == 4


def test_a_frame_without_a_face_is_named() -> None:
    drawn = figure6([Column("", {"mild": explanation("mild", absent=[0])})])
    said = [[text.get_text() for text in axes.texts] for axes in drawn.axes[:4]]
    assert said == [["no face found"], [], [], []]


def test_nothing_relevant_is_drawn_grey() -> None:
    item = explanation("mild")
    item.relevance[:] = 0
    drawn = figure6([Column("", {"mild": item})])
    assert np.ptp(_picture(drawn.axes[1]), axis=-1).max() == 0


def test_two_networks_side_by_side() -> None:
    one, other = explanation("mild", network="MSN-69, kernels 3"), explanation("mild", network="MSN-69, kernels 3 5 7")
    other.relevance[:] *= -1
    drawn = figure6([Column("msn-single", {"mild": one}), Column("msn", {"mild": other})])
    face, first, second = (_picture(axes) for axes in drawn.axes[:3])
    assert np.array_equal(face, one.faces[0])
    assert first[0, 0, 0] > first[0, 0, 2] and second[0, 0, 0] < second[0, 0, 2]  # red, and blue
    words = _words(drawn)
    for expected in ("msn-single: 17.0", "msn: 17.0", "MSN-69, kernels 3\n", "MSN-69, kernels 3 5 7\n"):
        assert expected in words


@pytest.mark.parametrize("bands", [("mild",), ()])
def test_the_file_is_marked_and_the_same_each_time(tmp_path: Path, bands: tuple[str, ...]) -> None:
    columns = [Column("", {band: explanation(band) for band in bands})]
    for name, size in (("one", 9), ("two", 20)):
        with matplotlib.rc_context({"font.size": size}):
            write_figure6(tmp_path / name, columns)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with Image.open(tmp_path / "one") as picture:
        assert picture.info["Disclaimer"] == PERSONAL
        assert "Software" not in picture.info
