"""The fit of an estimator: the recordings it uses, what determines its result, and what its model folder says."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.data.clips.geometry import GeometryMismatchError
from pipeline.data.split import Split
from pipeline.finetuning.finetuning import Finetuning
from pipeline.finetuning.fit_estimator import fit_of
from pipeline.models.description import Description
from pipeline.models.files import WeightsError
from pipeline.models.model_folder import ModelFolder, read_model_folder
from pipeline.models.weights import load_network, save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition
from pipeline.params.estimator import EstimatorSettings, Source, settings_class
from pipeline.params.whole import Params
from pipeline.records.labels import Label
from pipeline.runtime.file_digest import file_digest
from pipeline.runtime.project_code import reachable_modules
from pipeline.severity.scale import SeverityScale, scale_of
from pipeline.training.cached_training import Fit, TrainingJob, fit_cached, train_cached
from pipeline.training.initial_weights import write_no_weights
from tests.pipeline.training.material import (
    CLIP,
    FINETUNE,
    INPUT_SPEC,
    MODEL,
    PREPROCESSING,
    finetuning,
    write_sequence,
)

SVR = {"window": 3, "grid": 1, "segment": 1.0, "costs": (1.0,), "epsilons": (0.1,), "folds": 2}


@pytest.fixture
def params(smallest: dict[str, Any]) -> Params:
    return Params.model_validate(smallest).model_copy(update={"clip": CLIP, "model": MODEL, "finetune": FINETUNE})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four recordings, and an output of stage pretrain without weights."""
    for number in range(4):
        write_sequence(tmp_path / f"sequences/r{number}", [10, 9], seed=number)
    (tmp_path / "pretrained").mkdir()
    write_no_weights(tmp_path / "pretrained")
    return tmp_path


def _settings(name: str) -> EstimatorSettings:
    return settings_class(name).model_validate(SVR if name == "lpq_svr" else {})


def _labels(numbers: Sequence[int], scores: Mapping[int, float]) -> tuple[Label, ...]:
    return tuple(Label(f"r{n}", f"s{n}", "1", "", "training", scores.get(n, 3.0 + 8 * n)) for n in numbers)


def _fit_of(
    folder: Path,
    params: Params,
    name: str = "clip_network",
    fitted: Sequence[int] = (0, 1, 2),
    validated: Sequence[int] = (),
    aligned: Path | None = None,
    settings: EstimatorSettings | None = None,
    scores: Mapping[int, float] | None = None,
    scale: SeverityScale | None = None,
) -> Fit:
    folders: dict[Source, Path] = {"sequences": folder / "sequences"}
    if aligned is not None:
        folders["aligned"] = aligned
    split = Split(_labels(fitted, scores or {}), _labels(validated, scores or {}))
    return fit_of(name, settings or _settings(name), split, folders, folder / "pretrained", params, scale or scale_of())


def _model(key: str | None) -> Path:
    """Return the model folder of a fit in the artifact store."""
    assert key is not None
    return Path(os.environ["MSN_WORK"], "finetune/items", key, "model")


def test_a_fitted_network_is_that_of_its_training_alone(folder: Path, params: Params) -> None:
    model = _model(fit_cached(_fit_of(folder, params, validated=[3]), folder / "curves"))
    scored = [(folder / f"sequences/r{n}", 3.0 + 8 * n) for n in range(4)]
    job = TrainingJob("finetune", FINETUNE, Finetuning, lambda: finetuning(scored[:3], scored[3:]), dict)
    alone = _model(train_cached(job, folder / "curves"))
    assert (model / "weights.safetensors").read_bytes() == (alone / "weights.safetensors").read_bytes()
    _, description = load_network(model)
    _, expected = load_network(alone)
    assert replace(description, history={}) == replace(expected, history={})
    for name in ("metrics", "best", "source", "versions"):
        assert description.history[name] == expected.history[name]
    assert description.history["trained"]["fitted"]["recordings"] == 3
    assert description.history["trained"]["validated"]["recordings"] == 1


def test_the_model_folder_of_a_network_says_what_it_is_and_was_fitted_to(folder: Path, params: Params) -> None:
    model = _model(fit_cached(_fit_of(folder, params), folder / "curves"))
    expected = ModelFolder("clip_network", {}, 8, INPUT_SPEC, json.loads(MODEL.model_dump_json()))
    assert read_model_folder(model) == expected


def test_the_model_folder_of_an_svr_says_what_it_is_and_was_fitted_to(folder: Path, params: Params) -> None:
    model = _model(fit_cached(_fit_of(folder, params, "lpq_svr"), folder / "curves"))
    settings = {"window": 3, "grid": 1, "segment": 1.0, "costs": [1.0], "epsilons": [0.1], "folds": 2}
    assert read_model_folder(model) == ModelFolder("lpq_svr", settings, 1, INPUT_SPEC)


def test_no_recording_or_subject_is_named_in_a_model_folder(folder: Path, params: Params) -> None:
    for name in ("clip_network", "lpq_svr"):
        model = _model(fit_cached(_fit_of(folder, params, name, validated=[3]), folder / "curves"))
        words = (model / "description.json").read_text().split('"')
        assert not {"r0", "s0", "r3", "s3"} & set(words)


def test_training_starts_from_the_pretrained_weights(folder: Path, params: Params) -> None:
    (folder / "pretrained/description.json").unlink()
    save_weights(folder / "pretrained", build(MODEL, Recognition(6), seed=77).state_dict(), Description(MODEL, None))
    fit = _fit_of(folder, params)
    assert fit.source()["pretrained"] == file_digest(folder / "pretrained/weights.safetensors")
    name, backbone = "backbone.stem.0.convolution.weight", build(MODEL, Recognition(6), seed=77).state_dict()
    started = []

    def trainer(make_module: Callable[[], Any]) -> Any:
        started.append(make_module().network.state_dict()[name])
        raise InterruptedError

    with pytest.raises(InterruptedError):
        fit.fit(trainer)
    assert torch.equal(started[0], backbone[name])


def test_pretrained_weights_of_another_network_are_refused_by_networks_alone(folder: Path, params: Params) -> None:
    (folder / "pretrained/description.json").unlink()
    other = MODEL.model_copy(update={"width": 0.0625})
    save_weights(folder / "pretrained", build(other, Recognition(6), seed=7).state_dict(), Description(other, None))
    with pytest.raises(WeightsError, match=r"weights of another network: width"):
        _fit_of(folder, params)
    _fit_of(folder, params, "lpq_svr")


@pytest.mark.parametrize("name", ["clip_network", "lpq_svr"])
@pytest.mark.parametrize("parts", [([0, 3], []), ([0], [3])])
def test_sequences_of_different_preprocessing_are_refused(
    folder: Path, params: Params, name: str, parts: tuple[list[int], list[int]]
) -> None:
    every = replace(PREPROCESSING, align=PREPROCESSING.align.model_copy(update={"detector": "every"}))
    write_sequence(folder / "other", [10, 9], preprocessing=every).rename(folder / "sequences/r4")
    fitted, validated = ([4 if number == 3 else number for number in part] for part in parts)
    with pytest.raises(GeometryMismatchError, match=r"r0 and .*r4 were made differently: align\.detector"):
        _fit_of(folder, params, name, fitted, validated)


def test_the_recordings_used_depend_on_the_frames_that_an_estimate_needs(
    folder: Path, params: Params, caplog: pytest.LogCaptureFixture
) -> None:
    write_sequence(folder / "sequences/r4", [10, 9], absent=[1, 2, 3, 5, 6, 7, 8, 9])  # two single frames
    assert _fit_of(folder, params, "lpq_svr", [0, 1, 4]).source()["fitted"]["recordings"] == 3
    assert caplog.text == ""
    assert _fit_of(folder, params, "clip_network", [0, 1, 4]).source()["fitted"]["recordings"] == 2
    assert "no clip of 8 frames with a face in each (clip.absent: skip)): r4" in caplog.text


def test_an_svr_depends_on_neither_network_nor_pretrained_weights(folder: Path, params: Params) -> None:
    source = _fit_of(folder, params, "lpq_svr").source()
    facts = ("estimator", "settings", "clip", "permuted", "score_range", "origin")
    assert set(source) == {*facts, "seed", "fitted", "validated"}
    assert set(_fit_of(folder, params).source()) == {*source, "model", "pretrained"} - {"seed"}
    modules = {module for name in _fit_of(folder, params, "lpq_svr").modules for module in reachable_modules(name)}
    assert "pipeline.finetuning.finetuning" not in modules
    assert "pipeline.estimators.clip_network" not in modules
    assert {"pipeline.estimators.lpq_svr", "pipeline.regressors.svr", "pipeline.descriptors.lpq"} <= modules


@pytest.mark.parametrize("name", ["clip_network", "lpq_svr"])
def test_the_code_that_writes_the_model_folder_is_part_of_a_fit(folder: Path, params: Params, name: str) -> None:
    modules = {module for name in _fit_of(folder, params, name).modules for module in reachable_modules(name)}
    assert "pipeline.models.model_folder" in modules


@pytest.mark.parametrize("name", ["clip_network", "lpq_svr"])
def test_whatever_is_fitted_determines_the_result(folder: Path, params: Params, name: str) -> None:
    def source(**changes: Any) -> str:
        return json.dumps(_fit_of(folder, **{"params": params, "name": name, **changes}).source(), sort_keys=True)

    longer = params.model_copy(update={"clip": CLIP.model_copy(update={"length": 9})})
    aligned = folder / "aligned"
    for number in range(3):
        write_sequence(aligned / f"r{number}", [19], seed=number)
    sources = [
        source(),
        source(fitted=[0, 1]),
        source(fitted=[1, 0, 2]),
        source(fitted=[0, 1, 2], validated=[3]),
        source(fitted=[0, 1], validated=[2]),
        source(scores={1: 12.0}),
        source(params=longer),
        source(aligned=aligned),
    ]
    write_sequence(folder / "changed", [10, 9], seed=77).rename(folder / "sequences/changed")
    (folder / "sequences/r1").rename(folder / "r1")
    (folder / "sequences/changed").rename(folder / "sequences/r1")
    sources.append(source())
    assert len(set(sources)) == len(sources)
    if name == "lpq_svr":
        wider = settings_class(name).model_validate({**SVR, "window": 5})
        assert source(settings=wider) != source()
    assert source() == source()


def test_settings_of_training_fit_a_network_anew_and_no_svr(folder: Path, params: Params) -> None:
    def key(name: str, **changes: object) -> str | None:
        finetune = params.finetune.model_copy(update=changes)
        return fit_cached(_fit_of(folder, params.model_copy(update={"finetune": finetune}), name), folder / "curves")

    assert key("lpq_svr") == key("lpq_svr", learning_rate=0.5, epochs=7, batch=4)
    assert key("lpq_svr") != key("lpq_svr", seed=5)
    assert len({key("clip_network"), key("clip_network", learning_rate=0.002), key("clip_network", epochs=1)}) == 3
    trained = json.loads((_model(key("lpq_svr")) / "description.json").read_text())["trained"]
    assert not {"finetune", "epochs", "model", "pretrained"} & set(trained)


def test_the_range_of_the_scale_determines_a_fit_and_its_bands_do_not(folder: Path, params: Params) -> None:
    def source(scale: SeverityScale) -> str:
        return json.dumps(_fit_of(folder, params, "lpq_svr", scale=scale).source(), sort_keys=True)

    other_bands = scale_of({"name": "PHQ-9", "lowest": 0, "highest": 27, "bands": {"low": 0, "high": 10}})
    assert source(scale_of("phq-9")) == source(other_bands) != source(scale_of("phq-8"))
