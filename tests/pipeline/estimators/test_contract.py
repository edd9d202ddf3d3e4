"""The contract of every estimator in the registry, in the manner of scikit-learn's check_estimator."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pipeline.data.clips.geometry import GeometryMismatchError, check_geometry
from pipeline.estimators.capabilities import Costed, Differentiable
from pipeline.estimators.protocol import Estimator
from pipeline.estimators.registry import estimator_class, load_model
from pipeline.models.files import DESCRIPTION, WEIGHTS, record_weights
from pipeline.params.estimator import EstimatorSettings, estimator_names, settings_class
from pipeline.params.faces import Subsample
from tests.pipeline.estimators.material import (
    OPENED,
    PHASES,
    TESTED,
    Material,
    make_material,
    params_of,
    record_opens,
    scores,
)
from tests.pipeline.training.material import ALIGN, write_sequence

NAMES = estimator_names()


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Material]:
    """The recordings, and a model folder of every estimator, `model-NAME`."""
    folder = tmp_path_factory.mktemp("contract")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSN_WORK", str(folder / "work"))
        patch.setenv("MSN_WORKERS", "1")
        material = make_material(folder)
        for name in NAMES:
            material.fit(name, f"model-{name}")
        yield material


def _model(material: Material, name: str) -> Path:
    return material.folder / f"model-{name}"


@pytest.mark.parametrize("name", NAMES)
def test_it_is_an_estimator_with_a_title(name: str) -> None:
    assert isinstance(estimator_class(name)(params_of(name).estimator.settings), Estimator)
    assert issubclass(settings_class(name), EstimatorSettings)
    assert settings_class(name).title


@pytest.mark.parametrize("name", NAMES)
def test_it_saves_arrays_and_json_alone(material: Material, name: str) -> None:
    model = _model(material, name)
    assert {path.name for path in model.iterdir()} - {".sha256sums"} == {DESCRIPTION, WEIGHTS}
    assert load_file(model / WEIGHTS)
    assert json.loads((model / DESCRIPTION).read_text())["estimator"]["name"] == name


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_estimator_estimates_as_the_fitted_one(material: Material, name: str, tmp_path: Path) -> None:
    loaded = load_model(_model(material, name))
    first = material.predict(loaded)
    loaded.estimator.save(tmp_path)
    again = type(loaded.estimator).load(tmp_path, loaded.settings)
    assert (tmp_path / WEIGHTS).read_bytes() == (_model(material, name) / WEIGHTS).read_bytes()
    assert np.isfinite(scores(first)).all()
    assert material.predict(replace(loaded, estimator=again)) == first


@pytest.mark.parametrize("name", NAMES)
def test_a_second_fit_writes_the_same_bytes(
    material: Material, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSN_WORK", str(tmp_path / "another-store"))
    again = material.fit(name, f"again-{name}")
    for file in (WEIGHTS, DESCRIPTION):
        assert (again / file).read_bytes() == (_model(material, name) / file).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_the_estimate_does_not_depend_on_what_else_is_estimated(material: Material, name: str) -> None:
    model = load_model(_model(material, name))
    together = material.predict(model, TESTED)
    alone = [material.predict(model, (recording,))[0] for recording in TESTED]
    assert [item.recording for item in together] == list(TESTED)
    np.testing.assert_allclose(scores(alone), scores(together), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_spans_lie_inside_the_recording(material: Material, name: str) -> None:
    for video in material.predict(_model(material, name), (*TESTED, "partly"), phases=2):
        assert video.spans
        for span in video.spans:
            assert 0 <= span.start < span.start + span.length <= PHASES[span.phase]
            assert 0 < span.weight <= span.length
        for phase in {span.phase for span in video.spans}:
            starts = [span.start for span in video.spans if span.phase == phase]
            assert starts == sorted(set(starts))
            assert sum(span.weight for span in video.spans if span.phase == phase) <= PHASES[phase]


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_without_a_face_gets_no_span(material: Material, name: str) -> None:
    first, faceless, last = material.predict(_model(material, name), ("t1", "faceless", "t2"))
    assert (faceless.recording, faceless.spans, faceless.score) == ("faceless", (), None)
    assert [first, last] == material.predict(_model(material, name))


@pytest.mark.parametrize("name", NAMES)
def test_another_geometry_is_refused_by_name(material: Material, name: str, tmp_path: Path) -> None:
    model = load_model(_model(material, name))
    fitted_to = model.folder.input_spec
    other = type(fitted_to.preprocessing)(None, ALIGN.model_copy(update={"size": 48}), Subsample(factor=3, phases=2))
    folder = write_sequence(tmp_path / "other", PHASES, preprocessing=other)
    with pytest.raises(GeometryMismatchError, match=r"align\.size 32 \(here 48\), subsample\.factor 2 \(here 3\)"):
        check_geometry(model.path, fitted_to, [folder])


@pytest.mark.parametrize("name", NAMES)
def test_arrays_that_do_not_fit_are_refused_by_name(material: Material, name: str, tmp_path: Path) -> None:
    model = _model(material, name)
    arrays = load_file(model / WEIGHTS)
    first = max(sorted(arrays), key=lambda key: arrays[key].ndim)
    damaged = {
        ("missing", first): {key: array for key, array in arrays.items() if key != first},
        ("unexpected", "strange"): {**arrays, "strange": np.zeros(3, np.float32)},
        (first, "allowed"): {**arrays, first: np.zeros((*arrays[first].shape, 2), arrays[first].dtype)},
    }
    for number, (words, changed) in enumerate(damaged.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / DESCRIPTION).write_bytes((model / DESCRIPTION).read_bytes())
        save_file(changed, folder / WEIGHTS)
        record_weights(folder)
        with pytest.raises(ValueError, match=str(folder / WEIGHTS)) as error:
            load_model(folder)
        assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("name", NAMES)
def test_settings_that_do_not_fit_are_refused_by_name(material: Material, name: str, tmp_path: Path) -> None:
    values = json.loads((_model(material, name) / DESCRIPTION).read_text())
    values["estimator"]["settings"]["strange"] = 1
    (tmp_path / DESCRIPTION).write_text(json.dumps(values))
    with pytest.raises(ValueError, match=rf"{DESCRIPTION}: settings of {name} do not fit this version: strange"):
        load_model(tmp_path)


def test_a_model_folder_of_an_unknown_estimator_is_refused_with_the_known_ones(
    material: Material, tmp_path: Path
) -> None:
    values = json.loads((_model(material, NAMES[0]) / DESCRIPTION).read_text())
    values["estimator"]["name"] = "os"
    (tmp_path / DESCRIPTION).write_text(json.dumps(values))
    with pytest.raises(ValueError, match=f"there is no estimator 'os'; allowed: {', '.join(NAMES)}"):
        load_model(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_fitting_and_estimating_open_no_label_file(
    material: Material, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores of the test partition are out of reach: what an estimator is given names no file of labels."""
    monkeypatch.setenv("MSN_WORK", str(tmp_path / "another-store"))
    (material.folder / "labels_testing.csv").write_text("recording,score\nt1,40\n")
    record_opens(True)
    try:
        material.predict(material.fit(name, f"watched-{name}"))
    finally:
        record_opens(False)
    assert any(path.startswith(str(material.sequences)) for path in OPENED)
    assert [path for path in OPENED if "labels" in path] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_estimates_follow_the_scores(material: Material, name: str) -> None:
    low, high = (
        scores(material.predict(material.fit(name, f"{name}-{lifted}", lifted=lifted, steps=8))) for lifted in (0, 40)
    )
    assert (high > low).all()


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_counted_if_it_builds_on_a_network(name: str) -> None:
    builds_on_network = bool(settings_class(name).networks)
    estimator = estimator_class(name)
    assert isinstance(estimator, Costed) == isinstance(estimator, Differentiable) == builds_on_network


@pytest.mark.parametrize("name", [name for name in NAMES if settings_class(name).networks])
def test_its_network_has_the_frames_of_its_spans(material: Material, name: str) -> None:
    model = load_model(_model(material, name))
    assert isinstance(model.estimator, Differentiable)
    assert model.estimator.scorer().frames == model.folder.span_length
