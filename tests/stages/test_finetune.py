"""The stage finetune, run for real at the smallest scale, and killed."""

import json
import logging
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file

from pipeline.models.model_folder import read_model_folder
from pipeline.models.weights import load_network
from pipeline.nets.heads import Expectation
from pipeline.params.check import check_params
from pipeline.records.labels import Label, read_labels, write_labels
from pipeline.records.origin import Origin
from pipeline.records.origin_file import write_origin
from pipeline.runtime.damage import DamagedError
from stages.finetune import main
from stages.pretrain import main as pretrain
from tests.pipeline.training.material import overwrite_a_byte, write_checksums_of, write_identities, write_sequence
from tests.stages.model_folders import LPQ_SETTINGS, write_flat_sequence

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
    write_origin(tmp_path / "origin.json", None)
    _choose(tmp_path, "clip_network", {})
    settings = {**smallest, "pretrain": {**smallest["pretrain"], "source": "none"}}
    pretrain(check_params(settings), tmp_path / "nothing", tmp_path / "pretrained", tmp_path / "no curves")
    return tmp_path


def _choose(workplace: Path, name: str, settings: dict[str, Any]) -> None:
    """Write the choice as stage estimator does."""
    (workplace / "estimator.json").write_text(json.dumps({"name": name, "settings": settings}))


def _values(smallest: dict[str, Any], **finetune: Any) -> dict[str, Any]:
    return {**smallest, "finetune": {**smallest["finetune"], **finetune}}


def _frame_values(smallest: dict[str, Any], **finetune: Any) -> dict[str, Any]:
    """Return parameters for a network of single frames."""
    changes = {
        "model": {**smallest["model"], "name": "resnet50"},
        "estimator": {**smallest["estimator"], "name": "frame_expectation"},
    }
    return _values(smallest, **finetune) | changes


def _paths(workplace: Path, output: str = "out") -> list[Path]:
    names = ("estimator.json", "sequences", "aligned", "labels.csv", "origin.json", "pretrained")
    return [*(workplace / name for name in names), workplace / output / "finetuned", workplace / output / "curves"]


def _files(folder: Path) -> dict[str, bytes]:
    """Return the content of the outputs by path, without that of their checksums."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("[!.]*") if path.is_file()}


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
    values = json.loads((workplace / "out/finetuned/description.json").read_text())
    assert (values["estimator"], values["span"], values["clip"]) == ({"name": "clip_network", "settings": {}}, 8, 8)
    assert values["footage"]["rates"] == [3.75, 3.75, 3.75]
    assert values["footage"]["preprocessing"]["subsample"] == {"factor": 2, "phases": 2}


def test_damaged_sequences_are_not_trained_on(smallest: dict[str, Any], workplace: Path) -> None:
    write_checksums_of(workplace / "sequences")
    shard = workplace / "sequences/r1/faces/c/0/0/0/0"
    overwrite_a_byte(shard)
    for _ in range(2):
        with pytest.raises(DamagedError, match=rf"{shard}: damaged: other content than when it was made"):
            main(check_params(_values(smallest)), *_paths(workplace))
    assert not (workplace / "out").exists()


def test_a_lost_recording_is_not_left_out(smallest: dict[str, Any], workplace: Path) -> None:
    write_checksums_of(workplace / "sequences")
    shutil.rmtree(workplace / "sequences/r1")
    with pytest.raises(DamagedError, match=r"sequences/r1: missing; `dvc repro` makes it again"):
        main(check_params(_values(smallest)), *_paths(workplace))


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


def test_a_model_that_is_fitted_to_permuted_scores_says_so(smallest: dict[str, Any], workplace: Path) -> None:
    labels, words = workplace / "labels.csv", "scores permuted among sessions, draw 3"
    main(check_params(_values(smallest)), *_paths(workplace))
    assert read_model_folder(workplace / "out/finetuned").controls == ()
    write_labels(labels, [replace(label, permuted=words) for label in read_labels(labels)])  # and the same scores
    main(check_params(_values(smallest)), *_paths(workplace, "permuted"))
    assert read_model_folder(workplace / "permuted/finetuned").controls == (f"fitted to {words}",)


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


def test_a_network_of_single_frames_is_fitted_to_recordings_without_a_clip_too(
    smallest: dict[str, Any], workplace: Path
) -> None:
    write_sequence(workplace / "sequences" / "blinking", [10, 9], absent=range(0, 19, 2))  # no two faces in a row
    with (workplace / "labels.csv").open("a") as labels:
        labels.write("blinking,s9,,,training,40\n")
    _choose(workplace, "frame_expectation", {})
    main(check_params(_frame_values(smallest, validation="development")), *_paths(workplace))
    network, description = load_network(workplace / "out/finetuned")
    assert (description.head, description.clip, description.target) == (Expectation(64), 1, None)
    assert network.head.last.out_features == 64  # type: ignore[union-attr]
    values = json.loads((workplace / "out/finetuned/description.json").read_text())
    assert (values["estimator"], values["span"]) == ({"name": "frame_expectation", "settings": {}}, 1)
    assert values["trained"]["fitted"]["recordings"] == 4  # with the one that has no clip of 8 faces
    assert values["trained"]["validated"]["recordings"] == 2
    plots = workplace / "out/curves/plots/metrics"
    assert {str(path.relative_to(plots)) for path in plots.rglob("*.tsv")} >= {"train/loss.tsv", "validation/rmse.tsv"}


LPQ_CHOICE = {**LPQ_SETTINGS, "costs": [32.0], "epsilons": [0.5]}


@pytest.fixture
def lpq_workplace(workplace: Path) -> Path:
    """The same recordings, that with the score 5 of faces of one grey; and no pretrained weights at all."""
    shutil.rmtree(workplace / "sequences" / "r1")
    write_flat_sequence(workplace / "sequences" / "r1", 11)
    shutil.rmtree(workplace / "pretrained")
    _choose(workplace, "lpq_svr", LPQ_CHOICE)
    return workplace


def test_the_model_says_how_its_corpus_was_made(smallest: dict[str, Any], lpq_workplace: Path) -> None:
    main(check_params(_values(smallest)), *_paths(lpq_workplace, "recorded"))
    write_origin(lpq_workplace / "origin.json", Origin("drawn", 0.0, "dynamics"))
    main(check_params(_values(smallest)), *_paths(lpq_workplace, "drawn"))
    texts = [(lpq_workplace / name / "finetuned/description.json").read_text() for name in ("recorded", "drawn")]
    assert "origin" not in json.loads(texts[0])
    assert json.loads(texts[1])["origin"] == {"kind": "drawn", "cue": 0.0, "cue_in": "dynamics"}


def test_an_estimator_without_a_network_has_arrays_and_no_learning_curves(
    smallest: dict[str, Any], lpq_workplace: Path
) -> None:
    main(check_params(_values(smallest)), *_paths(lpq_workplace))
    assert set(_files(lpq_workplace / "out")) == {
        "finetuned/weights.safetensors",
        "finetuned/description.json",
        "curves/metrics.json",
    }
    assert (lpq_workplace / "out/curves/metrics.json").read_text() == "{}\n"
    text = (lpq_workplace / "out/finetuned/description.json").read_text()
    assert not [number for number in range(5) if f"r{number}" in text or f"s{number}" in text]
    values = json.loads(text)
    assert values["estimator"]["name"] == "lpq_svr"
    assert values["estimator"]["settings"] == LPQ_CHOICE
    assert (values["span"], values["trained"]["fitted"]["recordings"]) == (1, 5)
    assert not {"model", "head", "clip", "target"} & set(values)
    # C is so large that all five scores are met, but for the tube of 0.5 points.
    arrays = load_arrays(lpq_workplace / "out/finetuned/weights.safetensors")
    flat = np.zeros((16, 256))
    flat[:, 0] = 1  # LPQ gives code 0 to all pixels of flat faces
    rows = np.vstack([flat.ravel(), arrays["support_vectors"]])
    kernel = np.minimum(rows[:, None], arrays["support_vectors"]).sum(axis=2)
    estimates = kernel @ arrays["coefficients"] + arrays["intercept"]
    assert estimates[0] == pytest.approx(5.0, abs=0.51)
    assert len(estimates) > 3
    assert all(np.abs(estimate - np.array([0, 5, 10, 15, 20])).min() < 0.51 for estimate in estimates)


def test_an_estimator_that_was_fitted_before_is_not_fitted_again(
    smallest: dict[str, Any], lpq_workplace: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    main(check_params(_values(smallest)), *_paths(lpq_workplace))
    monkeypatch.setattr("pipeline.estimators.lpq_svr.select_svr", lambda *_: pytest.fail("it was fitted again"))
    with caplog.at_level(logging.INFO):
        main(check_params(_values(smallest)), *_paths(lpq_workplace, "again"))
    assert _files(lpq_workplace / "again") == _files(lpq_workplace / "out")
    assert "finetune: this was fitted before" in caplog.text


def test_settings_of_networks_change_nothing_of_an_estimator_without_a_network(
    smallest: dict[str, Any], lpq_workplace: Path
) -> None:
    main(check_params(_values(smallest)), *_paths(lpq_workplace))
    main(check_params(_values(smallest, learning_rate=0.0002, epochs=3)), *_paths(lpq_workplace, "again"))
    assert _files(lpq_workplace / "again") == _files(lpq_workplace / "out")
    trained = json.loads((lpq_workplace / "out/finetuned/description.json").read_text())["trained"]
    assert not {"finetune", "epochs", "model", "pretrained"} & set(trained)


def test_other_settings_or_recordings_give_another_fit_and_features_are_computed_once(
    smallest: dict[str, Any], lpq_workplace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    main(check_params(_values(smallest)), *_paths(lpq_workplace))
    weights = [(lpq_workplace / "out/finetuned/weights.safetensors").read_bytes()]
    _choose(lpq_workplace, "lpq_svr", {**LPQ_CHOICE, "costs": [0.001]})
    with caplog.at_level(logging.INFO):
        main(check_params(_values(smallest)), *_paths(lpq_workplace, "costs"))
        assert "lpq features: 5 of 5 were finished before" in caplog.text
        weights.append((lpq_workplace / "costs/finetuned/weights.safetensors").read_bytes())
        caplog.clear()
        shutil.rmtree(lpq_workplace / "sequences/r4")
        write_sequence(lpq_workplace / "sequences/r4", [10, 9], seed=77)
        main(check_params(_values(smallest)), *_paths(lpq_workplace, "recordings"))
        assert "lpq features: 4 of 5 were finished before" in caplog.text
        weights.append((lpq_workplace / "recordings/finetuned/weights.safetensors").read_bytes())
    assert len(set(weights)) == 3


# Runs the stage twice as DVC does: first in a child process, which writes a checkpoint after every step and kills
# itself by SIGKILL in step 6, and then in its parent, which resumes. It is a fork, because importing PyTorch takes
# longest.
KILL_AND_RUN_AGAIN = """
import os, runpy, signal
import pipeline.training.checkpoint as checkpoint
from pipeline.finetuning.finetuning import Finetuning
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
