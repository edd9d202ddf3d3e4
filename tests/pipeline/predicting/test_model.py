"""Models that can be applied to videos, and models that do not agree with params.yaml."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.data.clips.geometry import GeometryMismatchError
from pipeline.models.description import Description, Target
from pipeline.models.weights import WeightsError
from pipeline.nets.heads import Recognition, Regression
from pipeline.params import Params
from pipeline.params_check import check_params
from pipeline.predicting.model import check_model_agrees, input_spec_and_clip
from tests.pipeline.training.material import INPUT_SPEC, MODEL, PREPROCESSING

FOLDER = Path("model")
SCORES = Description(MODEL, Regression(), 8, Target(0.0, 1.0), input_spec=INPUT_SPEC)


def _params(smallest: dict[str, Any], **sections: dict[str, Any]) -> Params:
    return check_params({**smallest, **{name: {**smallest[name], **keys} for name, keys in sections.items()}})


def test_a_model_needs_target_input_spec_and_clip_length() -> None:
    assert input_spec_and_clip(FOLDER, SCORES) == (INPUT_SPEC, 8)
    with pytest.raises(WeightsError, match=r"model: these weights estimate no score; allowed: .* stage finetune"):
        input_spec_and_clip(FOLDER, Description(MODEL, Recognition(4), 8))
    for incomplete in (replace(SCORES, input_spec=None), replace(SCORES, clip=None)):
        with pytest.raises(
            WeightsError, match=r"model: does not say which faces it was fitted to .*dvc repro finetune"
        ):
            input_spec_and_clip(FOLDER, incomplete)


def test_a_model_fitted_with_these_parameters_agrees(smallest: dict[str, Any]) -> None:
    check_model_agrees(FOLDER, SCORES, _params(smallest))
    check_model_agrees(
        FOLDER, SCORES, _params(smallest, align={"detector": "every", "min_face": 40}, model={"depth": 69})
    )


def test_every_difference_is_named(smallest: dict[str, Any]) -> None:
    params = _params(smallest, decode={"fps": 30}, subsample={"factor": 8}, clip={"length": 16}, model={"scale": 1.0})
    with pytest.raises(GeometryMismatchError) as error:
        check_model_agrees(FOLDER, SCORES, params)
    assert str(error.value) == (
        "model: made for another geometry than that of params.yaml: clip.length 8 (here 16), decode.fps null (here "
        "30.0), subsample.factor 2 (here 8), model.scale 0.0078125 (here 1.0); bring it up to date with "
        "`dvc repro finetune`, or use it as it is with --model model"
    )


def test_differences_of_the_face_are_named(smallest: dict[str, Any]) -> None:
    crops = replace(PREPROCESSING, align=PREPROCESSING.align.model_copy(update={"method": "crop", "size": 48}))
    cropped = replace(SCORES, input_spec=replace(INPUT_SPEC, preprocessing=crops))
    with pytest.raises(
        GeometryMismatchError, match=r"align\.method crop \(here similarity\), align\.size 48 \(here 32\)"
    ):
        check_model_agrees(FOLDER, cropped, _params(smallest))
