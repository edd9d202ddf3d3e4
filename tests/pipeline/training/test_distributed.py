"""Two processes that share the microbatches of each batch train the same weights as one process that computes all."""

import json
import os
import re
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
# Arguments: kind of training or fit, microbatches per batch, dropout, seconds between checkpoints.
TRAIN = """
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

import pipeline.training.checkpoint
import pipeline.training.loop
from pipeline.finetuning.finetuning import Finetuning
from pipeline.data.identity_images import open_identities
from pipeline.pretraining.recognition import Pretraining
from pipeline.training.distributed import rank
from pipeline.models.arrays import save_arrays
from pipeline.training.cached_training import Fit, TrainingJob, fit_cached, publish, train_cached
from pipeline.runtime.log import start_logging
from pipeline.training.launcher import exec_launcher
from tests.pipeline.training.material import FINETUNE, MODEL, PRETRAIN, finetuning

start_logging()
exec_launcher("train", [])  # which silences all processes but the first
kind, accumulate, dropout, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
pipeline.training.checkpoint.MIN_INTERVAL, pipeline.training.checkpoint.MAX_TIME_SHARE = seconds, 1e9
pipeline.training.loop.ROWS_PER_EPOCH = 1000  # the loss of every step
model = MODEL.model_copy(update={"dropout": dropout})
scored = [(Path(f"r{number}"), 7.0 * number) for number in range(5)]
if kind == "pretrain":
    settings = PRETRAIN.model_copy(update={"batch": 8, "accumulate": accumulate})
else:
    settings = FINETUNE.model_copy(update={"batch": 8, "accumulate": accumulate})
settings = settings.model_copy(update={"sync_batch_norm": "SYNC" in os.environ})


def make():
    if kind == "pretrain":
        return Pretraining(open_identities(Path("identities")), 8, model, settings)
    module = finetuning(scored[:3], scored[3:], model=model, settings=settings)
    original_loss = module.loss

    def loss(batch, forward):
        print(module.global_step, flush=True)
        time.sleep(float(os.environ.get("SLOW", "0")))
        if os.environ.get("INFINITE") == str(rank()) and module.global_step == 2:
            return original_loss(batch, forward) * float("inf")
        return original_loss(batch, forward)

    module.loss = loss
    return module


def fit(trainer):
    # Fits no network, or two, and saves their weights.
    print("fitting", flush=True)
    modules = [trainer(make).module for _ in range({"none": 0, "two": 2}[kind])]
    weights = {f"{n}.{name}": w.numpy() for n, module in enumerate(modules) for name, w in module.final_weights.items()}
    return lambda folder: save_arrays(folder, {"none": np.zeros(1), **weights})


if kind in ("none", "two"):
    key = fit_cached(Fit("finetune", settings, (Finetuning.__module__,), dict, fit), Path("curves"))
    publish("finetune", key, Path("model"), Path("curves"))
else:
    module_type = {"pretrain": Pretraining, "finetune": Finetuning}[kind]
    key = train_cached(TrainingJob(kind, settings, module_type, make, dict), Path("curves"))
    publish(kind, key, Path("model"), Path("curves"))
"""


def _write_material(tmp_path: Path) -> Path:
    """Write sequences, identities and the script; return the folder."""
    for number in range(5):
        write_sequence(tmp_path / f"r{number}", [10], seed=number)
    write_identities(tmp_path / "identities", [12, 10, 14])
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _write_material(tmp_path)


INTERRUPTED = ("finetune", "4", "0.5")  # arguments of the training that is stopped and resumed


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which two processes have done that training without a stop."""
    folder = _write_material(tmp_path_factory.mktemp("uninterrupted"))
    _run(folder, "two", TORCHRUN, *INTERRUPTED, "1e9")
    return folder


def _environment(folder: Path, store: str, variables: Mapping[str, str]) -> dict[str, str]:
    defaults = {"PYTHONPATH": str(ROOT), "MSN_WORK": str(folder / store), "MSN_DEVICE": "cpu"}
    return {**os.environ, **defaults, **variables}


def _start(
    folder: Path, store: str, launcher: Sequence[str], *arguments: str, **variables: str
) -> subprocess.Popen[str]:
    command = [sys.executable, *launcher, "train.py", *arguments]
    environment = _environment(folder, store, variables)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)  # type: ignore[call-overload]


ONE_PROCESS: list[str] = []
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run_in_slurm(folder: Path, store: str, *arguments: str) -> None:
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
        _start(folder, store, ONE_PROCESS, *arguments, **job, SLURM_PROCID=str(number), SLURM_LOCALID=str(number))
        for number in range(2)
    ]
    for task in tasks:
        _, errors = task.communicate(timeout=300)
        assert task.returncode == 0, errors


def _run(folder: Path, store: str, launcher: Sequence[str], *arguments: str, **variables: str) -> str:
    """Run a training that must succeed; return its log."""
    process = _start(folder, store, launcher, *arguments, **variables)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return errors


Outputs = tuple[dict[str, Tensor], dict[str, list[float]], dict[str, Any]]


def _read_outputs(folder: Path) -> Outputs:
    """Return the weights, every row of the curves and the description that a training wrote."""
    curves = {
        str(path.relative_to(folder)): [float(line.split("\t")[1]) for line in path.read_text().splitlines()[1:]]
        for path in sorted((folder / "curves").rglob("*.tsv"))
    }
    return (
        load_file(folder / "model/weights.safetensors"),
        curves,
        json.loads((folder / "model/description.json").read_text()),
    )


def _assert_same(expected: Outputs, actual: Outputs) -> None:
    """Check that weights and curves agree except for rounding: sums over microbatches are taken in another order.

    The error of a sum is as large as its terms allow, also where they cancel. So a weight may be off by 1e-6
    and 1e-4 of the largest one of its tensor.
    """
    assert expected[0].keys() == actual[0].keys()
    for name, weights in expected[0].items():
        difference = (weights.double() - actual[0][name].double()).abs().max()
        assert float(difference) <= 1e-6 + 1e-4 * float(weights.abs().max()), name
    assert expected[1].keys() == actual[1].keys()
    for name in expected[1]:
        assert actual[1][name] == pytest.approx(expected[1][name], rel=1e-4), name


HALVES = ("finetune", "2", "0.5")  # arguments of a training with two microbatches per batch


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """The outputs of one process that has computed each batch as two microbatches, without a stop."""
    folder = _write_material(tmp_path_factory.mktemp("halves"))
    _run(folder, "one", ONE_PROCESS, *HALVES, "1e9")
    return _read_outputs(folder)


# Fine-tuning has as many microbatches as processes here: with more, sums round differently, and Adam makes whole steps
# of gradients that are nothing but rounding.
@pytest.mark.parametrize(
    ("kind", "accumulate", "dropout"),
    [("pretrain", "2", "0.0"), ("finetune", "2", "0.0"), ("finetune", "2", "0.5"), ("pretrain", "4", "0.5")],
)
def test_two_processes_match_one_process(folder: Path, kind: str, accumulate: str, dropout: str) -> None:
    arguments = (kind, accumulate, dropout, "1e9")
    _run(folder, "one", ONE_PROCESS, *arguments)
    of_one = _read_outputs(folder)
    _run(folder, "two", TORCHRUN, *arguments)
    of_two = _read_outputs(folder)
    _assert_same(of_one, of_two)
    assert [outputs[2]["trained"]["processes"] for outputs in (of_one, of_two)] == [1, 2]
    assert [name for name in of_one[0] if "running_var" in name]
    assert len(of_one[1]["curves/plots/metrics/train/loss.tsv"]) == (6 if kind == "pretrain" else 8)


@pytest.mark.parametrize(("kind", "networks"), [("none", 0), ("two", 2)])
def test_a_fit_of_any_number_of_networks_runs_in_all_processes(folder: Path, kind: str, networks: int) -> None:
    arguments = (kind, "2", "0.0", "1e9")
    _run(folder, "one", ONE_PROCESS, *arguments)
    of_one = _read_outputs(folder)
    process = _start(folder, "two", TORCHRUN, *arguments)
    steps, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert steps.count("fitting") == 2
    _assert_same(of_one, _read_outputs(folder))
    assert {name.split(".")[0] for name in of_one[0]} == {"none", *map(str, range(networks))}
    assert len(list((folder / "two").rglob("last.ckpt"))) == networks


def test_tasks_of_slurm_match_one_process(folder: Path) -> None:
    arguments = ("finetune", "2", "0.0", "1e9")
    _run(folder, "one", ONE_PROCESS, *arguments)
    of_one = _read_outputs(folder)
    _run_in_slurm(folder, "two", *arguments)
    _assert_same(of_one, _read_outputs(folder))


def test_only_the_first_process_writes_files_and_logs(uninterrupted: Path) -> None:
    outputs = {path.name for path in uninterrupted.iterdir() if not path.name.startswith("r")}
    assert outputs == {"curves", "identities", "model", "train.py", "two"}
    files = {path.name for path in (uninterrupted / "two").rglob("*") if path.is_file()}
    (record,) = (uninterrupted / "two").glob("*/checksums/*.json")
    tables = {"loss.tsv", "learning_rate.tsv", "rmse.tsv", "mae.tsv"}
    assert files == {"last.ckpt", "metrics.json", "description.json", "weights.safetensors", record.name, *tables}
    process = _start(uninterrupted, "two", TORCHRUN, *INTERRUPTED, "1e9")
    _, errors = process.communicate(timeout=300)
    assert errors.count("finetune: this was fitted before") == 1
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_two_processes_resume_where_they_were_stopped(
    uninterrupted: Path, folder: Path, number: signal.Signals
) -> None:
    process = _start(folder, "interrupted", TORCHRUN, *INTERRUPTED, "1e9" if number == signal.SIGTERM else "0")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("2"):
            os.kill(_training_processes(process.pid)[1], number)
            break
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    if number == signal.SIGTERM:  # it reached one process; both finished the same step
        assert errors.count("SIGTERM: stopped after step") == 1
    (checkpoint,) = (folder / "interrupted").rglob("last.ckpt")
    done = steps_done(checkpoint)
    assert 0 < done < 8
    assert f"{done} of 8 steps were done before" in _run(folder, "interrupted", TORCHRUN, *INTERRUPTED, "1e9")
    expected, resumed = _read_outputs(uninterrupted), _read_outputs(folder)
    assert [name for name in expected[0] if not torch.equal(expected[0][name], resumed[0][name])] == []
    assert expected[1] == resumed[1]


@pytest.mark.parametrize(
    "launchers", [(TORCHRUN, ONE_PROCESS), (ONE_PROCESS, TORCHRUN)], ids=["two to one", "one to two"]
)
def test_a_different_number_of_processes_resumes(
    halves: Outputs, folder: Path, launchers: tuple[list[str], list[str]]
) -> None:
    first, second = launchers
    process = _start(folder, "interrupted", first, *HALVES, "1e9", SLOW="0.3")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("5"):  # in the middle of the second epoch
            os.kill(_training_processes(process.pid)[1] if first else process.pid, signal.SIGTERM)
            break
    process.communicate(timeout=120)
    (checkpoint,) = (folder / "interrupted").rglob("last.ckpt")
    done = steps_done(checkpoint)
    assert 4 < done < 8
    assert f"{done} of 8 steps were done before" in _run(folder, "interrupted", second, *HALVES, "1e9")
    _assert_same(halves, _read_outputs(folder))


def _training_processes(launcher: int) -> list[int]:
    """Return the IDs of the processes that a launcher started, in the order of their start."""
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    return [int(child) for child in children if b"train.py" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_an_infinite_loss_in_one_process_stops_all_processes(folder: Path) -> None:
    process = _start(folder, "two", TORCHRUN, "finetune", "2", "0.0", "1e9", INFINITE="1")
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    assert re.search(r"at step 3 \(epoch 1\), after \S+: lower the learning rate", errors)


def test_microbatches_that_cannot_be_shared_equally_are_rejected(folder: Path) -> None:
    process = _start(folder, "two", TORCHRUN, "finetune", "1", "0.0", "1e9")
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    message = "finetune.accumulate is 1, but 2 processes share the parts of a batch of 8; "
    assert message + "allowed for so many processes: 2, 4, 8" in errors


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_sync_batch_norm_over_two_gpus_is_batch_norm_over_the_whole_batch(folder: Path) -> None:
    _run(folder, "one", ONE_PROCESS, "finetune", "1", "0.0", "1e9", MSN_DEVICE="cuda")
    of_one = _read_outputs(folder)
    _run(folder, "two", TORCHRUN, "finetune", "2", "0.0", "1e9", MSN_DEVICE="cuda", SYNC="1")
    torch.testing.assert_close(of_one[0], _read_outputs(folder)[0], rtol=1e-2, atol=1e-3)
