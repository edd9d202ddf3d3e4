"""The first five steps of each network of each profile and study, at full width and at its own settings.

A setting with which the loss grows without bound shows it in a few steps (C3D on unscaled pixels: in two). So each
network that a study makes of a profile is pretrained for five steps on 8,631 identities, and then fine-tuned for five
from these weights, by the modules and optimisers of the stages. A batch is two clips of 8 frames (C3D: 16) of faces of
48 x 48 pixels (C3D: 112), because neither length nor size changes the number of channels.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch

from pipeline.data.identity_images import IdentityImages, open_identities
from pipeline.data.seeding import Purpose, torch_seed
from pipeline.estimators.network_estimator import NetworkEstimator
from pipeline.estimators.registry import estimator_class
from pipeline.finetuning.finetuning import Finetuning
from pipeline.models.description import Description, network_name
from pipeline.nets.build import build, frames_seen
from pipeline.nets.heads import Regression
from pipeline.params.check import check_params, load_params
from pipeline.params.whole import Params
from pipeline.pretraining.recognition import Pretraining
from pipeline.profiles import apply_profile
from pipeline.score_networks.network_task import NetworkTask
from pipeline.score_networks.objectives import fit_target
from pipeline.severity.scale import scale_of
from pipeline.studies.definition import StudyError, list_studies, points, read_study
from pipeline.training.module import TrainingModule
from tests.pipeline.training import material

ROOT = Path(__file__).parents[3]
IDENTITIES = 8631  # of VGGFace2
STEPS, BATCH = 5, 2
SCORES = (10.0, 20.0)


def _networks() -> dict[str, Params]:
    """Return the parameters of each different network that is trained by a study of a profile, by its name."""
    networks: dict[str, Params] = {}
    settings: dict[str, str] = {}
    for params in _points_of_profiles():
        name = network_name(params.model)
        if not params.estimator.settings.networks:
            continue
        learned = [params.pretrain.model_dump(), params.finetune.model_dump(exclude={"seed", "validation"})]
        text = json.dumps([params.model.model_dump(), *learned], sort_keys=True)
        if settings.setdefault(name, text) != text:  # the same network with settings of another study
            name = f"{name}, {len(networks)}"
            settings[name] = text
        networks.setdefault(name, params)
    return networks


def _points_of_profiles() -> Iterator[Params]:
    """Yield the parameters of each profile as it is, and of each point of each study that fits it."""
    for profile in sorted((ROOT / "profiles").glob("*.yaml")):
        with TemporaryDirectory() as folder:
            path = Path(folder, "params.yaml")
            path.write_text((ROOT / "params.yaml").read_text(encoding="utf-8"), encoding="utf-8")
            apply_profile(profile.stem, path, ROOT / "profiles")
            params = load_params(path)
        yield params
        for name in list_studies(ROOT / "studies"):
            try:
                study_points = points(read_study(name, ROOT / "studies"), params.model_dump(mode="json"), {})
            except StudyError:  # none of its grids fits a corpus of real people
                continue
            yield from (check_params(point.params) for point in study_points)


NETWORKS = _networks()


@pytest.mark.long
@pytest.mark.parametrize("name", NETWORKS)
def test_the_loss_of_the_first_steps_stays_bounded(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = _shortened(NETWORKS[name])
    assert params.model.width == 1.0
    monkeypatch.setattr(material, "SIZE", params.align.size)
    pretraining = Pretraining(
        _images(tmp_path / "identities"),
        frames_seen(params.model, params.clip.length),
        params.model,
        params.pretrain,
    )
    losses = _first_losses(pretraining)
    assert all(math.isfinite(loss) and loss < 3 * math.log(IDENTITIES) for loss in losses), losses
    losses = _first_losses(_finetuning(params, pretraining, tmp_path))
    assert all(math.isfinite(loss) and loss < scale_of().highest ** 2 / 2 for loss in losses), (
        losses
    )  # an error of the scale


def _shortened(params: Params) -> Params:
    """Return the parameters with small batches of short clips; all else is as it is."""
    sizes = {"clip": {"length": 16}, "align": {"size": 112}}
    if params.model.name != "c3d":  # which takes no others
        sizes = {"clip": {"length": 8}, "align": {"size": 48}}
    sections = {name: getattr(params, name).model_copy(update=changes) for name, changes in sizes.items()}
    sections |= {name: getattr(params, name).model_copy(update={"batch": BATCH}) for name in ("pretrain", "finetune")}
    return params.model_copy(update=sections)


def _images(folder: Path) -> IdentityImages:
    """Write an image of each of some identities, and open them as images of IDENTITIES identities."""
    images = open_identities(material.write_identities(folder, [1] * STEPS * BATCH))
    classes = tuple(f"n{number:06d}" for number in range(IDENTITIES))
    labels = images.labels * (IDENTITIES // len(images.labels))
    return replace(images, classes=classes, labels=labels.astype(np.int32))


def _finetuning(params: Params, pretraining: Pretraining, folder: Path) -> Finetuning:
    """Return the fine-tuning of the chosen estimator's network, which begins with the pretrained backbone."""
    estimator = estimator_class(params.estimator.name)
    assert issubclass(estimator, NetworkEstimator)
    head = estimator.head(scale_of().score_range)
    network = build(params.model, head, torch_seed(params.finetune.seed, Purpose.WEIGHTS))
    network.backbone.load_state_dict(pretraining.network.backbone.state_dict())
    target = fit_target(SCORES, params.finetune.standardise) if isinstance(head, Regression) else None
    description = Description(params.model, head, estimator.span_length(params.clip), target)
    length = params.clip.length
    fitted = [
        (material.write_sequence(folder / str(score), [length] * 2, seed=seed), score)
        for seed, score in enumerate(SCORES)
    ]
    return Finetuning(NetworkTask(network, description, fitted, [], params.clip.absent), params.finetune)


def _first_losses(module: TrainingModule) -> list[float]:
    """Train for STEPS steps as the training loop does, on the CPU; return the loss of each."""
    optimizer = module.configure_optimizer()
    module.network.train()
    losses = []
    for step in range(STEPS):
        batch = module.batch(range(step * BATCH, (step + 1) * BATCH))
        for group in optimizer.param_groups:
            group["lr"] = module.learning_rate(step)
        optimizer.zero_grad()
        torch.manual_seed(torch_seed(module.plan.seed, Purpose.DROPOUT, step, 0))
        loss = module.loss(batch, module)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
