"""The quality record of a recording: its status, and the shares of black, over-exposed, frozen and blurred rows."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.records.frame_table import FrameTable
from pipeline.records.quality import Quality, quality_shares, read_quality, write_decoded


def test_a_broken_recording_has_no_table(tmp_path: Path) -> None:
    write_decoded(tmp_path, None, Quality("broken", reason="no frame can be decoded"))
    assert [path.name for path in tmp_path.iterdir()] == ["quality.json"]
    assert read_quality(tmp_path) == Quality("broken", reason="no frame can be decoded")
    with pytest.raises(ValueError, match="status 'odd'"):
        Quality("odd")


def test_a_record_is_read_as_written(tmp_path: Path) -> None:
    quality = Quality("whole", replaced_times=1, restarts=(20, 40), pauses=2, irregular=0.25)
    write_decoded(tmp_path, None, quality)
    assert read_quality(tmp_path) == quality


def test_shares_count_the_rows_beyond_each_limit() -> None:
    table = FrameTable(
        frame=np.arange(4),
        time=np.arange(4.0),
        key=np.ones(4, bool),
        corrupt=np.zeros(4, bool),
        brightness=np.array([3.0, 100, 250, 240]),
        sharpness=np.array([5.0, 90, 90, 90]),
        change=np.array([0, 0.0, 2, 0.01]),
    )
    assert quality_shares(table) == {"black": 0.25, "overexposed": 0.5, "frozen": 0.6667, "blurred": 0.25}
