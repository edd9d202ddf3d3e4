"""The checks of params.yaml: every error names the key, its value and what is allowed."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pipeline.params.check import check_params, load_params
from pipeline.params.errors import ParamsError
from pipeline.params.whole import Params

ROOT = Path(__file__).parents[3]
SECTIONS = (
    "simulate, corpus, decode, align, detection, subsample, baselines, identities, clip, model, pretrain, estimator, "
    "finetune, evaluate, explain"
)
KERNELS = "a list of distinct odd numbers from 1 to 31, ascending, as [3, 5, 7]"
CUE_IN = "dynamics (the score affects how fast a face moves) or appearance (it affects the face at rest)"
LABELS = "true, or a control: permuted_subjects or permuted_sessions (no face tells a score then)"
ORDER = (
    "recorded (as clip.order), or a control in testing alone: shuffled, frozen (the middle frame of a clip repeated) "
    "or reversed"
)
THRESHOLDS = "three numbers between 0 and 1, for P-Net, R-Net and O-Net"
ABSENT = "skip (no clip with a frame without a face), hold (the last face is repeated) or keep (black)"
PLAIN = "without ${ and control characters; a link with a plain name may lead there"
AUGMENT = "flip, rotate, upside_down, degrees, angle, fill"
DEMO: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())


def _values(**changes: Any) -> dict[str, Any]:
    """The parameters of the demo with changes, passed as section__key=value."""
    values = copy.deepcopy(DEMO)
    for name, value in changes.items():
        *sections, key = name.split("__")
        section = values
        for part in sections:
            section = section[part]
        section[key] = value
    return values


def _error_lines(values: Any) -> list[str]:
    with pytest.raises(ParamsError) as error:
        check_params(values)
    return str(error.value).splitlines()


def test_lpq_needs_faces_that_its_windows_and_regions_fit_into() -> None:
    lpq = {"estimator__name": "lpq_svr", "align__size": 32}
    message = (
        "align.size is 32, but estimator.lpq_svr has windows of 31 pixels and a grid of 4; allowed: window + grid up"
    )
    (line,) = _error_lines(_values(**lpq, estimator__lpq_svr__window=31))
    assert line == f"params.yaml: {message} to 33"
    check_params(_values(**lpq, estimator__lpq_svr__window=29))
    check_params(_values(align__size=32, estimator__lpq_svr__window=31))  # it is not chosen


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"align__method": "crop"},
            "align.method is crop, but estimator.name is motion_statistics; allowed: similarity, which puts eyes and "
            "mouth in one place",
        ),
        (
            {"align__size": 32, "estimator__motion_statistics__side": 33},
            "estimator.motion_statistics.side is 33, but estimator.name is motion_statistics; allowed: 8 to "
            "align.size, 32",
        ),
        (
            {"clip__length": 12},
            "estimator.motion_statistics.lags is 12, but estimator.name is motion_statistics; allowed: 1 to "
            "clip.length - 1, 11",
        ),
    ],
)
def test_motion_statistics_need_a_template_large_faces_and_long_clips(changes: dict[str, Any], message: str) -> None:
    assert _error_lines(_values(estimator__name="motion_statistics", **changes)) == [f"params.yaml: {message}"]
    check_params(_values(**changes))  # it is not chosen
    check_params(_values(estimator__name="motion_statistics", clip__length=13, clip__order="shuffled"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"estimator__name": "lstm"},
            "estimator.name is lstm; allowed: clip_network, frame_expectation, lpq_svr, motion_statistics",
        ),
        (
            {"estimator__name": "frame_expectation"},
            "model.name is msn, but estimator.name is frame_expectation; allowed for it: resnet50",
        ),
        (
            {"model__name": "resnet50"},
            "model.name is resnet50, but estimator.name is clip_network; allowed for it: msn, c3d, i3d",
        ),
        (
            {"estimator__source": "aligned"},
            "estimator.source is aligned, but estimator.name is clip_network; allowed for it: sequences",
        ),
    ],
)
def test_an_estimator_has_networks_and_sources_of_its_own(changes: dict[str, str], message: str) -> None:
    assert _error_lines(_values(**changes)) == [f"params.yaml: {message}"]


@pytest.mark.parametrize("value", [4, 1, 33, 5.5])
def test_wrong_settings_of_an_estimator_that_is_not_chosen_are_refused_too(value: float) -> None:
    (line,) = _error_lines(_values(estimator__lpq_svr__window=value))
    assert line.startswith(f"params.yaml: estimator.lpq_svr.window is {value}; allowed: pixels, odd, 3 to 31")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clip__length": 8}, "clip.length is 8, but model.name is c3d; allowed for it: 16 to 31"),
        ({"clip__length": 32}, "clip.length is 32, but model.name is c3d; allowed for it: 16 to 31"),
        ({"align__size": 80}, "align.size is 80, but model.name is c3d; allowed for it: 96 to 127"),
        ({"align__size": 128}, "align.size is 128, but model.name is c3d; allowed for it: 96 to 127"),
    ],
)
def test_c3d_takes_one_clip_size_only(changes: dict[str, int], message: str) -> None:
    assert _error_lines(_values(model__name="c3d", **changes)) == [f"params.yaml: {message}"]
    check_params(_values(**changes))  # msn takes them
    check_params(_values(model__name="c3d", clip__length=31, align__size=96))


def test_parameters_of_the_demo_are_accepted() -> None:
    params = load_params(ROOT / "params.yaml")
    assert isinstance(params.model.kernels, tuple)
    assert isinstance(params.model.scale, float)
    assert params.decode.fps is None


@pytest.mark.parametrize(
    ("key", "value", "shown_value", "allowed"),
    [
        (
            "explain.stage",
            "conv1",
            '"conv1"',
            "conv2, conv3, conv4 or conv5: the stage of the network; Grad-CAM uses its last block",
        ),
        ("model.depth", 68, "68", "27, 36, 51, 69 or 99"),
        ("model.depth", "deep", '"deep"', "27, 36, 51, 69 or 99"),
        ("model.depth", None, "null", "27, 36, 51, 69 or 99"),
        ("model.kernels", [4], "[4]", KERNELS),
        ("model.kernels", [5, 3], "[5, 3]", KERNELS),
        ("model.kernels", [3, 3], "[3, 3]", KERNELS),
        ("model.kernels", [3, 33], "[3, 33]", KERNELS),
        ("model.kernels", [3, -5], "[3, -5]", KERNELS),
        ("model.kernels", [3, "five", 7], '[3, "five", 7]', KERNELS),
        ("model.kernels", [3.0, 5], "[3.0, 5]", KERNELS),
        ("model.kernels", [], "[]", KERNELS),
        ("model.kernels", 3, "3", KERNELS),
        ("model.width", 0, "0", "a factor on the number of channels of convolutions, above 0 to 4; the paper: 1.0"),
        ("model.mean", [131, 104], "[131, 104]", "three numbers, red, green, blue, subtracted from pixels of 0 to 255"),
        ("subsample.factor", 0, "0", "a whole number from 1 to 64: every n-th frame is kept"),
        ("subsample.factor", 2.5, "2.5", "a whole number from 1 to 64: every n-th frame is kept"),
        ("subsample.factor", True, "true", "a whole number from 1 to 64: every n-th frame is kept"),
        ("clip.length", 2, "2", "a whole number of frames from 8 to 256"),
        ("clip.absent", "drop", '"drop"', ABSENT),
        ("detection.worst", 0, "0", "number of recordings of which faces are shown, 1 to 100"),
        ("align.thresholds", [0.6, "a", 0.7], '[0.6, "a", 0.7]', THRESHOLDS),
        ("align.thresholds", [0.6, 0.7], "[0.6, 0.7]", THRESHOLDS),
        ("align.thresholds", [0.6, 0.7, 0.7, 0.7], "[0.6, 0.7, 0.7, 0.7]", THRESHOLDS),
        ("align.thresholds", [0.6, 0.7, 1.0], "[0.6, 0.7, 1.0]", THRESHOLDS),
        ("align.thresholds", 0.7, "0.7", THRESHOLDS),
        ("align.size", 100, "100", "pixels, a multiple of 16 from 32 to 512"),
        ("decode.fps", 0, "0", "null (native frames) or a constant rate up to 240 per second"),
        ("corpus.layout", "avec2015", '"avec2015"', "avec2013, avec2014 or videos"),
        ("corpus.root", "", '""', f"the folder of the corpus, preferably absolute, {PLAIN}"),
        ("corpus.root", "/a/${x}", '"/a/${x}"', f"the folder of the corpus, preferably absolute, {PLAIN}"),
        ("corpus.root", "/a\r", r'"/a\r"', f"the folder of the corpus, preferably absolute, {PLAIN}"),
        (
            "corpus.labels_root",
            "${x}",
            '"${x}"',
            f"the folder of the labels, {PLAIN}; corpus.root if they are together",
        ),
        (
            "identities.root",
            "a${model.name}",
            '"a${model.name}"',
            f"the folder to which the lines of identities.list are relative, {PLAIN}",
        ),
        ("identities.list", "${", '"${"', f"a file with one identity/image.jpg per line, {PLAIN}"),
        (
            "pretrain.source",
            "a/${x}.pt",
            '"a/${x}.pt"',
            f"train, none, or a path to weights trained elsewhere, {PLAIN}",
        ),
        (
            "corpus.partition",
            "random",
            '"random"',
            "official (of the corpus) or subject_folds (by corpus.folds and corpus.fold)",
        ),
        (
            "corpus.folds",
            2,
            "2",
            "subject-disjoint folds, 3 to 100: one for test, one for development, the others for training",
        ),
        ("simulate.cue_in", "voice", '"voice"', CUE_IN),
        ("corpus.labels", "permuted", '"permuted"', LABELS),
        ("corpus.labels", False, "false", LABELS),
        ("evaluate.order", "mixed", '"mixed"', ORDER),
        ("simulate.enabled", "on", '"on"', "true or false"),
        ("finetune.learning_rate", float("nan"), "NaN", "above 0; the paper: 0.0001"),
        ("finetune.learning_rate", float("inf"), "Infinity", "above 0; the paper: 0.0001"),
        ("finetune.learning_rate", "1e-5 or so", '"1e-5 or so"', "above 0; the paper: 0.0001"),
        ("finetune.augment.flip", 2, "2", "probability of mirroring, 0 to 1"),
        ("finetune.augment", [0.25], "[0.25]", f"a section with the keys {AUGMENT}"),
        ("clip", 16, "16", "a section with the keys length, absent, order"),
        ("clip", None, "null", "a section with the keys length, absent, order"),
    ],
)
def test_an_error_names_the_key_its_value_and_what_is_allowed(
    key: str, value: Any, shown_value: str, allowed: str
) -> None:
    assert _error_lines(_values(**{key.replace(".", "__"): value})) == [
        f"params.yaml: {key} is {shown_value}; allowed: {allowed}"
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"subsample__factor": 2, "subsample__phases": 3, "evaluate__phases": 1},
            "subsample.phases is 3, but subsample.factor is 2; allowed: 1 to 2",
        ),
        (
            {"subsample__factor": 4, "subsample__phases": 2, "evaluate__phases": 3},
            "evaluate.phases is 3, but subsample.phases keeps only 2; allowed: 1 to 2",
        ),
        (
            {"finetune__batch": 8, "finetune__accumulate": 3},
            "finetune.accumulate is 3, but finetune.batch is 8; allowed: 1, 2, 4, 8",
        ),
        (
            {"pretrain__batch": 6, "pretrain__accumulate": 5},
            "pretrain.accumulate is 5, but pretrain.batch is 6; allowed: 1, 2, 3, 6",
        ),
        (
            {"corpus__folds": 5, "corpus__fold": 5},
            "corpus.fold is 5, but corpus.folds is 5; allowed: 0 to 4",
        ),
        (
            {"simulate__subjects": 31, "simulate__sessions": 10},
            "simulate.subjects is 31, but there are only 3 x 10 sessions; allowed: up to 30",
        ),
        (
            {"simulate__source": "footage", "simulate__cue_in": "appearance"},
            "simulate.cue_in is appearance, but simulate.source is footage; allowed for it: dynamics",
        ),
        (
            {"simulate__source": "footage", "simulate__cue": 3.0},
            "simulate.cue is 3, but sessions claim footage for simulate.largest_cue, which is 2; allowed: up to that",
        ),
        (
            {"simulate__source": "footage", "simulate__subject_share": 0.5},
            "simulate.subject_share is 0.5, but simulate.source is footage; allowed for it: 0",
        ),
        (
            {"model__name": "c3d", "model__scale": 1.0},
            "model.scale is 1, but model.name is c3d, which has no batch norm: its loss would not stay finite; "
            "allowed for it: above 0 to 0.015625, as 0.0078125, which brings pixels between about -1 and 1",
        ),
        (
            {
                "finetune__augment": {
                    "flip": 0.5,
                    "rotate": 0.4,
                    "upside_down": 0.2,
                    "degrees": 30,
                    "angle": "fixed",
                    "fill": "edge",
                }
            },
            "finetune.augment: flip + rotate + upside_down is 1.1; "
            "allowed: at most 1, because at most one of them is applied to a clip",
        ),
    ],
)
def test_contradictory_keys_are_rejected(changes: dict[str, Any], message: str) -> None:
    assert _error_lines(_values(**changes)) == [f"params.yaml: {message}"]


def test_augmentation_probabilities_may_sum_to_one() -> None:
    quarters = {"flip": 0.25, "rotate": 0.25, "upside_down": 0.25, "degrees": 30, "angle": "fixed", "fill": "edge"}
    assert check_params(_values(finetune__augment=quarters)).finetune.augment.rotate == 0.25
    thirds = {
        "flip": 0.1,
        "rotate": 0.2,
        "upside_down": 0.7,
        "degrees": 30,
        "angle": "fixed",
        "fill": "edge",
    }  # 1 except for the last bit of the float
    check_params(_values(finetune__augment=thirds))


def test_the_error_for_an_unknown_key_lists_the_known_keys() -> None:
    values = _values(clip__lenght=16, finetune__augment__mirror=0.5, models={})
    assert _error_lines(values) == [
        "params.yaml: clip.lenght is not a known key; clip has the keys length, absent, order",
        f"params.yaml: finetune.augment.mirror is not a known key; finetune.augment has the keys {AUGMENT}",
        f"params.yaml: models is not a known key; params.yaml has the keys {SECTIONS}",
    ]


def test_the_error_for_a_renamed_key_names_the_present_one_and_how_to_convert() -> None:
    values = _values(align__survey=30)
    assert _error_lines(values) == [
        "params.yaml: align.survey is now align.survey_step, in seconds: frames divided by frames per second, as 30 at "
        "30 frames/s: 1.0"
    ]


def test_the_control_of_permuted_labels_has_moved() -> None:
    (line,) = _error_lines(_values(finetune__labels="permuted"))
    assert line == (
        "params.yaml: finetune.labels is now corpus.labels, which permutes fitted and tested scores; permuted: "
        "permuted_sessions"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"evaluate__order": "frozen"},
            "evaluate.order is frozen, but clip.order is shuffled; allowed: one of them recorded, because clips are "
            "reordered once",
        ),
        (
            {"estimator__name": "lpq_svr"},
            "clip.order is shuffled, but lpq_svr sees no clips; allowed for it: recorded",
        ),
        (
            {"estimator__name": "frame_expectation", "model__name": "resnet50"},
            "clip.order is shuffled, but frame_expectation sees no clips; allowed for it: recorded",
        ),
    ],
)
def test_frames_are_reordered_once_and_only_where_clips_are_seen(changes: dict[str, Any], message: str) -> None:
    assert _error_lines(_values(clip__order="shuffled", **changes)) == [f"params.yaml: {message}"]
    check_params(_values(**changes))


def test_a_key_that_is_not_text_is_rejected() -> None:
    values = _values()
    values["clip"][16] = True
    assert _error_lines(values) == ["params.yaml: clip.16 is not a known key; clip has the keys length, absent, order"]


def test_a_missing_key_is_rejected() -> None:
    values = _values()
    del values["model"]["depth"], values["clip"]
    assert sorted(_error_lines(values)) == [
        "params.yaml: clip is missing; allowed: a section with the keys length, absent, order",
        "params.yaml: model.depth is missing; allowed: 27, 36, 51, 69 or 99",
    ]


def test_all_wrong_keys_are_reported_at_once() -> None:
    values = _values(
        model__depth=68,
        model__kernels=[4],
        subsample__factor=0,
        clip__length=2,
        pretrain__batch=24,
        pretrain__accumulate=5,
    )
    assert [line.split(" is ")[0] for line in _error_lines(values)] == [
        "params.yaml: subsample.factor",
        "params.yaml: clip.length",
        "params.yaml: model.depth",
        "params.yaml: model.kernels",
        "params.yaml: pretrain.accumulate",
    ]


def test_a_number_that_dvc_writes_and_yaml_reads_as_text_is_converted() -> None:
    assert yaml.safe_load("1e-05") == "1e-05"  # YAML 1.1 requires 1.0e-05
    params = check_params(_values(finetune__learning_rate="1e-05", model__mean=["1.3e2", 104, 91.5]))
    assert params.finetune.learning_rate == 0.00001
    assert params.model.mean == (130.0, 104.0, 91.5)
    assert _error_lines(_values(finetune__learning_rate="-1e-05")) == [
        'params.yaml: finetune.learning_rate is "-1e-05"; allowed: above 0; the paper: 0.0001'
    ]


@pytest.mark.parametrize(("text", "shown_value"), [("", "null"), ("- 3", "[3]"), ("3", "3")])
def test_a_file_without_a_mapping_is_rejected(tmp_path: Path, text: str, shown_value: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ParamsError, match="the whole is") as error:
        load_params(path)
    assert str(error.value) == f"{path}: the whole is {shown_value}; allowed: the sections {SECTIONS}"


def test_a_missing_file_and_invalid_yaml_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    with pytest.raises(ParamsError, match=r"params\.yaml: no such file; run in the root of the repository"):
        load_params(path)
    path.write_text("clip: [16")
    with pytest.raises(ParamsError, match=r"params\.yaml: not valid YAML"):
        load_params(path)
    path.write_bytes(b"\xff\xfec\x00")
    with pytest.raises(ParamsError, match=r"params\.yaml: not UTF-8 \(.* at byte 0\); save it as UTF-8"):
        load_params(path)


def test_checked_parameters_are_immutable() -> None:
    params: Params = check_params(_values())
    with pytest.raises(ValidationError, match="frozen"):
        params.clip.length = 32  # type: ignore[misc]
