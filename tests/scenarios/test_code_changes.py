"""After an edit of a file exactly the stages that import it run again, in real runs."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FACES = ["align", "identities"]
TRAINING = ["pretrain", "finetune"]
MODELS = [*TRAINING, "evaluate", "explain"]
MADE_IN_WORKERS = ["simulate", "ingest", "decode", "align", "detection", "subsample", "identities"]
ALL = [*MADE_IN_WORKERS, *MODELS, "complexity"]

# One file of each room, or several if their stages differ, with the stages that run; by hand from design.md. The edit
# changes no output, so stages that only read the outputs of these do not run.
STAGES_BY_FILE: dict[str, list[str]] = {
    "pipeline/runtime/atomic.py": ALL,
    "pipeline/parallel/workers.py": MADE_IN_WORKERS,
    "pipeline/parallel/progress.py": [*MADE_IN_WORKERS, *TRAINING],
    "pipeline/artifacts/artifact_store.py": [
        "ingest",
        "decode",
        "align",
        "subsample",
        "identities",
        "pretrain",
        "finetune",
    ],
    "pipeline/records/frame_table.py": ["decode", "align", "detection"],
    "pipeline/records/labels.py": ["ingest", "finetune", "evaluate"],
    "pipeline/records/predictions.py": ["evaluate", "explain"],
    "pipeline/simulation/motion.py": ["simulate"],
    "pipeline/corpora/avec2014.py": ["ingest"],
    "pipeline/inspection.py": ["decode"],
    "pipeline/video.py": ["simulate", "decode", "align"],
    "pipeline/faces/mtcnn.py": FACES,
    "pipeline/tracking/linking.py": ["align"],
    "pipeline/identities/image_list.py": ["identities"],
    "pipeline/detection/tables.py": ["detection"],
    "pipeline/png.py": ["detection", "evaluate", "explain"],
    "pipeline/subsampling.py": ["subsample"],
    "pipeline/zarr_store.py": [*FACES, "detection", "subsample", *MODELS],
    "pipeline/data/clips/face_sequence.py": ["finetune", "evaluate", "explain"],
    "pipeline/data/augmentation.py": ["finetune"],
    "pipeline/data/identity_images.py": ["pretrain"],
    "pipeline/nets/layers.py": [*MODELS, "complexity"],
    "pipeline/models/weights.py": MODELS,
    "pipeline/complexity/count.py": ["complexity"],
    "pipeline/complexity/timing.py": [],
    "pipeline/training/loop.py": TRAINING,
    "pipeline/training/gpu_lock.py": TRAINING,
    "pipeline/pretraining/recognition.py": ["pretrain"],
    "pipeline/estimators/finetuning.py": ["finetune"],
    "pipeline/estimators/predict.py": ["finetune", "evaluate"],
    "pipeline/scoring/metrics.py": ["evaluate"],
    "pipeline/saliency/relevance.py": ["explain"],
    "pipeline/params.py": [],
    "pipeline/commands/predict.py": [],
    "pipeline/predicting/videos.py": [],
    "pipeline/exporting/export.py": [],
    "pipeline/experiments/repository.py": [],
    "pipeline/comparing/scores.py": [],
    "pipeline/studies/queue.py": [],
    "pipeline/report/page.py": [],
    "stages/evaluate.py": ["evaluate"],
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
