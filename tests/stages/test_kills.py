"""A stage killed at random moments loses no finished item, and neither uses nor leaves partial files."""

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

from pipeline.artifacts.hashing import folder_digest
from pipeline.records.recordings import Recording, write_recordings
from pipeline.runtime.file_digest import file_digest
from pipeline.video.writing import write_video

ROOT = Path(__file__).parents[2]
RECORDINGS = 120
KILLS = 6


class _Workspace:
    """A working directory with its own artifact store, in which the stage decode runs."""

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
        """Return the finished items by key."""
        return {path.name: path for path in (self.folder / "work/decode/items").glob("*")}

    def leftovers(self) -> list[Path]:
        """Return the partial files and locks, which a complete run does not leave."""
        partial = [path for path in self.folder.rglob("*.partial")]
        return partial + [path for name in ("partial", "locks") for path in self.folder.glob(f"work/*/{name}/*")]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short recordings, each of a different grey."""
    folder = tmp_path_factory.mktemp("recordings")
    listed = []
    for number in range(RECORDINGS):
        path = folder / f"{number}.mp4"
        write_video(path, [np.full((96, 128, 3), 2 * number, np.uint8)] * 60, 10.0)
        listed.append(Recording(f"r{number}", path, path.stat().st_size, file_digest(path)))
    write_recordings(folder / "recordings.csv", listed)
    return folder / "recordings.csv"


def _kill(process: "subprocess.Popen[bytes]", whole_group: bool) -> None:
    """Kill the stage with its workers, as a power cut would, or the stage alone: its workers must end with it."""
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _alive(group: int) -> bool:
    """Whether a process of the group is running; zombies are not."""
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = process.read_text().rpartition(") ")[2].split()[:3]
        except OSError:  # the process has ended
            continue
        if int(process_group) == group and state != "Z":
            return True
    return False


def test_random_kills_lose_nothing_and_leave_nothing(
    tmp_path: Path, recordings: Path, smallest: dict[str, Any]
) -> None:
    complete, killed = (_Workspace(tmp_path / name, recordings, smallest) for name in ("complete", "killed"))
    assert complete.start(workers=2).wait() == 0
    expected = {name: folder_digest(path) for name, path in complete.finished().items()}
    assert len(expected) == RECORDINGS
    assert complete.leftovers() == []

    random = np.random.default_rng(2014)
    finished: dict[str, int] = {}
    interrupted = 0
    for number in range(KILLS):
        assert len(finished) < RECORDINGS, "all items are finished: there is nothing to interrupt"
        process = killed.start(workers=1 + number % 2)
        target = len(finished) + int(random.integers(0, 8))  # finished items; the kill comes during the next one
        while len(killed.finished()) < min(target, RECORDINGS) and process.poll() is None:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.02))
        interrupted += process.poll() is None
        _kill(process, whole_group=bool(number % 3))
        end = time.monotonic() + 60
        while _alive(process.pid) and time.monotonic() < end:
            time.sleep(0.01)
        assert not _alive(process.pid), "a worker outlived the stage"
        remaining = {name: path.stat().st_mtime_ns for name, path in killed.finished().items()}
        assert finished.items() <= remaining.items()  # no item is lost or made again
        assert {name: folder_digest(path) for name, path in killed.finished().items()}.items() <= expected.items()
        assert not killed.output.exists() or folder_digest(killed.output) == folder_digest(complete.output)
        finished = remaining
    assert interrupted >= KILLS - 1
    assert len(finished) > 0

    assert killed.start(workers=1).wait() == 0
    assert {name: folder_digest(path) for name, path in killed.finished().items()} == expected
    assert finished.items() <= {name: path.stat().st_mtime_ns for name, path in killed.finished().items()}.items()
    assert folder_digest(killed.output) == folder_digest(complete.output)
    assert killed.leftovers() == []
