"""Profiles: the paper's settings in params.yaml, with its comments kept."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.params.check import load_params
from pipeline.params.controls import control_warning
from pipeline.params.corpus import Simulate
from pipeline.params.errors import ParamsError
from pipeline.profiles import Change, ProfileError, apply_profile, roots_to_set

ROOT = Path(__file__).parents[2]
PROFILES = ROOT / "profiles"


@pytest.fixture
def params(tmp_path: Path) -> Path:
    """A copy of the demo's params.yaml."""
    return Path(shutil.copy(ROOT / "params.yaml", tmp_path))


def _profile(folder: Path, text: str) -> Path:
    (folder / "profiles").mkdir()
    (folder / "profiles" / "mine.yaml").write_text(text)
    return folder / "profiles"


@pytest.mark.parametrize("name", ["avec2013", "avec2014"])
def test_the_papers_settings(params: Path, name: str) -> None:
    apply_profile(name, params, PROFILES)
    settings = load_params(params)
    assert not settings.simulate.enabled
    assert (settings.corpus.layout, settings.corpus.complete, settings.corpus.partition) == (name, True, "official")
    assert (settings.align.method, settings.align.size, settings.clip.length) == ("similarity", 112, 16)
    assert (settings.subsample.factor, settings.subsample.phases) == (8, 8)
    assert (settings.model.depth, settings.model.kernels, settings.model.width, settings.model.dropout) == (
        69,
        (3, 5, 7),
        1.0,
        0.5,
    )
    assert (settings.model.mean, settings.model.scale) == ((131.0912, 103.8827, 91.4953), 1.0)  # red, green, blue
    assert settings.model.batch_norm_momentum == 0.01  # 1 - 0.99
    pretrain = settings.pretrain
    assert (pretrain.source, pretrain.epochs, pretrain.batch, pretrain.learning_rate) == ("train", 30, 24, 0.01)
    assert (pretrain.momentum, pretrain.weight_decay, pretrain.decay_every, pretrain.decay_factor) == (
        0.9,
        1e-4,
        10,
        0.1,
    )
    finetune, augment = settings.finetune, settings.finetune.augment
    assert (finetune.epochs, finetune.steps, finetune.batch) == (2, 1000, 24)
    assert (finetune.learning_rate, finetune.decay, finetune.standardise) == (1e-4, 5e-4, False)
    assert finetune.averaging == 0
    assert (augment.flip, augment.rotate, augment.upside_down, augment.degrees) == (0.25, 0.25, 0.25, 30)
    assert (augment.angle, augment.fill) == ("fixed", "edge")
    assert (finetune.validation, settings.evaluate.phases) == ("none", 1)


NOT_SET = {  # by a profile: they have no effect where simulate.enabled is false
    f"simulate.{name}" for name in Simulate.model_fields if name != "enabled"
}


@pytest.mark.parametrize("name", ["avec2013", "avec2014"])
def test_a_profile_sets_every_key_but_those_of_the_simulated_corpus(name: str) -> None:
    profile = yaml.safe_load((PROFILES / f"{name}.yaml").read_text())
    assert set(_leaves(profile)) | NOT_SET == set(_leaves(yaml.safe_load((ROOT / "params.yaml").read_text())))
    assert not set(_leaves(profile)) & NOT_SET


def _leaves(values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def test_a_profile_leaves_no_control_seed_or_precision_of_an_earlier_run(params: Path) -> None:
    clean = Path(shutil.copy(params, params.with_name("clean.yaml")))
    values = yaml.safe_load(params.read_text())
    values["corpus"]["labels"] = "permuted_sessions"
    values["evaluate"] |= {"order": "frozen", "seed": 7}
    values["pretrain"] |= {"precision": "bf16-mixed", "seed": 5}
    values["align"]["thresholds"] = [0.9, 0.9, 0.9]
    params.write_text(yaml.safe_dump(values))
    for path in (params, clean):
        apply_profile("avec2014", path, PROFILES)
    assert load_params(params) == load_params(clean)
    assert control_warning(load_params(params).model_dump()) is None


def test_comments_order_and_all_other_settings_are_kept(params: Path) -> None:
    before = params.read_text().splitlines()
    changes = apply_profile("avec2014", params, PROFILES)
    after = params.read_text().splitlines()
    assert len(before) == len(after)
    differing = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(differing) == len(changes) > 20
    for old, new in differing:
        assert old.split(":")[0] == new.split(":")[0]
        assert old.partition("#")[2] == new.partition("#")[2]
    assert any(line.startswith("  fps: null ") for line in after)


def test_changes_are_returned_in_the_order_of_the_profile(params: Path, tmp_path: Path) -> None:
    folder = _profile(
        tmp_path,
        "model: {depth: 27, kernels: [3]}  # of mine\nfinetune:\n  augment: {degrees: 10}\ndecode: {fps: 30}\n",
    )
    assert apply_profile("mine", params, folder) == [
        Change("model.kernels", [3, 5, 7], [3]),
        Change("finetune.augment.degrees", 30, 10),
        Change("decode.fps", None, 30),
    ]
    (line,) = (line for line in params.read_text().splitlines() if line.startswith("  kernels:"))
    assert line.split("#") == [line.partition("#")[0], " only msn"]
    assert line.partition("#")[0].rstrip() == "  kernels: [3]"
    assert "of mine" not in params.read_text()


def test_applying_a_profile_twice_changes_nothing(params: Path) -> None:
    apply_profile("avec2014", params, PROFILES)
    text = params.read_bytes()
    assert apply_profile("avec2014", params, PROFILES) == []
    assert params.read_bytes() == text


def test_an_unknown_profile_is_refused_with_a_list_of_all_profiles(params: Path) -> None:
    with pytest.raises(ProfileError, match=r"there is no profile 'avec2015' in .*; allowed: avec2013, avec2014"):
        apply_profile("avec2015", params, PROFILES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: {depth: 68}", r"with the profile mine: model\.depth is 68; allowed: 27, 36, 51, 69 or 99"),
        ("model: {depht: 69}", r"with the profile mine: model\.depht is not a known key"),
        ("model: 69", r"with the profile mine: model is 69; allowed: a section"),
        ("finetune: {accumulate: 3}", r"with the profile mine: finetune\.accumulate is 3"),
    ],
)
def test_settings_that_a_stage_would_refuse_are_not_written(
    params: Path, tmp_path: Path, text: str, message: str
) -> None:
    before = params.read_bytes()
    with pytest.raises(ParamsError, match=message):
        apply_profile("mine", params, _profile(tmp_path, text))
    assert params.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["params.yaml", "profiles"]


@pytest.mark.parametrize(
    ("text", "message"), [("- 3", "holds no sections"), ("model: [", "not valid YAML"), ("", "holds no sections")]
)
def test_a_profile_that_is_not_a_mapping_is_refused(params: Path, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ProfileError, match=rf"mine\.yaml: {message}"):
        apply_profile("mine", params, _profile(tmp_path, text))


def test_a_missing_params_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"params\.yaml: no such file; run in the root of the repository"):
        apply_profile("avec2014", tmp_path / "params.yaml", PROFILES)


def test_roots_that_do_not_exist_are_to_be_set(params: Path, tmp_path: Path) -> None:
    assert roots_to_set(load_params(params)) == []  # the simulated corpus creates its own
    apply_profile("avec2014", params, PROFILES)
    values = yaml.safe_load(params.read_text())
    values["corpus"] |= {"root": str(tmp_path), "labels_root": str(tmp_path / "labels")}
    values["identities"] |= {"root": str(tmp_path), "list": str(params)}
    params.write_text(yaml.safe_dump(values))
    assert roots_to_set(load_params(params)) == [("corpus.labels_root", str(tmp_path / "labels"))]
    values["corpus"]["external"]["layout"] = "videos"  # only a corpus that is tested on needs a folder
    params.write_text(yaml.safe_dump(values))
    assert [key for key, _ in roots_to_set(load_params(params))] == [
        "corpus.labels_root",
        "corpus.external.root",
        "corpus.external.labels_root",
    ]
