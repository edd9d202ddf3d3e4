"""What all model folders say: it is read as it was written, and what is missing or invalid is named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.models.arrays import save_arrays
from pipeline.models.description import Description
from pipeline.models.files import WeightsError, add_to_description
from pipeline.models.model_folder import ModelFolder, check_scale, estimates_digest, read_model_folder
from pipeline.models.weights import save_weights
from pipeline.nets.heads import Expectation
from pipeline.records.origin import Origin
from pipeline.severity.scale import scale_of
from tests.pipeline.training.material import INPUT_SPEC, MODEL

FOLDER = ModelFolder("lpq_svr", {"grid": 4, "costs": [0.5, 2.0]}, 1, INPUT_SPEC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add_to_description(tmp_path, FOLDER.to_json())
    return tmp_path


def _rewrite(folder: Path, **changes: Any) -> None:
    """Replace entries of the description; None removes one."""
    path = folder / "description.json"
    values = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in values.items() if value is not None}))


def test_a_folder_of_arrays_round_trips(tmp_path: Path) -> None:
    save_arrays(tmp_path, {"a": torch.zeros(1).numpy()})
    add_to_description(tmp_path, FOLDER.to_json())
    assert read_model_folder(tmp_path) == FOLDER


def test_a_folder_of_a_network_round_trips_with_its_network(tmp_path: Path) -> None:
    frames = replace(FOLDER, name="frame_expectation", settings={})
    save_weights(tmp_path, {"a": torch.zeros(1)}, Description(MODEL, Expectation(64), 1))
    add_to_description(tmp_path, frames.to_json())
    assert read_model_folder(tmp_path) == replace(frames, network=MODEL.model_dump(mode="json"))


def test_the_description_keeps_what_others_wrote(folder: Path) -> None:
    add_to_description(folder, {"source": "train", "trained": {"epochs": 2}})
    values = json.loads((folder / "description.json").read_text())
    assert set(values) == {"estimator", "span", "footage", "severity_scale", "source", "trained"}
    assert values["estimator"] == {"name": "lpq_svr", "settings": {"grid": 4, "costs": [0.5, 2.0]}}
    assert values["span"] == 1
    assert values["footage"]["rates"] == [3.75, 3.75, 3.75]
    assert read_model_folder(folder) == FOLDER


def test_a_control_says_in_words_what_was_taken_from_it(tmp_path: Path) -> None:
    assert FOLDER.controls == FOLDER.tested_controls("recorded") == ()
    words = "scores permuted among subjects, draw 3"
    folder = replace(FOLDER, input_spec=replace(FOLDER.input_spec, order="frozen"), permuted=words)
    add_to_description(tmp_path, folder.to_json())
    controls = read_model_folder(tmp_path).controls
    assert controls == (f"fitted to {words}", "fitted to clips with frozen frames (clip.order)")
    assert FOLDER.tested_controls("shuffled") == ("tested on clips with shuffled frames (evaluate.order)",)
    assert (folder.tested_order("recorded"), FOLDER.tested_order("shuffled")) == ("frozen", "shuffled")


def test_a_model_of_a_drawn_corpus_says_so(tmp_path: Path) -> None:
    assert FOLDER.demonstration == ""
    add_to_description(tmp_path, replace(FOLDER, origin=Origin("drawn", 0.0, "dynamics")).to_json())
    folder = read_model_folder(tmp_path)
    assert folder.origin == Origin("drawn", 0.0, "dynamics")
    assert folder.demonstration.startswith("A DEMONSTRATION: the model is fitted to drawn faces")
    assert folder.controls == ("fitted to a drawn corpus that does not show the score (simulate.cue is 0)",)
    assert replace(folder, origin=Origin("drawn", 2.0, "dynamics")).controls == ()


def test_a_folder_of_before_clip_order_was_fitted_to_recorded_frames(folder: Path) -> None:
    footage = json.loads((folder / "description.json").read_text())["footage"]
    _rewrite(folder, footage={key: value for key, value in footage.items() if key != "order"})
    assert read_model_folder(folder).input_spec.order == "recorded"


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (("estimator",), "no estimator, so"),
        (("span",), "no span, so"),
        (("footage",), "no footage, so"),
        (("estimator", "span", "footage"), "no estimator and no span and no footage, so"),
    ],
)
def test_missing_entries_are_named(folder: Path, missing: tuple[str, ...], message: str) -> None:
    _rewrite(folder, **dict.fromkeys(missing))
    with pytest.raises(WeightsError, match=rf"description\.json: {message} no score can be estimated .*dvc repro"):
        read_model_folder(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"estimator": {"name": "lpq_svr"}}, "settings"),
        ({"estimator": {"settings": {}}}, "name"),
        ({"estimator": "lpq_svr"}, "string"),
        ({"span": "long"}, "long"),
        ({"origin": {"kind": "dreamt", "cue": 1.0, "cue_in": "dynamics"}}, "allowed: drawn, planted"),
        ({"origin": {"kind": "drawn"}}, "cue"),
        ({"footage": {"absent": "skip", "rates": [1.0, 2.0, 3.0]}}, "preprocessing"),
        ({"footage": {**INPUT_SPEC.to_json(), "rates": [3.0, 2.0, 1.0]}}, "three rising numbers"),
    ],
)
def test_invalid_entries_are_refused(folder: Path, change: dict[str, Any], message: str) -> None:
    _rewrite(folder, **change)
    with pytest.raises(
        WeightsError, match=rf"description\.json: not a valid description for this version: .*{message}"
    ):
        read_model_folder(folder)


def test_a_model_of_a_version_with_another_key_is_refused_with_the_present_one(folder: Path) -> None:
    footage = INPUT_SPEC.to_json()
    del footage["preprocessing"]["align"]["survey_step"]
    footage["preprocessing"]["align"]["survey"] = 30
    _rewrite(folder, footage=footage)
    with pytest.raises(WeightsError, match=r"align\.survey is now align\.survey_step, in seconds"):
        read_model_folder(folder)


@pytest.mark.parametrize(("text", "message"), [("{", "not valid JSON"), ("", "not valid JSON"), ("[]", "not a JSON")])
def test_a_description_that_is_no_json_object_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "description.json").write_text(text)
    with pytest.raises(WeightsError, match=rf"description\.json: {message}"):
        read_model_folder(tmp_path)


def test_a_description_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "description.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(WeightsError, match=r"description\.json: not valid JSON"):
        read_model_folder(tmp_path)


def test_a_missing_description_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"description\.json: no such file"):
        read_model_folder(tmp_path)
    with pytest.raises(WeightsError, match=r"nowhere/description\.json: no such file"):
        read_model_folder(tmp_path / "nowhere")


def test_pretrained_weights_are_no_estimator(tmp_path: Path) -> None:
    save_weights(tmp_path, {"a": torch.zeros(1)}, Description(MODEL, None))
    with pytest.raises(WeightsError, match="no estimator and no span and no footage"):
        read_model_folder(tmp_path)


def test_the_scale_is_read_as_written_and_an_older_folder_is_of_bdi(folder: Path) -> None:
    own = scale_of({"name": "Mood", "lowest": 1, "highest": 9, "bands": {"up": 1, "down": 6}})
    add_to_description(folder, replace(FOLDER, scale=own).to_json())
    assert read_model_folder(folder).scale == own
    _rewrite(folder, severity_scale=None)
    assert read_model_folder(folder).scale == scale_of("bdi-ii")
    _rewrite(folder, severity_scale={"name": "Mood"})
    with pytest.raises(WeightsError, match=r"description\.json: not a valid description for this version"):
        read_model_folder(folder)


def test_a_model_of_one_scale_is_refused_for_another_with_both_names(tmp_path: Path) -> None:
    check_scale(tmp_path, scale_of("phq-9"), scale_of("phq-9"))
    other_bands = scale_of({"name": "PHQ-9", "lowest": 0, "highest": 27, "bands": {"low": 0, "high": 10}})
    check_scale(tmp_path, scale_of("phq-9"), other_bands)
    for other, name in ((scale_of("phq-8"), "PHQ-8, 0 to 24"), (replace(other_bands, name="PHQ"), "PHQ, 0 to 27")):
        with pytest.raises(WeightsError, match=rf"for the scale PHQ-9, 0 to 27, but corpus\.scale is {name}; allowed"):
            check_scale(tmp_path, scale_of("phq-9"), other)


def test_estimates_depend_on_all_of_a_folder_but_its_scale(folder: Path) -> None:
    digests = [estimates_digest(folder)]
    for changes in ({"severity_scale": scale_of("phq-9").to_json()}, {"span": 2}):
        add_to_description(folder, changes)
        digests.append(estimates_digest(folder))
    assert digests[0] == digests[1] != digests[2]
