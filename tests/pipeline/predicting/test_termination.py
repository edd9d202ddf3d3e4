"""`msn predict` leaves no faces behind when it is told to end or its terminal closes, and goes on under nohup."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dask_cluster import wait_until
from tests.pipeline.predicting.conftest import PipelineRun

ROOT = Path(__file__).parents[3]


def _start(run: PipelineRun, folder: Path, copies: int, *prefix: str) -> "subprocess.Popen[str]":
    """Start the command in two workers on copies of a video, and wait until there are faces in the scratch folder."""
    (folder / "videos").mkdir()
    (folder / "scratch").mkdir()
    for number in range(copies):
        shutil.copy(next(iter(run.videos.values())), folder / "videos" / f"{number}.mp4")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MSN_WORKERS": "2", "TMPDIR": str(folder / "scratch")}
    process = subprocess.Popen(
        [*prefix, sys.executable, "-m", "pipeline.cli", "predict", "videos", "--model", str(run.model), "--json"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: any(folder.glob("scratch/msn-predict-*/*/*")), lambda: f"no faces; status {process.poll()}")
    return process


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_no_faces_are_left(pipeline_run: PipelineRun, tmp_path: Path, number: signal.Signals, status: int) -> None:
    process = _start(pipeline_run, tmp_path, 200)
    os.killpg(process.pid, number)  # to the workers too, as a terminal does
    output, _ = process.communicate(timeout=120)
    assert process.returncode == status, output
    assert list((tmp_path / "scratch").iterdir()) == []


def test_it_goes_on_under_nohup(pipeline_run: PipelineRun, tmp_path: Path) -> None:
    process = _start(pipeline_run, tmp_path, 2, "nohup")
    os.killpg(process.pid, signal.SIGHUP)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert '"estimate"' in output
    assert list((tmp_path / "scratch").iterdir()) == []
