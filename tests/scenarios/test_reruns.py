"""After a change exactly the stages that depend on it run again."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

COMPARE = ("python", "-m", "pipeline.cli", "compare-saliency")
TRAINED = ["pretrain", "finetune", "evaluate", "explain"]
NETWORK = ["pretrain", "finetune", "evaluate", "complexity", "explain"]  # stages that run after a change of the network

# For every parameter, another allowed value and the stages that read it and so must run again; by hand from design.md.
DIRECT: dict[str, tuple[Any, set[str]]] = {
    "simulate.enabled": (False, {"simulate"}),
    "simulate.source": ("footage", {"simulate"}),
    "simulate.footage": ("stages", {"simulate"}),
    "simulate.seed": (5, {"simulate"}),
    "simulate.cue": (0.5, {"simulate"}),
    "simulate.cue_in": ("appearance", {"simulate"}),
    "simulate.largest_cue": (3.0, {"simulate"}),
    "simulate.subject_share": (0.25, {"simulate"}),
    "simulate.subjects": (5, {"simulate"}),
    "simulate.sessions": (3, {"simulate"}),
    "simulate.frames": (22, {"simulate"}),
    "simulate.frame_rate": (6.0, {"simulate"}),
    "simulate.width": (132, {"simulate"}),
    "simulate.height": (100, {"simulate"}),
    "simulate.identities": (3, {"simulate"}),
    "simulate.images": (7, {"simulate"}),
    "simulate.external": (True, {"simulate"}),
    "corpus.layout": ("videos", {"ingest"}),
    "corpus.root": ("data/simulated", {"ingest"}),
    "corpus.labels_root": ("data/simulated", {"ingest"}),
    "corpus.scale": ("phq-9", {"simulate", "ingest", "finetune", "evaluate", "complexity"}),
    "corpus.score_column": ("phq9", {"ingest"}),
    "corpus.cut": (10, {"evaluate"}),
    "corpus.complete": (True, {"ingest"}),
    "corpus.partition": ("subject_folds", {"ingest"}),
    "corpus.folds": (4, {"ingest"}),
    "corpus.fold": (1, {"ingest"}),
    "corpus.labels": ("permuted_sessions", {"ingest"}),
    "corpus.permutation": (1, {"ingest"}),
    "corpus.external.layout": ("avec2014", {"ingest"}),
    "corpus.external.root": ("data/simulated/avec2014", {"ingest"}),
    "corpus.external.labels_root": ("data/simulated/avec2014", {"ingest"}),
    "corpus.external.shared_subjects": (True, {"ingest"}),
    "decode.fps": (5.0, {"decode"}),
    "decode.on_error": ("skip", {"decode"}),
    "decode.max_lost": (0.5, {"decode"}),
    "align.method": ("crop", {"align", "identities"}),
    "align.size": (48, {"align", "identities", "complexity"}),
    "align.max_gap": (0, {"align"}),
    "align.detector": ("every", {"align"}),
    "align.survey_step": (0.25, {"align"}),
    "align.min_face": (40, {"align", "identities"}),
    "align.thresholds": ([0.6, 0.7, 0.8], {"align", "identities"}),
    "align.margin": (0.1, {"align", "identities"}),
    "detection.worst": (3, {"detection"}),
    "detection.faces": (3, {"detection"}),
    "subsample.factor": (4, {"subsample"}),
    "subsample.phases": (1, {"subsample"}),
    "baselines.penalties": ([0.1, 1.0], {"baselines"}),
    "baselines.folds": (2, {"baselines"}),
    "baselines.window": (5, {"baselines"}),
    "baselines.grid": (2, {"baselines"}),
    "identities.root": ("data/simulated/vggface2", {"identities"}),
    "identities.list": ("data/simulated/vggface2/test_list.txt", {"identities"}),
    "identities.landmarks": ("detect", {"identities"}),
    "clip.length": (9, {"pretrain", "finetune", "complexity", "explain"}),
    "clip.absent": ("hold", {"finetune"}),
    "model.name": ("i3d", {"pretrain", "finetune", "complexity"}),
    "model.depth": (36, {"pretrain", "finetune", "complexity"}),
    "clip.order": ("reversed", {"finetune"}),
    "model.kernels": ([3, 5], {"pretrain", "finetune", "complexity"}),
    "model.width": (0.0625, {"pretrain", "finetune", "complexity"}),
    "model.dropout": (0.1, {"pretrain", "finetune", "complexity"}),
    "model.batch_norm_momentum": (0.2, {"pretrain", "finetune", "complexity"}),
    "model.mean": ([1.0, 2.0, 3.0], {"pretrain", "finetune"}),
    "model.scale": (0.01, {"pretrain", "finetune"}),
    "pretrain.source": ("none", {"pretrain"}),
    "pretrain.epochs": (2, {"pretrain"}),
    "pretrain.batch": (2, {"pretrain"}),
    "pretrain.accumulate": (2, {"pretrain"}),
    "pretrain.sync_batch_norm": (True, {"pretrain"}),
    "pretrain.learning_rate": (0.02, {"pretrain"}),
    "pretrain.momentum": (0.5, {"pretrain"}),
    "pretrain.weight_decay": (0.0, {"pretrain"}),
    "pretrain.decay_every": (3, {"pretrain"}),
    "pretrain.decay_factor": (0.5, {"pretrain"}),
    "pretrain.flip": (0.5, {"pretrain"}),
    "pretrain.held_out": (0.2, {"pretrain"}),
    "pretrain.precision": ("bf16-mixed", {"pretrain"}),
    "pretrain.seed": (3, {"pretrain"}),
    "estimator.name": ("lpq_svr", {"estimator"}),
    "estimator.source": ("aligned", {"estimator", "finetune", "evaluate"}),
    "estimator.lpq_svr.window": (5, {"estimator"}),
    "estimator.lpq_svr.grid": (2, {"estimator"}),
    "estimator.lpq_svr.segment": (1.0, {"estimator"}),
    "estimator.lpq_svr.costs": ([1.0], {"estimator"}),
    "estimator.lpq_svr.epsilons": ([0.5], {"estimator"}),
    "estimator.lpq_svr.folds": (2, {"estimator"}),
    "estimator.motion_statistics.side": (8, {"estimator"}),
    "estimator.motion_statistics.lags": (2, {"estimator"}),
    "estimator.motion_statistics.penalties": ([0.1, 1.0], {"estimator"}),
    "estimator.motion_statistics.folds": (3, {"estimator"}),
    "finetune.epochs": (2, {"finetune"}),
    "finetune.steps": (3, {"finetune"}),
    "finetune.batch": (4, {"finetune"}),
    "finetune.accumulate": (2, {"finetune"}),
    "finetune.sync_batch_norm": (True, {"finetune"}),
    "finetune.learning_rate": (0.01, {"finetune"}),
    "finetune.decay": (0.0, {"finetune"}),
    "finetune.averaging": (0.5, {"finetune"}),
    "finetune.standardise": (False, {"finetune"}),
    "finetune.augment.flip": (0.25, {"finetune"}),
    "finetune.augment.rotate": (0.25, {"finetune"}),
    "finetune.augment.upside_down": (0.25, {"finetune"}),
    "finetune.augment.degrees": (10, {"finetune"}),
    "finetune.augment.angle": ("uniform", {"finetune"}),
    "finetune.augment.fill": ("mean", {"finetune"}),
    "finetune.validation": ("development", {"baselines", "finetune", "evaluate"}),
    "finetune.held_out": (0.3, {"baselines", "finetune", "evaluate"}),
    "finetune.precision": ("bf16-mixed", {"finetune"}),
    "finetune.seed": (3, {"baselines", "finetune", "evaluate"}),
    "evaluate.phases": (2, {"evaluate"}),
    "evaluate.order": ("reversed", {"evaluate"}),
    "evaluate.seed": (1, {"evaluate"}),
    "explain.stage": ("conv4", {"explain"}),
}

# The stages that run when the output of a stage changes, and when a single parameter changes; by hand from design.md.
# The parameters of a training are written beside its weights, so any change of them changes the output.
SCORED = {"finetune", "evaluate", "explain"}
BELOW: dict[str, set[str]] = {
    "decode": {"decode", "align", "detection", "subsample", "baselines", *SCORED},
    "align": {"align", "detection", "subsample", "baselines", *SCORED},
    "detection": {"detection"},
    "subsample": {"subsample", *SCORED},
    "baselines": {"baselines", "evaluate"},
    "identities": {"identities", "pretrain", *SCORED},
    "pretrain": {"pretrain", *SCORED},
    "estimator": {"estimator"},  # settings of an estimator that is not chosen
    "finetune": SCORED,
    "evaluate": {"evaluate", "explain"},
    "explain": {"explain"},
    "complexity": {"complexity"},
}
VIDEOS = {"simulate", "ingest", *BELOW["decode"]}  # other videos, but the same identity images
SINGLE: dict[str, set[str]] = {
    "simulate.seed": VIDEOS | BELOW["identities"],
    **{f"simulate.{key}": VIDEOS for key in ("cue", "cue_in", "frames", "frame_rate", "width", "height")},
    **{f"simulate.{key}": VIDEOS for key in ("subject_share", "subjects", "sessions")},
    **{f"simulate.{key}": {"simulate", *BELOW["identities"]} for key in ("identities", "images")},
    "corpus.scale": VIDEOS | {"complexity"},  # the scores are drawn on it, and the speed of the faces follows them
    "corpus.cut": {"evaluate"},
    **{f"simulate.{key}": {"simulate"} for key in ("footage", "largest_cue")},  # nothing is made from footage here
    "corpus.partition": {"ingest", "detection", "baselines", *SCORED},  # the same recordings with other labels
    "corpus.labels_root": {"ingest"},  # the same labels below another folder
    "corpus.folds": {"ingest"},  # folds are not used here
    "corpus.fold": {"ingest"},
    "corpus.labels": {"ingest", "baselines", *SCORED},
    "corpus.permutation": {"ingest"},  # nothing is permuted here
    **{f"corpus.external.{key}": {"ingest"} for key in ("root", "labels_root", "shared_subjects")},  # not used here
    "simulate.external": {"simulate", "ingest"},  # beside the first corpus, whose recordings stay
    "decode.on_error": {"decode"},  # equal bytes: the later stages do not run
    "decode.max_lost": {"decode"},
    # Published landmarks need no detector; sequences record the parameters of align even if their faces are equal.
    **{f"align.{key}": {"identities", *BELOW["align"]} for key in ("margin", "min_face", "thresholds")},
    # Equal weights here: the rate is reduced after the last epoch, and the same images are held out.
    **{f"pretrain.{key}": {"pretrain", "finetune"} for key in ("decay_every", "decay_factor", "held_out")},
    "estimator.name": {"estimator", "complexity", *SCORED},
    "evaluate.seed": {"evaluate"},
}
REFUSED = {
    "simulate.enabled": "ingest",  # there is no recording to list
    "simulate.source": "simulate",  # the folder of the footage is empty
    "corpus.root": "ingest",  # there are labels without videos
    "identities.root": "identities",  # the listed images are elsewhere
    "identities.list": "identities",
    "corpus.complete": "ingest",  # the counts are not the published ones
    "corpus.score_column": "ingest",  # label files of AVEC have no columns
    "corpus.layout": "ingest",  # there is no videos.csv
    "corpus.external.layout": "ingest",  # the second corpus is not drawn
    "pretrain.precision": "pretrain",  # needs a GPU
    "finetune.precision": "finetune",
    "estimator.source": "estimator",  # a clip network reads sequences
    "pretrain.sync_batch_norm": "pretrain",
    "finetune.sync_batch_norm": "finetune",
}

# For real runs: one change (or several), and exactly the stages that run.
RERUNS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "clip length and kernels": ({"clip__length": 9, "model__kernels": [3, 5]}, NETWORK),
    "depth": ({"model__depth": 36}, NETWORK),
    "subsampling": ({"subsample__factor": 4}, ["subsample", "finetune", "evaluate", "explain"]),
    "face size": ({"align__size": 48}, ["align", "detection", "subsample", "baselines", "identities", *NETWORK]),
    "gap": ({"align__max_gap": 0}, ["align", "detection", "subsample", "baselines", "finetune", "evaluate", "explain"]),
    "faces in the report": ({"detection__worst": 3}, ["detection"]),
    "handling of broken files": ({"decode__on_error": "skip"}, ["decode"]),
    "frames without a face": ({"clip__absent": "keep"}, ["finetune", "evaluate", "explain"]),
    "landmarks": ({"identities__landmarks": "detect"}, ["identities", *TRAINED]),
    "learning rate": ({"finetune__learning_rate": 0.01}, ["finetune", "evaluate", "explain"]),
    "cut": ({"corpus__cut": 10}, ["evaluate"]),
    "draws of evaluate": ({"evaluate__seed": 7}, ["evaluate"]),
    "stage of Grad-CAM": ({"explain__stage": "conv4"}, ["explain"]),
    "counts": ({"corpus__layout": "avec2014", "corpus__complete": False}, []),  # unchanged values
}


def _leaves(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for key, value in values.items():
        leaves |= _leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return leaves


def test_every_parameter_is_in_the_table(smallest: dict[str, Any]) -> None:
    assert set(DIRECT) == set(_leaves(smallest))


@pytest.mark.long
def test_every_parameter_reruns_the_stages_that_read_it(project: Any) -> None:
    """DVC's status after every single change, without running the stages."""
    params = project.folder / "params.yaml"
    original = params.read_text()
    assert project.status() == {}
    values = _leaves(yaml.safe_load(original))
    wrong = {}
    for key, (value, stages) in DIRECT.items():
        assert values[key] != value
        project.change(**{key.replace(".", "__"): value})
        changed = {stage for stage, reasons in project.status().items() if _params_changed(reasons)}
        params.write_text(original)
        if changed != stages:
            wrong[key] = changed
    assert wrong == {}


def _params_changed(reasons: list[Any]) -> bool:
    """Whether the parameters of a stage have changed, and not only the outputs of earlier stages."""
    return any("params.yaml" in reason.get("changed deps", {}) for reason in reasons if isinstance(reason, dict))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name == "face size" else name for name in RERUNS]
)
def test_a_change_reruns_the_stages_that_depend_on_it(project: Any, name: str) -> None:
    changes, stages = RERUNS[name]
    project.change(**changes)
    assert project.reproduce() == stages
    assert project.reproduce() == []
    assert json.loads((project.folder / "metrics.json").read_text())["videos"] == 4


@pytest.mark.long
@pytest.mark.parametrize("key", DIRECT)
def test_a_change_of_every_parameter_in_real_runs(project: Any, key: str) -> None:
    """`dvc repro` runs the stages that read the parameter, and the later ones if their input changes."""
    value, direct = DIRECT[key]
    project.change(**{key.replace(".", "__"): value})
    if key in REFUSED:
        assert f"failed to reproduce '{REFUSED[key]}'" in project.run("dvc", "repro", succeeds=False)
        return
    expected = SINGLE.get(key) or set().union(*(BELOW[stage] for stage in direct))
    assert set(project.reproduce()) == expected
    assert project.reproduce() == []


def test_without_a_change_nothing_runs(project: Any) -> None:
    assert project.reproduce() == []


def test_a_wrong_value_runs_nothing(project: Any) -> None:
    lock = (project.folder / "dvc.lock").read_text()
    project.change(model__depth=68, subsample__factor=4)
    output = project.run("dvc", "repro", succeeds=False)
    assert "model.depth is 68; allowed: 27, 36, 51, 69 or 99" in output.replace("\n", " ")
    assert (project.folder / "dvc.lock").read_text() == lock


def test_an_experiment_reruns_only_training_and_is_compared(project: Any, stages_that_ran: Any) -> None:
    output = project.run("dvc", "exp", "run", "--name", "deeper", "-S", "model.depth=36")
    assert stages_that_ran(output) == NETWORK
    difference = json.loads(project.run("dvc", "params", "diff", "--json"))
    assert {"old": 27, "new": 36}.items() <= difference["params.yaml"]["model.depth"].items()
    metrics = json.loads(project.run("dvc", "metrics", "diff", "--all", "--json"))
    assert "rmse" in metrics["metrics.json"]
    assert metrics["complexity.json"]["parameters"]["diff"] > 0
    project.run("dvc", "plots", "diff", "HEAD", "workspace", "--out", "plots")
    page = (project.folder / "plots" / "index.html").read_text()
    for picture in ("results_figure5", "results_error", "results_confusion", "results_curves", "data_detection_corpus"):
        for revision in ("HEAD", "workspace"):
            assert f'"static/{revision}_{picture}.png"' in page
            assert (project.folder / "plots/static" / f"{revision}_{picture}.png").read_bytes()[1:4] == b"PNG"
    for first, second in (("HEAD", "deeper"), ("workspace", "deeper")):
        output = project.run(*COMPARE, first, second, "--output", f"{first}.png")
        assert "shows faces" in output
        assert (project.folder / f"{first}.png").is_file()
    output = project.run(*COMPARE, "HEAD", "nobody", succeeds=False)
    assert "msn: nobody: neither an experiment nor a revision of Git" in output


def _copy_corpus(project: Any) -> Path:
    """Copy the corpus, set the parameters to the copy, and run the project once."""
    copy = project.folder.parent / "corpus"
    shutil.copytree(project.folder / "data/simulated/avec2014", copy)
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    project.change(corpus__root=str(copy), corpus__labels_root=str(copy))
    assert project.reproduce()[:1] == ["ingest"]
    return copy


def test_a_changed_score_reruns_no_stage_of_the_faces(project: Any) -> None:
    copy = _copy_corpus(project)
    label = sorted((copy / "AVEC2014_DepressionLabels/Training_DepressionLabels").iterdir())[0]
    label.write_text(f"{int(label.read_text()) + 3}\n")
    assert project.reproduce() == ["ingest", "baselines", "finetune", "evaluate", "explain"]
    test_label = sorted((copy / "AVEC2014_Labels_Testset/Testing/DepressionLabels").iterdir())[0]
    test_label.write_text(f"{int(test_label.read_text()) + 3}\n")
    assert project.reproduce() == ["ingest", "evaluate", "explain"]  # test labels never reach fine-tuning


def _hashes(project: Any) -> dict[str, str]:
    """Return the hash of each recording."""
    with (project.folder / "data/corpus/recordings.csv").open(newline="") as stream:
        return {row["recording"]: row["sha256"] for row in csv.DictReader(stream)}


def test_replaced_videos_are_processed_again(project: Any) -> None:
    copy = _copy_corpus(project)
    items = set((project.folder / ".work/align/items").iterdir())
    before = _hashes(project)
    first, second = sorted((copy / "Training/Freeform").iterdir())[:2]
    first.rename(copy / "first.mp4")  # exchanged, because one video with two labels is refused
    second.rename(first)
    (copy / "first.mp4").rename(second)
    faces = ["ingest", "decode", "align", "detection", "subsample", "baselines"]
    assert project.reproduce() == [*faces, "finetune", "evaluate", "explain"]
    assert set((project.folder / ".work/align/items").iterdir()) == items  # an item of the same content existed
    one, other = (path.name.replace("_video.mp4", "") for path in (first, second))
    assert _hashes(project) == before | {one: before[other], other: before[one]}
    assert before[one] != before[other]
