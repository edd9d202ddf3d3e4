"""Trainings in the artifact store are reused, resumed and published."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.artifacts.hashing import folder_digest, json_digest
from pipeline.finetuning.finetuning import Finetuning
from pipeline.models.arrays import save_arrays
from pipeline.models.weights import load_network, read_weights
from pipeline.params.training import Finetune
from pipeline.runtime.file_digest import file_digest
from pipeline.training.cached_training import (
    Fit,
    Save,
    TrainedModule,
    Trainer,
    TrainingJob,
    fit_cached,
    publish,
    train_cached,
)
from tests.pipeline.training.material import FINETUNE, finetuning, write_sequence

Scored = list[tuple[Path, float]]

VERSIONS = {"python", "msn-depression", "torch", "lightning", "numpy", "scikit-learn"}


@pytest.fixture
def scored(tmp_path: Path) -> Scored:
    return [(write_sequence(tmp_path / f"r{number}", [10], seed=number), 7.0 * number) for number in range(3)]


def _train(scored: Scored, epochs: int, created: list[int], **source: Any) -> str:
    """Train through the store; return the key. The epochs of each training that is not reused go to `created`."""

    def make() -> Finetuning:
        created.append(epochs)
        return finetuning(scored)

    settings = FINETUNE.model_copy(update={"epochs": epochs})
    job = TrainingJob("finetune", settings, Finetuning, make, lambda: {"note": 1, **source})
    key = train_cached(job, scored[0][0].with_name("published"))
    assert key is not None
    return key


def test_an_identical_training_is_reused_and_a_different_one_is_not(scored: Scored, tmp_path: Path) -> None:
    created: list[int] = []
    key = _train(scored, 1, created)
    assert _train(scored, 1, created) == key
    assert created == [1]
    assert _train(scored, 1, created, data="other") != key
    assert _train(scored, 2, created) != key
    assert created == [1, 1, 2]


class _Killed(BaseException):
    """Stands in for a kill: nothing catches it."""


def test_fewer_epochs_leave_the_progress_of_more_unchanged(
    scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def weights(key: str, store: str) -> bytes:
        return (tmp_path / store / "finetune/items" / key / "model/weights.safetensors").read_bytes()

    monkeypatch.setenv("MSN_WORK", str(tmp_path / "separate"))
    expected = {epochs: weights(_train(scored, epochs, []), "separate") for epochs in (1, 3)}
    monkeypatch.setenv("MSN_WORK", str(tmp_path / "work"))
    with monkeypatch.context() as patch:
        patch.setattr(Finetuning, "validate", _kill_in_epoch(3))
        with pytest.raises(_Killed):
            _train(scored, 3, [])
    caplog.set_level("INFO")
    assert weights(_train(scored, 1, []), "work") == expected[1]
    assert "epoch 2 was begun before; training to epoch 1 is done beside that" in caplog.text
    caplog.clear()
    assert weights(_train(scored, 3, []), "work") == expected[3]
    assert "8 of 12 steps were done before" in caplog.text


def test_a_damaged_checkpoint_costs_its_steps_and_not_the_result(
    scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MSN_WORK", str(tmp_path / "separate"))
    expected = _train(scored, 3, [])
    monkeypatch.setenv("MSN_WORK", str(tmp_path / "work"))
    with monkeypatch.context() as patch:
        patch.setattr(Finetuning, "validate", _kill_in_epoch(3))
        with pytest.raises(_Killed):
            _train(scored, 3, [])
    (checkpoint,) = (tmp_path / "work").rglob("last.ckpt")
    os.truncate(checkpoint, 1000)
    assert _train(scored, 3, []) == expected
    assert f"{checkpoint} is damaged: it is now last.ckpt.damaged, and the training starts again" in caplog.text
    items = [tmp_path / store / "finetune/items" / expected for store in ("separate", "work")]
    assert len(set(map(folder_digest, items))) == 1


def _kill_in_epoch(number: int) -> Callable[[Finetuning], dict[str, float]]:
    def validate(module: Finetuning) -> dict[str, float]:
        if module.current_epoch + 1 == number:
            raise _Killed
        return {}

    return validate


def test_weights_and_curves_are_published(scored: Scored, tmp_path: Path) -> None:
    key = _train(scored, 1, [])
    for _ in range(2):  # the second time over the first outputs
        publish("finetune", key, tmp_path / "models/finetuned", tmp_path / "metrics/finetune")
    files = _files(tmp_path)
    assert [file for file in files if file.startswith("m")] == [
        "metrics/finetune/metrics.json",
        "metrics/finetune/plots/metrics/train/learning_rate.tsv",
        "metrics/finetune/plots/metrics/train/loss.tsv",
        "models/finetuned/description.json",
        "models/finetuned/weights.safetensors",
    ]
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["finetuned"]
    _, description = load_network(tmp_path / "models/finetuned")
    assert description.history["source"] == "train"
    settings = FINETUNE.model_dump(exclude={"epochs"})
    assert description.history["trained"] == {"note": 1, "finetune": settings, "epochs": 1, "processes": 1}
    assert set(description.history["versions"]) == VERSIONS
    metrics = description.history["metrics"]
    assert metrics == json.loads((tmp_path / "metrics/finetune/metrics.json").read_text())
    assert metrics["step"] == 4


def _fit_arrays(fitted: list[Finetune], settings: Finetune = FINETUNE, **source: Any) -> Fit:
    """A fit that trains no network. The settings of each fit that is not reused go to `fitted`."""

    def fit(trainer: Trainer) -> Save:
        fitted.append(settings)
        return lambda folder: save_arrays(folder, {"mean": np.array([7.0])})

    return Fit("finetune", settings, ("pipeline.models.arrays",), lambda: {"note": 1, **source}, fit)


def test_a_fit_without_a_network_leaves_no_progress_and_an_empty_summary(tmp_path: Path) -> None:
    curves = tmp_path / "metrics/finetune"
    key = fit_cached(_fit_arrays([]), curves)
    assert not curves.exists()  # curves are published while a network trains
    assert [path for path in _store().rglob("scratch/*")] == []
    assert [path.name for path in (_store() / "finetune/items").iterdir()] == [key]
    publish("finetune", key, tmp_path / "models/finetuned", curves)
    assert _files(tmp_path / "metrics") == ["finetune/metrics.json"]
    assert json.loads((curves / "metrics.json").read_text()) == {}
    assert _files(tmp_path / "models") == ["finetuned/description.json", "finetuned/weights.safetensors"]


def test_a_fit_without_a_network_is_described(tmp_path: Path) -> None:
    publish("finetune", fit_cached(_fit_arrays([], data="x"), tmp_path / "c"), tmp_path / "model", tmp_path / "curves")
    description = json.loads((tmp_path / "model/description.json").read_text())
    assert set(description.pop("versions")) == VERSIONS
    assert description.pop("weights_sha256") == file_digest(tmp_path / "model/weights.safetensors")
    settings = json.loads(FINETUNE.model_dump_json(exclude={"epochs"}))
    assert description == {
        "source": "train",
        "trained": {"note": 1, "data": "x", "finetune": settings, "epochs": 2, "processes": 1},
    }


def test_an_identical_fit_is_reused_and_a_different_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    fitted: list[Finetune] = []
    key = fit_cached(_fit_arrays(fitted), tmp_path / "curves")
    assert "finetune: this was fitted before" not in caplog.text
    assert fit_cached(_fit_arrays(fitted), tmp_path / "curves") == key
    assert "finetune: this was fitted before" in caplog.text
    assert fitted == [FINETUNE]
    other_seed = FINETUNE.model_copy(update={"seed": 2})
    other_code = replace(_fit_arrays(fitted), modules=("pipeline.models.arrays", "pipeline.finetuning.ema"))
    others = [_fit_arrays(fitted, data="other"), _fit_arrays(fitted, other_seed), other_code]
    assert len({key, *(fit_cached(fit, tmp_path / "curves") for fit in others)}) == 4
    assert fitted == [FINETUNE, FINETUNE, other_seed, FINETUNE]


def test_a_fit_that_fails_leaves_nothing_in_the_store(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "weights.safetensors").write_bytes(b"half of")
        raise ValueError("no support vectors")

    fitted: list[Finetune] = []
    with pytest.raises(ValueError, match="no support vectors"):
        fit_cached(replace(_fit_arrays(fitted), fit=lambda trainer: fail), tmp_path / "curves")
    assert _files(_store()) == []
    fit_cached(_fit_arrays(fitted), tmp_path / "curves")
    assert len(fitted) == 1


def _store() -> Path:
    return Path(os.environ["MSN_WORK"])


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("[!.]*") if path.is_file())


def _fit_two(scored: Scored, epochs: int, trained: list[TrainedModule] | None = None) -> Path:
    """Fit two networks, one to each half of the recordings, through the store; return the folder of the weights."""
    settings = FINETUNE.model_copy(update={"epochs": epochs})

    def fit(trainer: Trainer) -> Save:
        networks = [trainer(lambda part=part: finetuning(part)) for part in (scored[:2], scored[1:])]  # type: ignore[misc]
        if trained is not None:
            trained.extend(networks)
        arrays = {
            f"{number}.{name}": tensor.numpy()
            for number, network in enumerate(networks)
            for name, tensor in network.module.final_weights.items()
        }
        return lambda folder: save_arrays(folder, arrays)

    job = Fit("finetune", settings, (Finetuning.__module__,), lambda: {"networks": 2}, fit)
    key = fit_cached(job, scored[0][0].with_name("published"))
    return _store() / f"finetune/items/{key}/model"


def _assert_weights(folder: Path, alone: list[Path]) -> None:
    """Check that a fit of two networks has exactly the weights of networks that were trained alone."""
    actual = read_weights(folder / "weights.safetensors")
    expected = {
        f"{number}.{name}": tensor
        for number, one in enumerate(alone)
        for name, tensor in read_weights(one / "weights.safetensors").items()
    }
    assert actual.keys() == expected.keys()
    assert [name for name in expected if not torch.equal(actual[name], expected[name])] == []


@pytest.fixture
def alone(scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The model folders of the two networks of `_fit_two` after two epochs, each trained alone in another store."""
    with monkeypatch.context() as patch:
        patch.setenv("MSN_WORK", str(tmp_path / "separate"))
        keys = [_train(part, 2, [], part=number) for number, part in enumerate((scored[:2], scored[1:]))]
        return [_store() / f"finetune/items/{key}/model" for key in keys]


def test_a_fit_of_two_networks_keeps_the_progress_of_each(
    scored: Scored, alone: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    _fit_two(scored, 1)
    assert len(list((_store() / "finetune/scratch").iterdir())) == 2
    caplog.clear()
    folder = _fit_two(scored, 2)
    assert caplog.text.count("4 of 8 steps were done before") == 2
    assert len(list((_store() / "finetune/scratch").iterdir())) == 2
    _assert_weights(folder, alone)


def test_a_fit_that_is_killed_in_its_second_network_resumes_there(
    scored: Scored,
    alone: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def kill_in_the_second(module: Finetuning) -> dict[str, float]:
        if module.task.fitted == scored[1:] and module.current_epoch == 1:
            raise _Killed
        return {}

    with monkeypatch.context() as patch, pytest.raises(_Killed):
        patch.setattr(Finetuning, "validate", kill_in_the_second)
        _fit_two(scored, 2)
    assert list((_store() / "finetune/items").glob("*")) == []
    caplog.set_level("INFO")
    folder = _fit_two(scored, 2)
    assert [caplog.text.count(f"{done} of 8 steps were done before") for done in (8, 4)] == [1, 1]
    _assert_weights(folder, alone)


def test_fewer_epochs_leave_the_progress_of_both_networks_unchanged(
    scored: Scored, alone: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    _fit_two(scored, 3)
    caplog.set_level("INFO")
    folder = _fit_two(scored, 2)
    assert caplog.text.count("epoch 3 was begun before; training to epoch 2 is done beside that") == 2
    assert len(list((_store() / "finetune/scratch").iterdir())) == 4
    _assert_weights(folder, alone)


def test_the_facts_of_each_network_are_its_own(scored: Scored, alone: list[Path]) -> None:
    trained: list[TrainedModule] = []
    _fit_two(scored, 2, trained)
    metrics = [json.loads((folder / "description.json").read_text())["metrics"] for folder in alone]
    assert metrics[0]["train"]["loss"] != metrics[1]["train"]["loss"]
    assert [network.facts["metrics"] for network in trained] == metrics


def test_digests_depend_on_content_and_not_on_the_path(tmp_path: Path) -> None:
    for name, text in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(text)
    first, copy, different = (folder_digest(tmp_path / name) for name in "abc")
    assert first == copy != different
    assert json_digest(["x", 1]) == json_digest(["x", 1]) != json_digest([1, "x"])


def test_activation_checkpointing_changes_neither_weights_nor_keys(
    scored: Scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = {}
    for value in ("0", "1"):
        monkeypatch.setenv("MSN_CHECKPOINTING", value)
        monkeypatch.setenv("MSN_WORK", str(tmp_path / value))
        publish("finetune", _train(scored, 1, []), tmp_path / f"model{value}", tmp_path / f"curves{value}")
        weights[value] = (tmp_path / f"model{value}" / "weights.safetensors").read_bytes()
    assert weights["0"] == weights["1"]
    monkeypatch.setenv("MSN_CHECKPOINTING", "yes")
    with pytest.raises(ValueError, match="MSN_CHECKPOINTING is 'yes'; allowed: 0 or 1"):
        _train(scored, 2, [])
