"""Trainings in the artifact store are reused, resumed and published."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.artifacts.hashing import folder_digests, json_digest
from pipeline.estimators.finetuning import Finetuning
from pipeline.models.weights import load_network
from pipeline.training.cached_training import publish, train_cached
from pipeline.training.train import TrainingJob
from tests.pipeline.training.material import CLIP, FINETUNE, MODEL, write_sequence


@pytest.fixture
def scored(tmp_path: Path) -> list[tuple[Path, float]]:
    return [(write_sequence(tmp_path / f"r{number}", [10], seed=number), 7.0 * number) for number in range(3)]


def _train(scored: list[tuple[Path, float]], epochs: int, created: list[int], **source: Any) -> str:
    """Train through the store; return the key. The epochs of each training that is not reused go to `created`."""

    def make() -> Finetuning:
        created.append(epochs)
        return Finetuning(scored, [], None, CLIP, MODEL, FINETUNE)

    settings = FINETUNE.model_copy(update={"epochs": epochs})
    job = TrainingJob("finetune", settings, Finetuning, make, lambda: {"note": 1, **source})
    key = train_cached(job, scored[0][0].with_name("published"))
    assert key is not None
    return key


def test_an_identical_training_is_reused_and_a_different_one_is_not(
    scored: list[tuple[Path, float]], tmp_path: Path
) -> None:
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
    scored: list[tuple[Path, float]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
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


def _kill_in_epoch(number: int) -> Callable[[Finetuning], dict[str, float]]:
    def validate(module: Finetuning) -> dict[str, float]:
        if module.current_epoch + 1 == number:
            raise _Killed
        return {}

    return validate


def test_weights_and_curves_are_published(scored: list[tuple[Path, float]], tmp_path: Path) -> None:
    key = _train(scored, 1, [])
    for _ in range(2):  # the second time over the first outputs
        publish("finetune", key, tmp_path / "models/finetuned", tmp_path / "metrics/finetune")
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
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
    assert set(description.history["versions"]) == {"python", "msn-depression", "torch", "lightning", "numpy"}
    metrics = description.history["metrics"]
    assert metrics == json.loads((tmp_path / "metrics/finetune/metrics.json").read_text())
    assert metrics["step"] == 4


def test_digests_depend_on_content_and_not_on_the_path(tmp_path: Path) -> None:
    for name, text in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(text)
    first, copy, different = folder_digests(tmp_path / name for name in "abc")
    assert first == copy != different
    assert json_digest(["x", 1]) == json_digest(["x", 1]) != json_digest([1, "x"])


def test_activation_checkpointing_changes_neither_weights_nor_keys(
    scored: list[tuple[Path, float]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
