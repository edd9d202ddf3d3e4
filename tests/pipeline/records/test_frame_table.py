"""The frame table and the quality record of a recording."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.records.frame_table import CUT, FrameTable, constant_rate_rows, read_frame_table
from pipeline.records.quality import Quality, quality_shares, read_quality, write_decoded
from pipeline.tracking.frame_reader import FrameReader
from pipeline.tracking.sparse import key_rows


def _table(times: list[float], **columns: list[float]) -> FrameTable:
    n = len(times)
    plain = {"brightness": np.full(n, 100.0), "sharpness": np.full(n, 90.0), "change": np.full(n, 1.0)}
    plain |= {name: np.array(values, float) for name, values in columns.items()}
    return FrameTable(np.arange(n), np.array(times, float), np.arange(n) % 2 == 0, np.zeros(n, bool), **plain)


@pytest.mark.parametrize(
    ("times", "fps", "rows"),
    [
        ([0, 0.04, 0.16, 0.20], 25, [0, 1, 1, 1, 2, 3]),  # two dropped frames: the last one shown stays
        ([0, 0.1, 0.2, 0.3], 5, [0, 2]),
        ([0, 0.1, 0.2], 10, [0, 1, 2]),
        ([0, 0.033, 0.067, 0.1], 30, [0, 1, 2, 3]),  # stamps rounded to milliseconds
        ([0.0], 25, [0]),
    ],
)
def test_ticks_take_the_last_frame_that_is_not_later(times: list[float], fps: float, rows: list[int]) -> None:
    found, at = constant_rate_rows(np.array(times, float), fps)
    assert found.tolist() == rows
    np.testing.assert_allclose(at, np.arange(len(rows)) / fps)


def test_a_table_is_read_as_written(tmp_path: Path) -> None:
    table = _table([0, 0.04, 0.12])
    quality = Quality("whole", codec="h264", decoded_frames=3, fps=table.fps)
    write_decoded(tmp_path, table, quality)
    read = read_frame_table(tmp_path)
    for name in ("frame", "time", "key", "corrupt", "brightness", "sharpness", "change"):
        np.testing.assert_array_equal(getattr(read, name), getattr(table, name))
    assert read_quality(tmp_path) == quality
    assert read.fps == pytest.approx(1 / 0.06, abs=1e-3)  # the median of 0.04 and 0.08


def test_a_broken_recording_has_no_table(tmp_path: Path) -> None:
    write_decoded(tmp_path, None, Quality("broken", reason="no frame can be decoded"))
    assert [path.name for path in tmp_path.iterdir()] == ["quality.json"]
    with pytest.raises(ValueError, match="status 'odd'"):
        Quality("odd")


def test_shares_count_rows_beyond_their_limits() -> None:
    table = _table([0, 1, 2, 3], brightness=[3, 100, 250, 240], change=[0, 0.0, 2, 0.01], sharpness=[5, 90, 90, 90])
    assert quality_shares(table) == {"black": 0.25, "overexposed": 0.5, "frozen": 0.6667, "blurred": 0.25}


def test_cuts_are_those_that_sparse_detection_searches() -> None:
    plain = _table([0, 1, 2, 3, 4, 5, 6], change=[0, 30.0, 31, 2, 90, 90, 30.5])
    table = replace(plain, frame=np.array([0, 1, 2, 3, 4, 4, 7]))  # at a constant rate picture 4 is shown twice
    assert table.cuts.tolist() == [2, 4, 6]  # the pictures 2, 4 and 7, which are the rows 2, 4 and 5 of the film
    assert key_rows(FrameReader.of(Path("cut.mp4"), table), 100) == [0, 2, 4, 5]
    assert _table([]).cuts.tolist() == []


def test_falling_times_are_refused_by_file(tmp_path: Path) -> None:
    write_decoded(tmp_path, _table([0, 1]), Quality("whole"))
    path = tmp_path / "frames.csv"
    path.write_text(path.read_text().replace("1.000000", "-1.000000"))
    with pytest.raises(ValueError, match=r"frames\.csv: frame numbers and times must not fall"):
        read_frame_table(tmp_path)


def test_a_cut_between_two_rows_of_a_constant_rate_is_kept() -> None:
    """Of six frames 0, 2 and 4 are taken: the cut at 3 shows in the row of 4, the one at 5 in none."""
    change = [0.0, 1, 2, CUT + 1, 1, CUT + 1]
    table = _table([0, 0.1, 0.2, 0.3, 0.4, 0.5], change=change)
    assert table.at_rate(5.0).change.tolist() == [0.0, 2.0, CUT + 1]
    assert table.at_rate(5.0).cuts.tolist() == [2]
    assert _table([0, 0.2, 0.4], change=[0.0, CUT + 1, 3]).at_rate(10.0).change.tolist() == [0, 0, CUT + 1, CUT + 1, 3]
