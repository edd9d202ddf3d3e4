"""What shaped faces: carried as JSON, and compared by what decides where and when a face lies."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.models.preprocessing import Preprocessing, differences
from tests.pipeline.training.material import PREPROCESSING


def _changed(**align: Any) -> Preprocessing:
    return replace(PREPROCESSING, align=PREPROCESSING.align.model_copy(update=align))


def test_it_comes_back_from_json() -> None:
    found = replace(PREPROCESSING, fps=7.5)
    assert Preprocessing.from_json(found.to_json()) == found
    assert found.to_json()["subsample"] == {"factor": 2, "phases": 2}
    assert found.to_json()["align"]["thresholds"] == [0.6, 0.7, 0.7]


def test_what_a_stage_did_not_say_is_named() -> None:
    told = PREPROCESSING.to_json()
    del told["decode"], told["subsample"]
    with pytest.raises(ValueError, match="it is not said what decode, subsample did to the video"):
        Preprocessing.from_json(told)


def test_what_params_could_not_say_is_refused() -> None:
    told = PREPROCESSING.to_json()
    told["align"]["method"] = "guess"
    with pytest.raises(ValueError, match=r"method(.|\n)*guess"):
        Preprocessing.from_json(told)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (PREPROCESSING, []),
        (replace(PREPROCESSING, fps=5.0), ["decode.fps null (here 5.0)"]),
        (_changed(size=48), ["align.size 32 (here 48)"]),
        (_changed(method="crop"), ["align.method similarity (here crop)", "align.margin none (here 0.2)"]),
        (_changed(margin=0.5, detector="every", min_face=20), []),  # the margin is that of a crop
        (
            replace(PREPROCESSING, subsample=PREPROCESSING.subsample.model_copy(update={"factor": 8})),
            ["subsample.factor 2 (here 8)"],
        ),
    ],
)
def test_geometries_differ_by_name(other: Preprocessing, expected: list[str]) -> None:
    assert differences(PREPROCESSING.geometry, other.geometry) == expected


def test_crops_differ_by_their_margin() -> None:
    assert differences(_changed(method="crop").geometry, _changed(method="crop", margin=0.5).geometry) == [
        "align.margin 0.2 (here 0.5)"
    ]
