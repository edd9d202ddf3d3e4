"""Which models can be used, and which a repository's params.yaml does not tell of."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.data.clips.input_spec import GeometryMismatchError
from pipeline.models.description import Description, Target
from pipeline.models.weights import WeightsError
from pipeline.nets.heads import Recognition, Regression
from pipeline.params import Params
from pipeline.params_check import check_params
from pipeline.predicting.model import check_model_agrees, input_spec_and_clip
from tests.pipeline.training.material import FOOTAGE, MODEL, PREPROCESSING

FOLDER = Path("model")
SCORES = Description(MODEL, Regression(), 8, Target(0.0, 1.0), footage=FOOTAGE)


def _params(smallest: dict[str, Any], **sections: dict[str, Any]) -> Params:
    return check_params({**smallest, **{name: {**smallest[name], **keys} for name, keys in sections.items()}})


def test_what_a_model_needs_to_say() -> None:
    assert input_spec_and_clip(FOLDER, SCORES) == (FOOTAGE, 8)
    with pytest.raises(WeightsError, match=r"model: these weights estimate no score; allowed: .* finetune wrote"):
        input_spec_and_clip(FOLDER, Description(MODEL, Recognition(4), 8))
    for unsaid in (replace(SCORES, footage=None), replace(SCORES, clip=None)):
        with pytest.raises(
            WeightsError, match=r"model: does not say which faces it was fitted to .*dvc repro finetune"
        ):
            input_spec_and_clip(FOLDER, unsaid)


def test_a_model_of_these_parameters_agrees(smallest: dict[str, Any]) -> None:
    check_model_agrees(FOLDER, SCORES, _params(smallest))
    check_model_agrees(
        FOLDER, SCORES, _params(smallest, align={"detector": "every", "min_face": 40}, model={"depth": 69})
    )


def test_all_that_differs_is_named(smallest: dict[str, Any]) -> None:
    params = _params(smallest, decode={"fps": 30}, subsample={"factor": 8}, clip={"length": 16}, model={"scale": 1.0})
    with pytest.raises(GeometryMismatchError) as error:
        check_model_agrees(FOLDER, SCORES, params)
    assert str(error.value) == (
        "model: made for another geometry than params.yaml tells of: clip.length 8 (here 16), decode.fps null (here "
        "30.0), subsample.factor 2 (here 8), model.scale 0.0078125 (here 1.0); bring it up to date with "
        "`dvc repro finetune`, or use it as it is with --model model"
    )


def test_the_face_is_named(smallest: dict[str, Any]) -> None:
    crops = replace(PREPROCESSING, align=PREPROCESSING.align.model_copy(update={"method": "crop", "size": 48}))
    cropped = replace(SCORES, footage=replace(FOOTAGE, preprocessing=crops))
    with pytest.raises(
        GeometryMismatchError, match=r"align\.method crop \(here similarity\), align\.size 48 \(here 32\)"
    ):
        check_model_agrees(FOLDER, cropped, _params(smallest))
