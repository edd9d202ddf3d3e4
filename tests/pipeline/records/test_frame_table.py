"""The frame table of a recording: reading and writing, constant rates, cuts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.records.frame_table import CUT, FrameTable, constant_rate_rows, read_frame_table
from pipeline.records.quality import Quality, read_quality, write_decoded
from pipeline.tracking.frame_reader import FrameReader


def _table(times: list[float], **columns: list[float]) -> FrameTable:
    n = len(times)
    statistics = {"brightness": np.full(n, 100.0), "sharpness": np.full(n, 90.0), "change": np.full(n, 1.0)}
    statistics |= {name: np.array(values, float) for name, values in columns.items()}
    return FrameTable(np.arange(n), np.array(times, float), np.arange(n) % 2 == 0, np.zeros(n, bool), **statistics)


@pytest.mark.parametrize(
    ("times", "fps", "rows"),
    [
        ([0, 0.04, 0.16, 0.20], 25, [0, 1, 1, 1, 2, 3]),  # two dropped frames: the last frame before them is repeated
        ([0, 0.1, 0.2, 0.3], 5, [0, 2]),
        ([0, 0.1, 0.2], 10, [0, 1, 2]),
        ([0, 0.033, 0.067, 0.1], 30, [0, 1, 2, 3]),  # time stamps rounded to milliseconds
        ([0.0], 25, [0]),
        ([0, 0.1, 0.2, 60.2, 60.3], 10, [0, 1, 2, 3, 4]),  # no picture is shown in a pause
        ([0, 0.1, 0.2, 60.25, 60.35], 10, [0, 1, 2, 3]),  # nor a tick before its end
        ([0, 0.1, 0.2, 60.2, 60.3], 20, [0, 0, 1, 1, 2, 3, 3, 4]),
        ([0, 0.1, 0.2, 3.2, 3.3], 2, [0, 2, 2, 2, 2, 2, 2]),  # eight ticks are 4 s: no pause at this rate
    ],
)
def test_each_tick_shows_the_last_frame_that_is_not_later(times: list[float], fps: float, rows: list[int]) -> None:
    tick_rows, ticks = constant_rate_rows(np.array(times, float), fps)
    assert tick_rows.tolist() == rows
    if max(np.diff(times), default=0) < 1:
        np.testing.assert_allclose(ticks, np.arange(len(rows)) / fps)


def test_a_table_is_read_as_written(tmp_path: Path) -> None:
    table = _table([0, 0.04, 0.12])
    quality = Quality("whole", codec="h264", decoded_frames=3, fps=table.fps)
    write_decoded(tmp_path, table, quality)
    read = read_frame_table(tmp_path)
    for name in ("frame", "time", "key", "corrupt", "brightness", "sharpness", "change"):
        np.testing.assert_array_equal(getattr(read, name), getattr(table, name))
    assert read_quality(tmp_path) == quality
    assert read.fps == pytest.approx(1 / 0.06, abs=1e-3)  # the median of 0.04 and 0.08


def test_a_pause_is_one_at_every_rate() -> None:
    native = _table([0, 0.1, 0.2, 0.3, 600.31, 600.41, 600.51])
    assert native.pauses.tolist() == [4]
    fast = native.at_rate(30.0)
    assert len(fast) == 10 + 6  # ticks 0 to 9, then 18010 to 18015
    np.testing.assert_allclose(fast.time[[9, 10]], [0.3, 18010 / 30])
    assert fast.frame.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 4, 4, 5, 5, 5]
    assert fast.pauses.tolist() == [10]
    assert native.at_rate(5.0).pauses.tolist() == [2]  # ticks 0, 0.2 and 600.4


def test_the_rows_of_frames_that_are_repeated_or_left_out() -> None:
    table = replace(_table([0, 1, 2, 3, 4]), frame=np.array([0, 2, 2, 5, 6]))
    assert table.rows_of([2, 3, 6, 7]).tolist() == [1, 3, 4]
    assert table.rows_of([]).tolist() == []


def test_sparse_detection_has_a_key_row_at_every_cut() -> None:
    native = _table([0, 1, 2, 3, 4, 5, 6], change=[0, 30.0, 31, 2, 90, 90, 30.5])
    table = replace(native, frame=np.array([0, 1, 2, 3, 4, 4, 7]))  # frame 4 is repeated, as at a constant rate
    assert table.cuts.tolist() == [2, 4, 6]  # the first rows of the frames 2, 4 and 7
    reader = FrameReader.from_table(Path("cut.mp4"), table, (64, 48))
    assert reader.key_rows(100.0) == [0, 2, 4, 5]  # without repeats, these frames are the rows 2, 4 and 5
    assert _table([]).cuts.tolist() == []


def test_decreasing_times_are_rejected_with_the_name_of_the_file(tmp_path: Path) -> None:
    write_decoded(tmp_path, _table([0, 1]), Quality("whole"))
    path = tmp_path / "frames.csv"
    path.write_text(path.read_text().replace("1.000000", "-1.000000"))
    with pytest.raises(ValueError, match=r"frames\.csv: frame numbers and times must not decrease"):
        read_frame_table(tmp_path)


def test_a_constant_rate_keeps_a_cut_between_two_rows() -> None:
    """Frames 0, 2 and 4 of six are taken: the cut at 3 is in the row of 4, the cut at 5 in no row."""
    change = [0.0, 1, 2, CUT + 1, 1, CUT + 1]
    table = _table([0, 0.1, 0.2, 0.3, 0.4, 0.5], change=change)
    assert table.at_rate(5.0).change.tolist() == [0.0, 2.0, CUT + 1]
    assert table.at_rate(5.0).cuts.tolist() == [2]
    assert _table([0, 0.2, 0.4], change=[0.0, CUT + 1, 3]).at_rate(10.0).change.tolist() == [0, 0, CUT + 1, CUT + 1, 3]
