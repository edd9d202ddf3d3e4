"""Stages as commands on a Dask cluster that loses a worker: all is made, with the bytes of a local run."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.artifacts.hashing import folder_digest
from pipeline.params_check import check_params
from stages import align, decode, ingest, simulate, subsample
from tests.dask_cluster import dask_cluster, wait_until

ROOT = Path(__file__).parents[2]


def _start(folder: Path, address: str, stage: str, *paths: str) -> "subprocess.Popen[str]":
    """Start a stage in a folder that the workers do not run in, as on a cluster."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_SCHEDULER_ADDRESS": address}
    command = (sys.executable, "-m", f"stages.{stage}", *paths)
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)


def _finish(stage: "subprocess.Popen[str]") -> str:
    _, told = stage.communicate(timeout=300)
    assert stage.returncode == 0, told
    return told


def test_the_data_stages_survive_the_loss_of_a_worker(
    tmp_path: Path, smallest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    params = check_params(smallest)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(smallest))
    simulate.main(params, tmp_path / "simulated")
    corpus, here, store = tmp_path / "simulated/avec2014", tmp_path / "here", tmp_path / "store"
    ingest.main(params, corpus, corpus, here / "recordings.csv", here / "fitting.csv", here / "testing.csv")
    decode.main(params, here / "recordings.csv", here / "decoded")
    align.main(params, here / "recordings.csv", here / "decoded", here / "aligned")
    subsample.main(params, here / "aligned", here / "sequences")

    monkeypatch.setenv("MSN_WORK", str(store))

    def made() -> int:
        return len(list(store.glob("align/items/*")))

    with dask_cluster(tmp_path / "dask") as cluster:
        cluster.start_worker("lost")
        cluster.start_worker("kept")
        start = partial(_start, tmp_path, cluster.address)
        root, recordings = "simulated/avec2014", "there/recordings.csv"
        _finish(start("ingest", root, root, recordings, "there/fitting.csv", "there/testing.csv"))
        told = _finish(start("decode", recordings, "there/decoded"))
        assert "decoding: 12/12 recordings, " in told and "\x1b" not in told
        aligning = start("align", recordings, "there/decoded", "there/aligned")
        wait_until(lambda: made() >= 2, lambda: cluster.log("kept"))
        cluster.kill("lost")
        assert made() < 12
        _finish(aligning)
        _finish(start("subsample", "there/aligned", "there/sequences"))

    assert made() == 12
    for name in ("decoded", "aligned", "sequences"):
        assert folder_digest(tmp_path / "there" / name) == folder_digest(here / name)
