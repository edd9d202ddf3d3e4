"""Models that can be applied to videos, and models that do not agree with params.yaml."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.data.clips.geometry import GeometryMismatchError
from pipeline.estimators.registry import FittedModel, load_model
from pipeline.models.description import Description, Target
from pipeline.models.files import DESCRIPTION, WeightsError
from pipeline.models.input_spec import InputSpec
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition, Regression
from pipeline.params.check import check_params
from pipeline.params.whole import Params
from pipeline.predicting.model import check_model_agrees
from tests.pipeline.training.material import INPUT_SPEC, MODEL, PREPROCESSING, save_model
from tests.stages.model_folders import save_frame_expectation, save_lpq_svr

SCORES = Description(MODEL, Regression(), 8, Target(0.0, 1.0))


def _save(folder: Path, input_spec: InputSpec = INPUT_SPEC) -> Path:
    return save_model(folder, build(MODEL, Regression(), seed=3).state_dict(), SCORES, input_spec)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FittedModel:
    """A network of clips, in the folder `model`."""
    monkeypatch.chdir(tmp_path)
    return load_model(_save(Path("model")))


def _params(smallest: dict[str, Any], **sections: dict[str, Any]) -> Params:
    return check_params({**smallest, **{name: {**smallest[name], **keys} for name, keys in sections.items()}})


def test_a_model_needs_an_estimator_a_span_and_footage(tmp_path: Path) -> None:
    folder = load_model(_save(tmp_path)).folder
    assert (folder.name, folder.span_length, folder.input_spec) == ("clip_network", 8, INPUT_SPEC)
    complete = json.loads((tmp_path / DESCRIPTION).read_text())
    for key in ("estimator", "span", "footage"):
        values = {name: value for name, value in complete.items() if name != key}
        (tmp_path / DESCRIPTION).write_text(json.dumps(values))
        with pytest.raises(WeightsError, match=f"no {key}, so no score can be estimated with it; .*dvc repro finetune"):
            load_model(tmp_path)


def test_a_network_that_estimates_no_score_is_refused(tmp_path: Path) -> None:
    head = Recognition(4)
    save_model(tmp_path, build(MODEL, head, seed=3).state_dict(), Description(MODEL, head, 8))
    with pytest.raises(WeightsError, match=r"weights with the head Recognition\(classes=4\); allowed: Regression"):
        load_model(tmp_path)


def test_a_model_fitted_with_these_parameters_agrees(smallest: dict[str, Any], model: FittedModel) -> None:
    check_model_agrees(model, _params(smallest))
    changes: dict[str, dict[str, Any]] = {
        "align": {"detector": "every", "min_face": 40},
        "model": {"depth": 69},
        "clip": {"absent": "keep"},
    }
    check_model_agrees(model, _params(smallest, **changes))


def test_every_difference_is_named(smallest: dict[str, Any], model: FittedModel) -> None:
    params = _params(smallest, decode={"fps": 30}, subsample={"factor": 8}, clip={"length": 16}, model={"scale": 1.0})
    with pytest.raises(GeometryMismatchError) as error:
        check_model_agrees(model, params)
    assert str(error.value) == (
        "model: made for another geometry than that of params.yaml: span 8 (here 16), decode.fps null (here "
        "30.0), subsample.factor 2 (here 8), model.scale 0.0078125 (here 1.0); bring it up to date with "
        "`dvc repro finetune`, or use it as it is with --model model"
    )


def test_differences_of_the_face_are_named(smallest: dict[str, Any], tmp_path: Path) -> None:
    crops = replace(PREPROCESSING, align=PREPROCESSING.align.model_copy(update={"method": "crop", "size": 48}))
    cropped = load_model(_save(tmp_path, replace(INPUT_SPEC, preprocessing=crops)))
    with pytest.raises(
        GeometryMismatchError, match=r"align\.method crop \(here similarity\), align\.size 48 \(here 32\)"
    ):
        check_model_agrees(cropped, _params(smallest))


def test_another_estimator_is_named(smallest: dict[str, Any], model: FittedModel) -> None:
    with pytest.raises(GeometryMismatchError, match=r"params\.yaml: estimator\.name clip_network \(here lpq_svr\);"):
        check_model_agrees(model, _params(smallest, estimator={"name": "lpq_svr"}))


def test_settings_that_an_estimator_does_not_use_are_not_compared(smallest: dict[str, Any], tmp_path: Path) -> None:
    unused: dict[str, dict[str, Any]] = {"clip": {"length": 16}, "model": {"scale": 1.0, "mean": [0.0, 0.0, 0.0]}}
    check_model_agrees(load_model(save_lpq_svr(tmp_path)), _params(smallest, estimator={"name": "lpq_svr"}, **unused))


def test_a_network_of_single_frames_is_compared_by_its_input(smallest: dict[str, Any], tmp_path: Path) -> None:
    model = load_model(save_frame_expectation(tmp_path))
    estimator, network = {"name": "frame_expectation"}, {"name": "resnet50"}
    check_model_agrees(model, _params(smallest, estimator=estimator, model=network, clip={"length": 16}))
    with pytest.raises(GeometryMismatchError, match=r"params\.yaml: model\.scale 0\.0078125 \(here 1\.0\);"):
        check_model_agrees(model, _params(smallest, estimator=estimator, model={**network, "scale": 1.0}))
