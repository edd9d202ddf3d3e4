"""Two processes that share the parts of each batch end with what one process that computes them all ends with."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.training.checkpoint import steps_done
from tests.pipeline.training.material import write_identities, write_sequence

ROOT = Path(__file__).parents[3]
# Arguments: kind, parts of a batch, dropout, seconds between checkpoints.
TRAIN = """
import json
import os
import sys
import time
from pathlib import Path

import torch

import pipeline.training.checkpoint
import pipeline.training.module
from pipeline.estimators.finetuning import Finetuning
from pipeline.data.identity_images import open_identities
from pipeline.pretraining.recognition import Pretraining
from pipeline.training.distributed import rank
from pipeline.training.cached_training import publish, train_cached
from pipeline.training.train import TrainingJob
from pipeline.runtime.log import start_logging
from pipeline.training.launcher import exec_launcher
from tests.pipeline.training.material import CLIP, FINETUNE, MODEL, PRETRAIN

start_logging()
exec_launcher("train", [])  # which silences all processes but the first
kind, parts, dropout, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
pipeline.training.checkpoint.MIN_INTERVAL, pipeline.training.checkpoint.MAX_TIME_SHARE = seconds, 1e9
pipeline.training.module.ROWS_PER_EPOCH = 1000  # the loss of every step
model = MODEL.model_copy(update={"dropout": dropout})
scored = [(Path(f"r{number}"), 7.0 * number) for number in range(5)]
if kind == "pretrain":
    settings = PRETRAIN.model_copy(update={"batch": 8, "accumulate": parts})
else:
    settings = FINETUNE.model_copy(update={"batch": 8, "accumulate": parts})
settings = settings.model_copy(update={"sync_batch_norm": "SYNC" in os.environ})


def make():
    if kind == "pretrain":
        return Pretraining(open_identities(Path("identities")), 8, model, settings)
    task = Finetuning(scored[:3], scored[3:], None, CLIP, model, settings)
    plain = task.loss

    def loss(batch):
        print(task.global_step, flush=True)
        time.sleep(float(os.environ.get("SLOW", "0")))
        if os.environ.get("INFINITE") == str(rank()) and task.global_step == 2:
            return plain(batch) * float("inf")
        return plain(batch)

    task.loss = loss
    return task


task = {"pretrain": Pretraining, "finetune": Finetuning}[kind]
key = train_cached(TrainingJob(kind, settings, task, make, dict), Path("curves"))
publish(kind, key, Path("model"), Path("curves"))
"""


def _material(tmp_path: Path) -> Path:
    for number in range(5):
        write_sequence(tmp_path / f"r{number}", [10], seed=number)
    write_identities(tmp_path / "identities", [12, 10, 14])
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _material(tmp_path)


STOPPED = ("finetune", "4", "0.5")  # the training that is stopped and gone on with


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which two processes have done that training without a stop."""
    folder = _material(tmp_path_factory.mktemp("whole"))
    _run(folder, "two", TORCHRUN, *STOPPED, "1e9")
    return folder


def _environment(folder: Path, store: str, more: Mapping[str, str]) -> dict[str, str]:
    stated = {"PYTHONPATH": str(ROOT), "MSN_WORK": str(folder / store), "MSN_DEVICE": "cpu"}
    return {**os.environ, **stated, **more}


def _start(folder: Path, store: str, launcher: Sequence[str], *arguments: str, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, *launcher, "train.py", *arguments]
    environment = _environment(folder, store, more)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)  # type: ignore[call-overload]


ALONE: list[str] = []
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_slurm_does(folder: Path, store: str, *arguments: str) -> None:
    """Start two tasks with the variables that srun sets."""
    job = {
        "SLURM_JOB_ID": "4711",
        "SLURM_NTASKS": "2",
        "SLURM_NTASKS_PER_NODE": "2",
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_NNODES": "1",
        "SLURM_NODEID": "0",
        "SLURM_NODELIST": "localhost",
        "MASTER_PORT": str(_free_port()),
    }
    tasks = [
        _start(folder, store, ALONE, *arguments, **job, SLURM_PROCID=str(number), SLURM_LOCALID=str(number))
        for number in range(2)
    ]
    for task in tasks:
        _, errors = task.communicate(timeout=300)
        assert task.returncode == 0, errors


def _run(folder: Path, store: str, launcher: Sequence[str], *arguments: str, **more: str) -> str:
    """Have it end well, and return what it logged."""
    process = _start(folder, store, launcher, *arguments, **more)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return errors


Left = tuple[dict[str, Tensor], dict[str, list[float]], dict[str, Any]]


def _left(folder: Path) -> Left:
    """The weights, every row of the curves and the description that a training left."""
    curves = {
        str(path.relative_to(folder)): [float(line.split("\t")[1]) for line in path.read_text().splitlines()[1:]]
        for path in sorted((folder / "curves").rglob("*.tsv"))
    }
    return (
        load_file(folder / "model/weights.safetensors"),
        curves,
        json.loads((folder / "model/description.json").read_text()),
    )


def _assert_same(one: Left, other: Left) -> None:
    """Equal but for rounding: sums over parts are taken in another order."""
    torch.testing.assert_close(one[0], other[0], rtol=1e-4, atol=1e-6)
    assert one[1].keys() == other[1].keys()
    for name in one[1]:
        assert other[1][name] == pytest.approx(one[1][name], rel=1e-4), name


HALVES = ("finetune", "2", "0.5")


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What one process left that has computed each batch in two parts, without a stop."""
    folder = _material(tmp_path_factory.mktemp("halves"))
    _run(folder, "one", ALONE, *HALVES, "1e9")
    return _left(folder)


# With more parts than processes sums round otherwise, and Adam makes whole steps of gradients that are rounding alone.
@pytest.mark.parametrize(
    ("kind", "parts", "dropout"),
    [("pretrain", "2", "0.0"), ("finetune", "2", "0.0"), ("finetune", "2", "0.5"), ("pretrain", "4", "0.5")],
)
def test_two_processes_match_one(folder: Path, kind: str, parts: str, dropout: str) -> None:
    arguments = (kind, parts, dropout, "1e9")
    _run(folder, "one", ALONE, *arguments)
    one = _left(folder)
    _run(folder, "two", TORCHRUN, *arguments)
    two = _left(folder)
    _assert_same(one, two)
    assert [left[2]["trained"]["processes"] for left in (one, two)] == [1, 2]
    assert [name for name in one[0] if "running_var" in name]
    assert len(one[1]["curves/plots/metrics/train/loss.tsv"]) == (6 if kind == "pretrain" else 8)


def test_tasks_of_slurm_match_one(folder: Path) -> None:
    arguments = ("finetune", "2", "0.0", "1e9")
    _run(folder, "one", ALONE, *arguments)
    one = _left(folder)
    _as_slurm_does(folder, "two", *arguments)
    _assert_same(one, _left(folder))


def test_only_the_first_process_writes_and_talks(whole: Path) -> None:
    outputs = {path.name for path in whole.iterdir() if not path.name.startswith("r")}
    assert outputs == {"curves", "identities", "model", "train.py", "two"}
    files = {path.name for path in (whole / "two").rglob("*") if path.is_file()}
    rows = {"loss.tsv", "learning_rate.tsv", "rmse.tsv", "mae.tsv"}
    assert files == {"last.ckpt", "metrics.json", "description.json", "weights.safetensors", *rows}
    process = _start(whole, "two", TORCHRUN, *STOPPED, "1e9")
    _, errors = process.communicate(timeout=300)
    assert errors.count("finetune: these weights were trained before") == 1
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_two_processes_go_on_where_they_were_stopped(whole: Path, folder: Path, number: signal.Signals) -> None:
    process = _start(folder, "parts", TORCHRUN, *STOPPED, "1e9" if number == signal.SIGTERM else "0")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("2"):
            os.kill(_trainers(process.pid)[1], number)
            break
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    if number == signal.SIGTERM:  # it reached one process; both finished the same step
        assert errors.count("SIGTERM: stopped after step") == 1
    (checkpoint,) = (folder / "parts").rglob("last.ckpt")
    done = steps_done(checkpoint)
    assert 0 < done < 8
    assert f"{done} of 8 steps were done before" in _run(folder, "parts", TORCHRUN, *STOPPED, "1e9")
    once, gone_on = _left(whole), _left(folder)
    assert [name for name in once[0] if not torch.equal(once[0][name], gone_on[0][name])] == []
    assert once[1] == gone_on[1]


@pytest.mark.parametrize("launchers", [(TORCHRUN, ALONE), (ALONE, TORCHRUN)], ids=["two to one", "one to two"])
def test_another_number_of_processes_goes_on(
    halves: Left, folder: Path, launchers: tuple[list[str], list[str]]
) -> None:
    first, second = launchers
    process = _start(folder, "parts", first, *HALVES, "1e9", SLOW="0.3")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("5"):  # in the middle of the second epoch
            os.kill(_trainers(process.pid)[1] if first else process.pid, signal.SIGTERM)
            break
    process.communicate(timeout=120)
    (checkpoint,) = (folder / "parts").rglob("last.ckpt")
    done = steps_done(checkpoint)
    assert 4 < done < 8
    assert f"{done} of 8 steps were done before" in _run(folder, "parts", second, *HALVES, "1e9")
    _assert_same(halves, _left(folder))


def _trainers(launcher: int) -> list[int]:
    """The processes that a launcher started, in the order of their numbers."""
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    return [int(child) for child in children if b"train.py" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_an_infinite_loss_in_one_process_stops_all_with_its_reason(folder: Path) -> None:
    process = _start(folder, "two", TORCHRUN, "finetune", "2", "0.0", "1e9", INFINITE="1")
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "at step 3 (epoch 1): lower the learning rate" in errors


def test_parts_that_cannot_be_dealt(folder: Path) -> None:
    process = _start(folder, "two", TORCHRUN, "finetune", "1", "0.0", "1e9")
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    found = "finetune.accumulate is 1, but 2 processes share the parts of a batch of 8; "
    assert found + "allowed for so many processes: 2, 4, 8" in errors


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_batch_norm_over_two_gpus_is_that_of_the_whole_batch(folder: Path) -> None:
    _run(folder, "one", ALONE, "finetune", "1", "0.0", "1e9", MSN_DEVICE="cuda")
    one = _left(folder)
    _run(folder, "two", TORCHRUN, "finetune", "2", "0.0", "1e9", MSN_DEVICE="cuda", SYNC="1")
    torch.testing.assert_close(one[0], _left(folder)[0], rtol=1e-2, atol=1e-3)
