"""Stages as commands on a Dask cluster that loses a worker: all is made, with the bytes of a local run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.params import check_params
from pipeline.work.content import folder_digest
from stages import align, decode, ingest, simulate
from tests.dask_cluster import dask_cluster, wait_until

ROOT = Path(__file__).parents[2]


def _start(folder: Path, address: str, *command: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_SCHEDULER_ADDRESS": address}
    command = (sys.executable, "-m", *command)
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)


def test_decode_and_align_survive_the_loss_of_a_worker(
    tmp_path: Path, smallest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    params = check_params(smallest)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(smallest))
    simulate.main(params, tmp_path / "simulated")
    corpus, recordings = tmp_path / "simulated/avec2014", tmp_path / "recordings.csv"
    ingest.main(params, corpus, corpus, recordings, tmp_path / "fitting.csv", tmp_path / "testing.csv")
    decode.main(params, recordings, tmp_path / "decoded")
    align.main(params, recordings, tmp_path / "decoded", tmp_path / "aligned")

    store = tmp_path / "store"
    monkeypatch.setenv("MSN_WORK", str(store))

    def made() -> int:
        return len(list(store.glob("align/items/*")))

    with dask_cluster(tmp_path / "dask") as cluster:
        cluster.start_worker("lost")
        cluster.start_worker("kept")
        decoding = _start(tmp_path, cluster.address, "stages.decode", "recordings.csv", "decoded-there")
        _, told = decoding.communicate(timeout=300)
        assert decoding.returncode == 0, told
        assert "decoding: 12/12 recordings, " in told and "\x1b" not in told
        aligning = _start(tmp_path, cluster.address, "stages.align", "recordings.csv", "decoded-there", "aligned-there")
        wait_until(lambda: made() >= 2, lambda: cluster.log("kept"))
        cluster.kill("lost")
        assert made() < 12
        _, told = aligning.communicate(timeout=300)
        assert aligning.returncode == 0, told

    assert made() == 12
    for name in ("decoded", "aligned"):
        assert folder_digest(tmp_path / f"{name}-there") == folder_digest(tmp_path / name)
