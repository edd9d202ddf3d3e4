"""Progress: the remaining time follows the amount of work; a bar on a terminal, log lines elsewhere."""

import io
import logging
import sys
from pathlib import Path

import pytest

from pipeline.parallel.progress import WorkProgress, _log_lines, format_duration, format_rate, show_progress
from pipeline.parallel.workers import map_items
from pipeline.runtime.file_digest import file_digest


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (59.4, "0:00:59"), (59.6, "0:01:00"), (3730, "1:02:10"), (90061, "25:01:01")]
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("speed", "unit", "text"),
    [
        (830.4, "frames", "830 frames/s"),
        (12345, "frames", "12,345 frames/s"),
        (12.34, "images", "12.3 images/s"),
        (0.05, "frames", "0.05 frames/s"),
        (999, "bytes", "999 B/s"),
        (1000, "bytes", "1 kB/s"),
        (45_230_000, "bytes", "45.2 MB/s"),
        (3.2e9, "bytes", "3.2 GB/s"),
    ],
)
def test_rates(speed: float, unit: str, text: str) -> None:
    assert format_rate(speed, unit) == text


def test_the_remaining_time_follows_the_amount_of_work() -> None:
    progress = WorkProgress("aligning", [100, 100, 800], "recordings", "frames")
    assert progress.summary(5) == "0/3 recordings"  # no speed before the first item has ended
    progress.end(0, True, 10)
    # 100 frames in 10 s: 900 are left, which take 90 s; by count it would be 20 s
    assert progress.summary(10) == "1/3 recordings, 10 frames/s, 0:01:30 left"
    assert progress.summary(40) == "1/3 recordings, 10 frames/s, 0:01:00 left"  # 30 s of the 90 have passed
    progress.end(2, True, 30)
    assert progress.summary(30) == "2/3 recordings, 30 frames/s, 0:00:03 left"  # 900 frames in 30 s
    progress.end(1, True, 32.5)
    assert progress.summary(33) == "3/3 recordings, 30.8 frames/s, took 0:00:33"  # 1000 frames in 32.5 s


def test_failed_items_count_as_ended_but_not_towards_the_speed() -> None:
    progress = WorkProgress("aligning", [100, 500, 100], "recordings", "frames")
    progress.end(1, False, 1)
    assert progress.summary(1) == "1/3 recordings"
    progress.end(0, True, 10)
    assert progress.summary(10) == "2/3 recordings, 10 frames/s, 0:00:10 left"


def test_without_a_unit_no_speed_is_shown() -> None:
    progress = WorkProgress("hashing", [1, 1, 1, 1])
    progress.end(0, True, 2)
    assert progress.summary(2) == "1/4 items, 0:00:06 left"


def test_log_lines_come_at_most_every_30_seconds_and_at_the_end() -> None:
    times = iter([10.0, 29.0, 31.0, 60.0, 61.0, 62.0])
    lines: list[str] = []
    advance = _log_lines(WorkProgress("aligning", [1] * 6, "recordings"), lines.append, lambda: next(times))
    for number in range(6):
        advance(number, True)
    assert lines == [
        "aligning: 3/6 recordings, 0:00:31 left",
        "aligning: 5/6 recordings, 0:00:12 left",  # 61 s for five items
        "aligning: 6/6 recordings, took 0:01:02",
    ]


def test_without_a_terminal_progress_is_logged_and_nothing_printed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").write_text("a")
    with caplog.at_level(logging.INFO):
        map_items(file_digest, [tmp_path / "a"] * 3, "hashing")
    assert [record.getMessage().rpartition(" ")[0] for record in caplog.records] == ["hashing: 3/3 items, took"]
    assert capfd.readouterr() == ("", "")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_bar_shows_the_same_summary(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    with (
        caplog.at_level(logging.INFO),
        show_progress(WorkProgress("aligning", [5, 5], "recordings", "frames")) as advance,
    ):
        advance(0, True)
        advance(1, True)
    assert "2/2 recordings" in terminal.getvalue()
    assert "frames/s, took 0:00:00" in terminal.getvalue()
    assert caplog.records == []
