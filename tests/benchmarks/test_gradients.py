"""No speed is reported if the gradients of a layer are wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks.gradients import check_gradients
from pipeline.data.identity_images import open_identities
from pipeline.pretraining.recognition import Pretraining
from pipeline.training.module import TrainingModule
from tests.pipeline.training.material import FINETUNE, MODEL, PRETRAIN, finetuning, write_identities, write_sequence

CPU = torch.device("cpu")
NO_DROPOUT = MODEL.model_copy(update={"dropout": 0.0})


@pytest.fixture(params=["pretraining", "finetuning"])
def make_module(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], TrainingModule]:
    """A function that creates a module without dropout and augmentation."""
    if request.param == "pretraining":
        images = open_identities(write_identities(tmp_path / "identities", [6, 5, 7]))
        return lambda: Pretraining(images, 8, NO_DROPOUT, PRETRAIN.model_copy(update={"flip": 0.0}))
    scored = [(write_sequence(tmp_path / f"r{number}", [12], seed=number), 9.0 * number) for number in range(3)]
    augment = FINETUNE.augment.model_copy(update={"flip": 0.0, "rotate": 0.0, "upside_down": 0.0})
    settings = FINETUNE.model_copy(update={"augment": augment})
    return lambda: finetuning(scored, model=NO_DROPOUT, settings=settings)


def test_correct_gradients_differ_by_rounding(make_module: Callable[[], TrainingModule]) -> None:
    differences = check_gradients("training", make_module, CPU, "32-true")
    assert set(differences) == {"gradient_difference", "rounding_difference"}
    assert 0 < differences["gradient_difference"] < 0.01
    assert 0 < differences["rounding_difference"] < 0.01


@pytest.mark.parametrize("layer", ["backbone.stem.0.convolution.weight", "backbone.stages.1.0.parallel.2.weight"])
@pytest.mark.parametrize("damage", [lambda gradient: gradient * 0, lambda gradient: gradient.flip(0)])
def test_a_wrong_layer_ends_the_run(
    make_module: Callable[[], TrainingModule], layer: str, damage: Callable[[Tensor], Tensor]
) -> None:
    def make_wrong() -> TrainingModule:
        module = make_module()
        module.network.get_parameter(layer).register_hook(
            lambda gradient: damage(gradient) if gradient.dtype == torch.float32 else gradient
        )
        return module

    with pytest.raises(
        SystemExit, match=rf"training: gradients of {layer} in 32-true differ .* No speed is reported for wrong results"
    ):
        check_gradients("training", make_wrong, CPU, "32-true")


def test_wrong_norms_end_the_run(make_module: Callable[[], TrainingModule]) -> None:
    def make_wrong() -> TrainingModule:
        module = make_module()
        for weight in module.network.parameters():
            if weight.ndim == 1:
                weight.register_hook(lambda gradient: -gradient if gradient.dtype == torch.float32 else gradient)
        return module

    with pytest.raises(SystemExit, match="training: gradients of all layers in 32-true differ "):
        check_gradients("training", make_wrong, CPU, "32-true")
