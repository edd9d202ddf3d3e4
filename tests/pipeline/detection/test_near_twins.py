"""Near twins: correlation by hand, copies of drawn videos, and sessions of one person that are no copies."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.stats import pearsonr

from pipeline.detection.near_twins import NearTwins, best_match, find_near_twins, standard_errors
from pipeline.detection.near_twins_table import near_twin_warnings, write_near_twins
from pipeline.detection.picture_signal import LIMIT, NORMAL, Signal, picture_signal
from pipeline.inspection.inspect_video import inspect
from pipeline.records.frame_table import FrameTable
from pipeline.simulation.avec_tree import SimulatedVideo, write_simulated_video
from pipeline.simulation.cohort import Session
from pipeline.video.reading import open_video
from pipeline.video.writing import write_video

FRAMES, FPS = 150, 7.5  # 20 seconds
Pictures = list[np.ndarray]


def _halved(pictures: Pictures) -> Pictures:
    return [cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for picture in pictures]


def _mirrored(pictures: Pictures) -> Pictures:
    return [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]


def _brighter(pictures: Pictures) -> Pictures:
    return [(picture * 0.8 + 30).astype(np.uint8) for picture in pictures]


COPIES: dict[str, Callable[[Pictures], Pictures]] = {
    "encoded again": lambda pictures: pictures,
    "halved": _halved,
    "mirrored": _mirrored,
    "brighter": _brighter,
    "trimmed": lambda pictures: pictures[40:130],
}


def _signal(path: Path) -> Signal:
    table, _ = inspect(path, None, 0.0)
    assert table is not None
    return picture_signal(table)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with videos of one person in one room: two tasks of a session, and a session with the same score."""
    folder = tmp_path_factory.mktemp("drawn")
    for name, number, task in (("film", 1, "Freeform"), ("task", 1, "Northwind"), ("visit", 2, "Freeform")):
        session = Session(203, number, "Training", 12, severity=12 / 45)
        write_simulated_video(
            SimulatedVideo(folder / f"{name}.mp4", session, task, 2014, 2.0, "dynamics", FRAMES, FPS, 160, 120)
        )
    return folder


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found_and_nothing_else(drawn: Path, tmp_path: Path, kind: str) -> None:
    with open_video(drawn / "film.mp4") as video:
        pictures = [video.upright(frame) for frame in video.frames()]
    write_video(tmp_path / "copy.mp4", COPIES[kind](pictures), FPS, quality=33)
    signals = {name: _signal(drawn / f"{name}.mp4") for name in ("film", "task", "visit")}
    (pair,) = find_near_twins({**signals, "copy": _signal(tmp_path / "copy.mp4")})
    assert (pair.first, pair.second) == ("film", "copy")
    assert pair.similarity > 0.8
    assert pair.seconds == pytest.approx(90 / FPS if kind == "trimmed" else FRAMES / FPS, abs=1)


def test_the_best_shift_is_that_of_a_search_by_hand() -> None:
    generator = np.random.default_rng(3)
    one, other = generator.normal(size=(2, 31)), generator.normal(size=(2, 20))
    correlations = {}
    for shift in range(10 - 31, 20 - 10 + 1):  # half of the shorter one is shared
        pairs = [(i, i + shift) for i in range(31) if 0 <= i + shift < 20]
        rows, columns = zip(*pairs, strict=True)
        both = [pearsonr(one[row, list(rows)], other[row, list(columns)]).statistic for row in range(2)]
        correlations[shift] = (np.mean(both), len(pairs))
    assert best_match(one, other) == pytest.approx(max(correlations.values()))
    assert best_match(one[:, 5:], one) == pytest.approx((1, 26))


@pytest.mark.parametrize(
    ("correlation", "samples", "expected"),
    [
        (0.8, 112, 1.0986 * 5),  # atanh(0.8) and sqrt(112 / 4 - 3)
        (0.8, 28, 1.0986 * 2),
        (0.99, 12, 0.0),  # three independent samples say nothing
    ],
)
def test_the_evidence_grows_with_the_shared_time(correlation: float, samples: int, expected: float) -> None:
    assert standard_errors(correlation, samples) == pytest.approx(expected, abs=1e-3)


def _table(times: list[float], brightness: list[float], change: list[float]) -> FrameTable:
    count, flags = np.arange(len(times)), np.zeros(len(times), bool)
    values = np.array(times), flags, flags, np.array(brightness), np.zeros(len(times)), np.array(change)
    return FrameTable(count, *values)


def test_a_signal_by_hand() -> None:
    """Brightness is 0 for 1 s, then 10: the means over 0.4 s rise by 2.5 a sample, and their differences with them."""
    times = [frame / 10 for frame in range(20)]
    signal = picture_signal(_table(times, [0.0] * 10 + [10.0] * 10, [0.0] * 20))
    assert signal.shape == (2, 21 - 4 - 4)
    differences = np.array([0, 0, 0, 2.5, 5, 7.5, 10, 7.5, 5, 2.5, 0, 0, 0])
    centred = differences - 2.5
    limit = LIMIT * NORMAL * np.median(np.abs(centred))
    np.testing.assert_allclose(signal[0], np.clip(centred, -limit, limit), atol=1e-9)
    assert not signal[1].any()


@pytest.mark.parametrize("count", [1, 2])
def test_a_video_too_short_for_a_signal_is_nobodys_twin(count: int) -> None:
    short = picture_signal(_table([0.0, 0.1][:count], [1.0, 2.0][:count], [0.0, 1.0][:count]))
    assert short.shape == (2, 0)
    assert find_near_twins({"a": short, "b": np.random.default_rng(0).normal(size=(2, 50))}) == []


def test_pictures_that_never_change_are_not_alike() -> None:
    still = picture_signal(_table([frame / 10 for frame in range(200)], [90.0] * 200, [0.0] * 200))
    assert find_near_twins({"a": still, "b": still}) == []


PAIRS = [NearTwins("a", "b", 0.987, 20.04), NearTwins("a", "c", 0.8, 6.0)]
PARTITIONS = {"a": "training", "b": "test", "c": "training"}


def test_pairs_in_two_partitions_are_warned_of_first_and_loudest() -> None:
    across, within = near_twin_warnings(PAIRS, PARTITIONS)
    assert across == (
        "THE SAME VIDEO IN TWO PARTITIONS: 1 pairs look like copies, so what is fitted may be tested. "
        "Look at each, and remove one video of it:\n  a (training) and b (test): similarity 0.99 over 20 s"
    )
    assert within == (
        "1 pairs in one partition look like copies of one video, which then counts twice:\n"
        "  a (training) and c (training): similarity 0.80 over 6 s"
    )
    assert near_twin_warnings([], PARTITIONS) == []
    many = near_twin_warnings([PAIRS[1]] * 22, PARTITIONS)
    assert len(many) == 1
    assert many[0].count("similarity") == 20
    assert many[0].endswith("\n  and 2 more")


def test_the_table(tmp_path: Path) -> None:
    write_near_twins(tmp_path / "near_twins.csv", PAIRS, {"a": "0a", "b": "0b", "c": "0c"}, PARTITIONS)
    assert (tmp_path / "near_twins.csv").read_text() == (
        "first,second,first_opaque,second_opaque,first_partition,second_partition,similarity,seconds\n"
        "a,b,0a,0b,training,test,0.987,20.0\n"
        "a,c,0a,0c,training,training,0.800,6.0\n"
    )
