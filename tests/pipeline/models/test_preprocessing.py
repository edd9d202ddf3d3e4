"""Preprocessing parameters: as JSON, and compared by the geometry of faces."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.models.preprocessing import Preprocessing, differences
from tests.pipeline.training.material import PREPROCESSING


def _changed(**align: Any) -> Preprocessing:
    return replace(PREPROCESSING, align=PREPROCESSING.align.model_copy(update=align))


def test_json_round_trip() -> None:
    preprocessing = replace(PREPROCESSING, fps=7.5)
    assert Preprocessing.from_json(preprocessing.to_json()) == preprocessing
    assert preprocessing.to_json()["subsample"] == {"factor": 2, "phases": 2}
    assert preprocessing.to_json()["align"]["thresholds"] == [0.6, 0.7, 0.7]


def test_missing_parameters_are_named_by_stage() -> None:
    values = PREPROCESSING.to_json()
    del values["decode"], values["subsample"]
    with pytest.raises(ValueError, match="no parameters of decode, subsample are recorded"):
        Preprocessing.from_json(values)


def test_parameters_that_params_yaml_does_not_allow_are_refused() -> None:
    values = PREPROCESSING.to_json()
    values["align"]["method"] = "guess"
    with pytest.raises(ValueError, match=r"method(.|\n)*guess"):
        Preprocessing.from_json(values)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (PREPROCESSING, []),
        (replace(PREPROCESSING, fps=5.0), ["decode.fps null (here 5.0)"]),
        (_changed(size=48), ["align.size 32 (here 48)"]),
        (_changed(method="crop"), ["align.method similarity (here crop)", "align.margin none (here 0.2)"]),
        (_changed(margin=0.5, detector="every", min_face=20), []),  # the margin matters for crops only
        (
            replace(PREPROCESSING, subsample=PREPROCESSING.subsample.model_copy(update={"factor": 8})),
            ["subsample.factor 2 (here 8)"],
        ),
    ],
)
def test_differing_parameters_are_named(changed: Preprocessing, expected: list[str]) -> None:
    assert differences(PREPROCESSING.geometry, changed.geometry) == expected


def test_margin_is_compared_for_crops() -> None:
    assert differences(_changed(method="crop").geometry, _changed(method="crop", margin=0.5).geometry) == [
        "align.margin 0.2 (here 0.5)"
    ]
