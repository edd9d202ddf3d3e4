"""The stage finetune, run for real at the smallest scale, and killed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file

from pipeline.models.weights import load_network
from pipeline.params_check import check_params
from pipeline.records.labels import Label, write_labels
from stages.finetune import main
from stages.pretrain import main as pretrain
from tests.pipeline.training.material import write_identities, write_sequence

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workplace(tmp_path: Path, smallest: dict[str, Any]) -> Path:
    """Five labelled recordings, a test recording without a label, and no pretrained weights."""
    labels = []
    for number in range(5):
        write_sequence(tmp_path / "sequences" / f"r{number}", [10, 9], seed=number)
        partition = "development" if number > 2 else "training"
        labels.append(Label(f"r{number}", f"s{number}", "", "", partition, 5.0 * number))
    write_sequence(tmp_path / "sequences" / "of the test partition", [10, 9], seed=99)
    write_labels(tmp_path / "labels.csv", labels)
    settings = {**smallest, "pretrain": {**smallest["pretrain"], "source": "none"}}
    pretrain(check_params(settings), tmp_path / "nothing", tmp_path / "pretrained", tmp_path / "no curves")
    return tmp_path


def _values(smallest: dict[str, Any], **finetune: Any) -> dict[str, Any]:
    return {**smallest, "finetune": {**smallest["finetune"], **finetune}}


def _paths(workplace: Path, output: str = "out") -> list[Path]:
    inputs = [workplace / name for name in ("sequences", "labels.csv", "pretrained")]
    return [*inputs, workplace / output / "finetuned", workplace / output / "curves"]


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_outputs_are_loadable_weights_and_learning_curves(smallest: dict[str, Any], workplace: Path) -> None:
    main(check_params(_values(smallest)), *_paths(workplace))
    assert set(_files(workplace / "out")) == {
        "finetuned/weights.safetensors",
        "finetuned/description.json",
        "curves/metrics.json",
        "curves/plots/metrics/train/loss.tsv",
        "curves/plots/metrics/train/learning_rate.tsv",
    }
    _, description = load_network(workplace / "out/finetuned")
    assert description.target is not None
    assert description.target.mean == 10.0  # of 0, 5, 10, 15, 20
    assert description.history["trained"]["fitted"]["recordings"] == 5
    assert description.history["trained"]["pretrained"] == "none"


def test_the_description_names_no_recording(smallest: dict[str, Any], workplace: Path) -> None:
    main(check_params(_values(smallest)), *_paths(workplace))
    text = (workplace / "out/finetuned/description.json").read_text()
    assert not [number for number in range(5) if f"r{number}" in text]


def test_fine_tuning_starts_from_pretrained_weights(smallest: dict[str, Any], workplace: Path) -> None:
    identities = write_identities(workplace / "identities", [6, 6])
    pretrain(check_params(smallest), identities, workplace / "pretrained", workplace / "no curves")
    no_learning = _values(smallest, learning_rate=1e-30)  # so that the weights stay as they are
    main(check_params(no_learning), *_paths(workplace))
    initial, final = (load_file(workplace / path / "weights.safetensors") for path in ("pretrained", "out/finetuned"))
    convolutions = [name for name in initial if name.startswith("backbone.") and name.endswith("convolution.weight")]
    assert len(convolutions) > 20
    assert all(initial[name].equal(final[name]) for name in convolutions)


def test_validation_has_a_curve_and_the_best_epoch_is_saved(smallest: dict[str, Any], workplace: Path) -> None:
    main(check_params(_values(smallest, validation="development", epochs=3)), *_paths(workplace))
    rows = (workplace / "out/curves/plots/metrics/validation/rmse.tsv").read_text().split()[2:]
    description = json.loads((workplace / "out/finetuned/description.json").read_text())
    rmses = [float(value) for value in rows[1::2]]
    assert description["best"] == {"epoch": rmses.index(min(rmses)) + 1, "rmse": min(rmses)}
    assert description["trained"]["fitted"]["recordings"] == 3
    assert description["trained"]["validated"]["recordings"] == 2


def test_permuted_labels_have_the_same_mean_and_give_different_weights(
    smallest: dict[str, Any], workplace: Path
) -> None:
    main(check_params(_values(smallest)), *_paths(workplace))
    main(check_params(_values(smallest, labels="permuted")), *_paths(workplace, "permuted"))
    descriptions = [load_network(workplace / folder / "finetuned")[1] for folder in ("out", "permuted")]
    assert descriptions[0].target == descriptions[1].target
    weights = [(workplace / folder / "finetuned/weights.safetensors").read_bytes() for folder in ("out", "permuted")]
    assert weights[0] != weights[1]


def test_recordings_that_are_not_fitted_change_nothing(smallest: dict[str, Any], workplace: Path) -> None:
    main(check_params(_values(smallest)), *_paths(workplace))
    write_sequence(workplace / "sequences" / "another of the test partition", [8], seed=5)
    main(check_params(_values(smallest)), *_paths(workplace, "again"))
    assert _files(workplace / "again") == _files(workplace / "out")


def test_a_label_of_the_test_partition_is_rejected(smallest: dict[str, Any], workplace: Path) -> None:
    write_labels(workplace / "labels.csv", [Label("r0", "s", "", "", "test", 3.0)])
    with pytest.raises(ValueError, match="r0 is of the test partition"):
        main(check_params(_values(smallest)), *_paths(workplace))


def test_recordings_without_any_clip_are_an_error(smallest: dict[str, Any], workplace: Path) -> None:
    write_sequence(workplace / "sequences" / "dark", [40], absent=True)
    write_labels(workplace / "labels.csv", [Label(name, "s", "", "", "training", 3.0) for name in ("gone", "dark")])
    with pytest.raises(ValueError, match=r"none of the 2 recordings .* has a clip .*1: no face"):
        main(check_params(_values(smallest)), *_paths(workplace))


# Runs the stage twice as DVC does: first in a child process, which writes a checkpoint after every step and kills
# itself by SIGKILL in step 6, and then in its parent, which resumes. It is a fork, because importing PyTorch takes
# longest.
KILL_AND_RUN_AGAIN = """
import os, runpy, signal
import pipeline.training.checkpoint as checkpoint
from pipeline.estimators.finetuning import Finetuning
checkpoint.MIN_INTERVAL, checkpoint.MAX_TIME_SHARE = 0.0, 1e9
child = os.fork()
if not child:
    original_loss = Finetuning.loss
    def loss(module, batch, forward):
        if module.global_step == 6:
            os.kill(os.getpid(), signal.SIGKILL)
        return original_loss(module, batch, forward)
    Finetuning.loss = loss
else:
    status = os.waitpid(child, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    assert os.listdir("out") == ["curves"]  # published while it ran
runpy.run_module("stages.finetune", run_name="__main__", alter_sys=True)
"""


def test_a_stage_killed_by_sigkill_resumes(
    smallest: dict[str, Any], workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = _values(smallest, epochs=2, steps=4, validation="development")
    main(check_params(values), *_paths(workplace, "uninterrupted"))
    (workplace / "params.yaml").write_text(yaml.safe_dump(values))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MSN_WORK", str(workplace / "other store"))
    command = [sys.executable, "-c", KILL_AND_RUN_AGAIN, *map(str, _paths(workplace))]
    process = subprocess.run(command, cwd=workplace, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert "6 of 8 steps were done before" in process.stderr
    assert _files(workplace / "out") == _files(workplace / "uninterrupted")
