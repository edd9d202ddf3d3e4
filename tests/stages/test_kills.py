"""Killed at random moments, again and again: nothing finished is lost, nothing half-written is trusted or left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pipeline.artifacts.hashing import file_digest, folder_digest
from pipeline.records.recordings import Recording, write_recordings
from pipeline.video import write_video

ROOT = Path(__file__).parents[2]
RECORDINGS = 120
KILLS = 6


class _Place:
    """A working directory with its own store, in which the stage decode runs over the same recordings."""

    def __init__(self, folder: Path, recordings: Path, params: dict[str, Any]) -> None:
        folder.mkdir()
        self.folder, self.recordings, self.output = folder, recordings, folder / "decoded"
        (folder / "params.yaml").write_text(yaml.safe_dump(params))

    def start(self, workers: int) -> "subprocess.Popen[bytes]":
        """Start the stage as DVC does, in a process group of its own."""
        changes = {"MSN_WORK": str(self.folder / "work"), "MSN_WORKERS": str(workers), "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            [sys.executable, "-m", "stages.decode", str(self.recordings), "decoded"],
            cwd=self.folder,
            env={**os.environ, **changes, "DVC_ROOT": str(self.folder)},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def finished(self) -> dict[str, Path]:
        """Finished items."""
        return {path.name: path for path in (self.folder / "work/decode/items").glob("*")}

    def left(self) -> list[Path]:
        """What no whole run leaves: files in the making, and locks."""
        making = [path for path in self.folder.rglob("*.partial")]
        return making + [path for place in ("partial", "locks") for path in self.folder.glob(f"work/*/{place}/*")]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short recordings, each of its own grey."""
    folder = tmp_path_factory.mktemp("recordings")
    listed = []
    for number in range(RECORDINGS):
        path = folder / f"{number}.mp4"
        write_video(path, [np.full((96, 128, 3), 2 * number, np.uint8)] * 60, 10.0)
        listed.append(Recording(f"r{number}", path, path.stat().st_size, file_digest(path)))
    write_recordings(folder / "recordings.csv", listed)
    return folder / "recordings.csv"


def _kill(process: "subprocess.Popen[bytes]", whole_group: bool) -> None:
    """Kill the stage as a power cut would, or it alone: its workers have to end with it."""
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _alive(group: int) -> bool:
    """Whether a process of the group runs; those that ended and that nobody asked about do not."""
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = process.read_text().rpartition(") ")[2].split()[:3]
        except OSError:  # it ended meanwhile
            continue
        if int(of) == group and state != "Z":
            return True
    return False


def test_random_kills_lose_nothing_and_leave_nothing(
    tmp_path: Path, recordings: Path, smallest: dict[str, Any]
) -> None:
    whole, killed = (_Place(tmp_path / name, recordings, smallest) for name in ("whole", "killed"))
    assert whole.start(workers=2).wait() == 0
    expected = {name: folder_digest(path) for name, path in whole.finished().items()}
    assert len(expected) == RECORDINGS
    assert whole.left() == []

    random = np.random.default_rng(2014)
    finished: dict[str, int] = {}
    interrupted = 0
    for number in range(KILLS):
        assert len(finished) < RECORDINGS, "nothing is left to be interrupted"
        process = killed.start(workers=1 + number % 2)
        aim = len(finished) + int(random.integers(0, 8))  # finished items, and then a moment in the next one
        while len(killed.finished()) < min(aim, RECORDINGS) and process.poll() is None:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.02))
        interrupted += process.poll() is None
        _kill(process, whole_group=bool(number % 3))
        end = time.monotonic() + 60
        while _alive(process.pid) and time.monotonic() < end:
            time.sleep(0.01)
        assert not _alive(process.pid), "a worker outlived the stage"
        kept = {name: path.stat().st_mtime_ns for name, path in killed.finished().items()}
        assert finished.items() <= kept.items()  # nothing lost, nothing made again
        assert {name: folder_digest(path) for name, path in killed.finished().items()}.items() <= expected.items()
        assert not killed.output.exists() or folder_digest(killed.output) == folder_digest(whole.output)
        finished = kept
    assert interrupted >= KILLS - 1
    assert len(finished) > 0

    assert killed.start(workers=1).wait() == 0
    assert {name: folder_digest(path) for name, path in killed.finished().items()} == expected
    assert finished.items() <= {name: path.stat().st_mtime_ns for name, path in killed.finished().items()}.items()
    assert folder_digest(killed.output) == folder_digest(whole.output)
    assert killed.left() == []
