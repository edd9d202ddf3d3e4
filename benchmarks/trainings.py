"""The trainings of the benchmarks: both of the stages' modules on random faces."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.gradients import MakeModule
from benchmarks.training_data import write_identities, write_sequences
from pipeline.data.identity_images import open_identities
from pipeline.data.seeding import Purpose, torch_seed
from pipeline.finetuning.finetuning import Finetuning
from pipeline.models.description import Description
from pipeline.models.preprocessing import Preprocessing
from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.params.check import load_params
from pipeline.params.whole import Params
from pipeline.pretraining.recognition import Pretraining
from pipeline.score_networks.network_task import NetworkTask
from pipeline.score_networks.objectives import fit_target

ROOT = Path(__file__).parents[1]
SIZE = 112


def training_params(width: float, depth: int, steps: int, pretrain_batch: int, finetune_batch: int) -> Params:
    """Return the demo's parameters for one epoch of some size, without dropout, augmentation or averaging.

    No images are held out.
    """
    demo = load_params(ROOT / "params.yaml")
    model = demo.model.model_copy(update={"width": width, "depth": depth, "dropout": 0.0})
    no_augmentation = demo.finetune.augment.model_copy(update={"flip": 0.0, "rotate": 0.0, "upside_down": 0.0})
    finetune = {
        "batch": finetune_batch,
        "accumulate": 1,
        "steps": steps,
        "augment": no_augmentation,
        "averaging": 0.0,
    }
    return demo.model_copy(
        update={
            "model": model,
            "pretrain": demo.pretrain.model_copy(
                update={"batch": pretrain_batch, "accumulate": 1, "held_out": 0.0, "flip": 0.0}
            ),
            "finetune": demo.finetune.model_copy(update=finetune),
        }
    )


def trainings(folder: Path, params: Params, steps: int) -> dict[str, MakeModule]:
    """Write random faces in the format of the stages; return a function for each training that creates its module."""
    images = write_identities(folder / "identities", steps * params.pretrain.batch, SIZE)
    scored = write_sequences(folder / "sequences", 8, 200, SIZE, Preprocessing(None, params.align, params.subsample))
    return {
        "pretraining": lambda: Pretraining(open_identities(images), params.clip.length, params.model, params.pretrain),
        "finetuning": lambda: Finetuning(_finetuning_task(scored, params), params.finetune),
    }


def _finetuning_task(scored: Sequence[tuple[Path, float]], params: Params) -> NetworkTask:
    """Return a network with initial weights, and (folder, score) of the recordings that it is fitted to."""
    network = build(params.model, Regression(), torch_seed(params.finetune.seed, Purpose.WEIGHTS))
    target = fit_target([score for _, score in scored], params.finetune.standardise)
    description = Description(params.model, Regression(), params.clip.length, target)
    return NetworkTask(network, description, scored, [], params.clip.absent)
