"""Stages as commands on a Dask cluster that loses a worker: all outputs are complete and equal those of a local run."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.artifacts.hashing import folder_digest
from pipeline.params.check import check_params
from stages import align, decode, ingest, simulate, subsample
from tests.dask_cluster import dask_cluster, wait_until

ROOT = Path(__file__).parents[2]


def _start(folder: Path, address: str, stage: str, *paths: str) -> "subprocess.Popen[str]":
    """Start a stage in another folder than that of the workers, as on a cluster."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_SCHEDULER_ADDRESS": address}
    command = (sys.executable, "-m", f"stages.{stage}", *paths)
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)


def _finish(stage: "subprocess.Popen[str]") -> str:
    _, errors = stage.communicate(timeout=300)
    assert stage.returncode == 0, errors
    return errors


def test_the_data_stages_survive_the_loss_of_a_worker(
    tmp_path: Path, smallest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, local, store = str(tmp_path / "simulated/avec2014"), tmp_path / "local", tmp_path / "store"
    values = smallest | {"corpus": {**smallest["corpus"], "root": corpus, "labels_root": corpus}}
    params = check_params(values)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(values))
    simulate.main(params, tmp_path / "simulated")
    tables = ("recordings.csv", "partitions.csv", "characteristics.csv", "origin.json", "fitting.csv", "testing.csv")
    ingest.main(params, *(local / name for name in tables))
    decode.main(params, local / "recordings.csv", local / "decoded")
    align.main(params, local / "recordings.csv", local / "decoded", local / "aligned")
    subsample.main(params, local / "aligned", local / "sequences")

    monkeypatch.setenv("MSN_WORK", str(store))

    def finished() -> int:
        return len(list(store.glob("align/items/*")))

    with dask_cluster(tmp_path / "dask") as cluster:
        cluster.start_worker("lost")
        cluster.start_worker("surviving")
        start = partial(_start, tmp_path, cluster.address)
        recordings = "cluster/recordings.csv"
        _finish(start("ingest", *(f"cluster/{name}" for name in tables)))
        log = _finish(start("decode", recordings, "cluster/decoded"))
        assert "decoding: 12/12 recordings, " in log and "\x1b" not in log
        aligning = start("align", recordings, "cluster/decoded", "cluster/aligned")
        wait_until(lambda: finished() >= 2, lambda: cluster.log("surviving"))
        cluster.kill("lost")
        assert finished() < 12
        _finish(aligning)
        _finish(start("subsample", "cluster/aligned", "cluster/sequences"))

    assert finished() == 12
    for name in ("decoded", "aligned", "sequences"):
        assert folder_digest(tmp_path / "cluster" / name) == folder_digest(local / name)
