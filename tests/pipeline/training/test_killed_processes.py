"""A training process that is killed and resumed ends with the losses and weights of an uninterrupted one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from pipeline.training.checkpoint import steps_done
from tests.pipeline.training.material import write_sequence

ROOT = Path(__file__).parents[3]
TRAIN = """
import sys
from pathlib import Path

import pipeline.training.checkpoint
import pipeline.training.loop
from pipeline.finetuning.finetuning import Finetuning
from pipeline.training.cached_training import TrainingJob, publish, train_cached
from tests.pipeline.training.material import FINETUNE, finetuning

pipeline.training.checkpoint.MIN_INTERVAL = float(sys.argv[1])
pipeline.training.checkpoint.MAX_TIME_SHARE = 1e9
pipeline.training.loop.ROWS_PER_EPOCH = 1000  # the loss of every step
settings = FINETUNE.model_copy(update={"steps": 12, "accumulate": 2})
scored = [(Path(f"r{number}"), 7.0 * number) for number in range(3)]


def make():
    module = finetuning(scored, settings=settings)
    original_loss = module.loss

    def loss(batch, forward):
        print(module.global_step, flush=True)
        return original_loss(batch, forward)

    module.loss = loss
    return module


key = train_cached(TrainingJob("finetune", settings, Finetuning, make, dict), Path("curves"))
publish("finetune", key, Path("model"), Path("curves"))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        write_sequence(tmp_path / f"r{number}", [10], seed=number)
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def _start(folder: Path, store: str, seconds: float) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MSN_WORK": str(folder / store), "MSN_DEVICE": "cpu"}
    command = [sys.executable, "train.py", str(seconds)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)  # type: ignore[call-overload]


def _outcome(folder: Path, store: str, first: int) -> tuple[str, dict[str, list[float]]]:
    """Run a training to its end from step `first`; return the loss of every step and the weights."""
    process = _start(folder, store, 1e9)
    steps, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert int(steps.split()[0]) == first
    losses = (folder / "curves/plots/metrics/train/loss.tsv").read_text()
    weights = load_file(folder / "model/weights.safetensors")
    return losses, {name: tensor.flatten().tolist() for name, tensor in weights.items()}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_training_resumes_bit_for_bit(folder: Path, number: signal.Signals) -> None:
    losses, weights = _outcome(folder, "uninterrupted", first=0)
    assert len(losses.splitlines()) == 25  # a heading and 24 steps
    # Before SIGKILL a checkpoint is written after every step; before SIGTERM none is, but SIGTERM itself causes one.
    process = _start(folder, "interrupted", 0.0 if number == signal.SIGKILL else 1e9)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("5"):  # in the middle of the first epoch
            process.send_signal(number)
            break
    _, errors = process.communicate(timeout=60)
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 1, errors
        assert "SIGTERM: stopped after step" in errors
        assert "run the same again to go on from there" in errors
    (checkpoint,) = (folder / "interrupted").rglob("last.ckpt")
    done = steps_done(checkpoint)
    assert done > 0
    assert _outcome(folder, "interrupted", first=done) == (losses, weights)
