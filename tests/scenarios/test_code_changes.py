"""After an edit of a file exactly the stages that import it run again, in real runs."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FACES = ["align", "identities"]
TRAINING = ["pretrain", "finetune"]
MODELS = [*TRAINING, "evaluate", "explain"]
WITH_FEATURES = ["finetune", "evaluate"]  # an estimator may have the workers compute features
WITH_ESTIMATOR = [*WITH_FEATURES, "explain", "complexity"]  # they import the chosen estimator
MADE_IN_WORKERS = ["simulate", "ingest", "decode", "align", "detection", "subsample", "baselines", "identities"]
ALL = [*MADE_IN_WORKERS, *MODELS, "complexity", "estimator"]

# One file of each room, or several if their stages differ, with the stages that run; by hand from design.md. The edit
# changes no output, so stages that only read the outputs of these do not run.
STAGES_BY_FILE: dict[str, list[str]] = {
    "pipeline/runtime/atomic.py": ALL,
    "pipeline/parallel/workers.py": [*MADE_IN_WORKERS, *WITH_FEATURES],
    "pipeline/parallel/progress.py": [*MADE_IN_WORKERS, "pretrain", *WITH_FEATURES],
    "pipeline/artifacts/artifact_store.py": [
        "simulate",
        "ingest",
        "decode",
        "align",
        "subsample",
        "baselines",
        "identities",
        "pretrain",
        *WITH_FEATURES,
    ],
    "pipeline/records/frame_table.py": ["simulate", "decode", "align", "detection", "baselines"],
    "pipeline/records/cells.py": ["ingest", "identities"],
    "pipeline/records/labels.py": ["simulate", "ingest", "baselines", *WITH_FEATURES, "explain"],
    "pipeline/records/baseline_estimates.py": ["baselines", "evaluate"],
    "pipeline/records/estimates.py": WITH_ESTIMATOR,
    "pipeline/records/predictions.py": ["evaluate", "explain"],
    "pipeline/records/origin.py": ["simulate", "ingest", *WITH_ESTIMATOR],
    "pipeline/simulation/motion.py": ["simulate"],
    "pipeline/severity/scale.py": ["simulate", "ingest", *WITH_ESTIMATOR],
    "pipeline/planting/pace.py": ["simulate"],
    "pipeline/corpora/avec2014.py": ["ingest"],
    "pipeline/inspection/frame_times.py": ["simulate", "decode"],
    "pipeline/video/orientation.py": ["simulate", "decode", "align"],
    "pipeline/video/reading.py": ["simulate", "decode", "align"],
    "pipeline/video/writing.py": ["simulate"],
    "pipeline/faces/mtcnn.py": FACES,
    "pipeline/faces/template.py": [*FACES, *WITH_ESTIMATOR],
    "pipeline/tracking/linking.py": ["align"],
    "pipeline/identities/image_list.py": ["identities"],
    "pipeline/detection/tables.py": ["detection"],
    "pipeline/baselines/one_frame.py": ["baselines"],
    "pipeline/hidden_files.py": ["ingest", "identities"],
    "pipeline/name_twins.py": ["simulate", "ingest", "identities"],
    "pipeline/png.py": ["detection", "evaluate", "explain"],
    "pipeline/subsampling.py": ["subsample"],
    "pipeline/zarr_store.py": [*FACES, "detection", "subsample", "baselines", *MODELS, "complexity"],
    "pipeline/data/clips/face_sequence.py": WITH_ESTIMATOR,
    "pipeline/data/augmentation.py": ["finetune"],
    "pipeline/data/identity_images.py": ["pretrain"],
    "pipeline/user_folder.py": [*MODELS, "complexity"],
    "pipeline/nets/layers.py": [*MODELS, "complexity"],
    "pipeline/models/weights.py": [*MODELS, "complexity"],
    "pipeline/complexity/count.py": ["complexity"],
    "pipeline/complexity/timing.py": [],
    "pipeline/training/loop.py": TRAINING,
    "pipeline/training/gpu_lock.py": TRAINING,
    "pipeline/pretraining/recognition.py": ["pretrain"],
    "pipeline/finetuning/finetuning.py": ["finetune"],
    "pipeline/score_networks/predict.py": WITH_ESTIMATOR,
    "pipeline/descriptors/lpq.py": ["align", "baselines", *WITH_ESTIMATOR],
    "pipeline/descriptors/lpq_segments.py": WITH_ESTIMATOR,
    "pipeline/regressors/svr.py": WITH_ESTIMATOR,
    "pipeline/regressors/ridge.py": ["baselines", *WITH_ESTIMATOR],
    "pipeline/estimators/registry.py": WITH_ESTIMATOR,
    "pipeline/estimators/choice.py": ["estimator", "finetune", "complexity"],
    "pipeline/estimators/features.py": WITH_FEATURES,
    "pipeline/estimators/labels_alone.py": ["evaluate"],
    "pipeline/scoring/metrics.py": ["evaluate"],
    "pipeline/statistics/jackknife.py": ["evaluate"],
    "pipeline/saliency/relevance.py": ["explain"],
    "pipeline/params/whole.py": [],
    "pipeline/params/estimator.py": [],
    "pipeline/commands/predict.py": [],
    "pipeline/predicting/videos.py": [],
    "pipeline/exporting/export.py": [],
    "pipeline/experiments/repository.py": [],
    "pipeline/comparing/scores.py": [],
    "pipeline/studies/queue.py": [],
    "pipeline/study_costs/cost.py": [],
    "pipeline/upkeep/pruning.py": [],
    "pipeline/doctor/machine.py": [],
    "pipeline/report/page.py": [],
    "stages/evaluate.py": ["evaluate"],
    "stages/estimator.py": ["estimator"],
}

CHOICES = {
    "clip_network": {"estimator__name": "clip_network"},
    "frame_expectation": {"estimator__name": "frame_expectation", "model__name": "resnet50"},
    "lpq_svr": {"estimator__name": "lpq_svr"},
    "motion_statistics": {"estimator__name": "motion_statistics"},
}


def test_every_room_is_in_the_table() -> None:
    folders = {str(path.parent.relative_to(ROOT)) for path in (ROOT / "pipeline").rglob("*.py")}
    rooms = {folder.split("/")[1] for folder in folders if folder != "pipeline"}
    assert {file.split("/")[1] for file in STAGES_BY_FILE if file.count("/") > 1} == rooms


@pytest.mark.long
@pytest.mark.parametrize("file", STAGES_BY_FILE)
def test_an_edit_reruns_the_stages_that_import_the_file(project: Any, file: str) -> None:
    with (project.folder / file).open("a") as stream:
        stream.write("\nEDITED = True\n")
    assert sorted(project.reproduce()) == sorted(STAGES_BY_FILE[file])
    assert project.reproduce() == []


@pytest.mark.long
@pytest.mark.parametrize("chosen", CHOICES)
def test_an_edit_of_an_estimator_runs_stages_only_where_it_is_chosen(project: Any, chosen: str) -> None:
    project.change(**CHOICES[chosen])
    switched = project.reproduce()
    assert set(switched) <= {"estimator", "pretrain", *WITH_ESTIMATOR}  # pretrain: frame_expectation needs resnet50
    for edited in CHOICES:
        with (project.folder / f"pipeline/estimators/{edited}.py").open("a") as stream:
            stream.write("\nEDITED = True\n")
        assert sorted(project.reproduce()) == (sorted(WITH_ESTIMATOR) if edited == chosen else [])


@pytest.mark.long
def test_switching_the_estimator_runs_nothing_before_finetune_but_its_check(project: Any) -> None:
    project.change(estimator__name="lpq_svr")
    assert sorted(project.reproduce()) == sorted(["estimator", *WITH_ESTIMATOR])


@pytest.mark.long
def test_code_of_another_estimator_starts_finetune_but_fits_nothing(project: Any) -> None:
    with (project.folder / "pipeline/descriptors/lpq_segments.py").open("a") as stream:
        stream.write("\nEDITED = True\n")
    output = project.run("dvc", "repro", "finetune")
    assert "finetune: this was fitted before" in output


def test_an_unknown_estimator_is_refused_with_the_allowed_ones(project: Any) -> None:
    project.change(estimator__name="lstm")
    for target in ([], ["complexity"], ["explain"]):
        output = project.run("dvc", "repro", *target, succeeds=False)
        assert "estimator.name is lstm; allowed: clip_network, frame_expectation, lpq_svr, motion_statistics" in output
        assert "No such file" not in output


@pytest.mark.long
def test_without_pretraining_a_fresh_clone_trains_no_network(unbuilt: Any, tmp_path: Path) -> None:
    project = unbuilt.copy(tmp_path / "clone")
    project.change(estimator__name="lpq_svr", pretrain__source="none")
    assert sorted(project.reproduce()) == sorted(ALL)
    assert not (project.folder / ".work/pretrain").exists()
    assert list((project.folder / ".work/finetune").glob("scratch/*")) == []
    assert (project.folder / "metrics.json").is_file()
