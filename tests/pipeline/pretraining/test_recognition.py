"""Pretraining: samples, loss, learning rate and validation."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim import SGD
from torch.utils.data import DataLoader

from pipeline.data.identity_images import IdentityImages, open_identities
from pipeline.pretraining.recognition import Pretraining
from pipeline.training.module import collate
from tests.pipeline.training.material import MODEL, PRETRAIN, write_identities


@pytest.fixture
def images(tmp_path: Path) -> IdentityImages:
    """Three identities with 8, 6 and 7 images, one of them without a face."""
    return open_identities(write_identities(tmp_path / "identities", [8, 6, 7], absent=[20]))


def _make_module(images: IdentityImages, **changes: object) -> Pretraining:
    return Pretraining(images, 8, MODEL, PRETRAIN.model_copy(update=changes))


def _samples(module: Pretraining, numbers: list[int]) -> dict[str, torch.Tensor]:
    return next(iter(DataLoader(module.samples, batch_sampler=[numbers], collate_fn=collate)))


def _logits(module: Pretraining, images: torch.Tensor) -> torch.Tensor:
    return module.outputs(module.prepare({"image": images}))


def test_an_epoch_is_one_pass_over_the_fitted_images_in_full_batches(images: IdentityImages) -> None:
    module = _make_module(images, flip=0.0)  # 20 images with a face; 2, 2 and 2 of them are held out
    assert len(module.held_out) == 6
    assert module.plan.steps == 14 // 4
    epochs = []
    for epoch in range(2):
        samples = _samples(module, list(range(epoch * 12, epoch * 12 + 12)))
        epochs.append([image.numpy().tobytes() for image in samples["image"]])
        assert len(set(epochs[-1])) == 12  # no image twice
    assert epochs[0] != epochs[1]
    held_out = {module.held_out[number]["image"].tobytes() for number in range(6)}
    assert not held_out & {*epochs[0], *epochs[1]}


def test_a_sample_is_a_function_of_its_number(images: IdentityImages) -> None:
    samples = _samples(_make_module(images), list(range(24)))
    module = _make_module(images)
    for number in reversed(range(24)):
        sample = _samples(module, [number])
        np.testing.assert_array_equal(sample["image"][0], samples["image"][number])
        assert sample["label"][0] == samples["label"][number]


def test_flipped_images_are_mirrored(images: IdentityImages) -> None:
    plain, flipped = (_samples(_make_module(images, flip=share), [5, 6])["image"] for share in (0.0, 1.0))
    np.testing.assert_array_equal(flipped, plain.numpy()[:, :, ::-1])


def test_the_loss_is_cross_entropy_of_an_image_repeated_over_the_clip(images: IdentityImages) -> None:
    module = _make_module(images).eval()
    faces = torch.from_numpy(np.stack([images.image(0), images.image(9)]))
    labels = torch.tensor([0, 1])
    clips = torch.stack([faces] * 8, dim=1)
    logits = module.network(module.normalise(clips)).detach().double().numpy()
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = -(math.log(probabilities[0, 0]) + math.log(probabilities[1, 1])) / 2
    assert module.loss({"image": faces, "label": labels}, module).item() == pytest.approx(expected, rel=1e-5)


def test_the_learning_rate_falls_every_few_epochs(images: IdentityImages) -> None:
    module = _make_module(images, learning_rate=0.01, decay_every=2, decay_factor=0.1)
    assert module.plan.steps == 3
    rates = [module.learning_rate(step) for step in range(15)]
    assert rates == pytest.approx([0.01] * 6 + [0.001] * 6 + [0.0001] * 3)


def test_the_optimiser_is_sgd_with_the_settings(images: IdentityImages) -> None:
    optimizer = _make_module(images).configure_optimizer()
    assert isinstance(optimizer, SGD)
    (group,) = optimizer.param_groups
    assert (group["lr"], group["momentum"], group["weight_decay"], group["nesterov"]) == (0.01, 0.9, 0.0001, False)


def test_validation_uses_the_held_out_images(images: IdentityImages) -> None:
    module = _make_module(images)
    module.network.eval()
    with torch.no_grad():
        logits = torch.cat(
            [_logits(module, torch.from_numpy(module.held_out[n]["image"])[None]) for n in range(6)]
        ).double()
        metrics = module.validate()
    labels = torch.tensor([module.held_out[n]["label"] for n in range(6)])
    top1 = (logits.argmax(1) == labels).double().mean().item()
    loss = (logits.logsumexp(1) - logits[range(6), labels]).mean().item()
    assert metrics["held_out/top1"] == pytest.approx(top1)
    assert metrics["held_out/top5"] == 1.0  # there are three identities
    assert metrics["held_out/loss"] == pytest.approx(loss, rel=1e-4)


def test_top5_accuracy_counts_the_first_five_of_many_identities(tmp_path: Path) -> None:
    images = open_identities(write_identities(tmp_path / "many", [8] * 12))
    module = _make_module(images)
    module.network.eval()
    labels = np.array([module.held_out[number]["label"] for number in range(24)])
    with torch.no_grad():
        faces = torch.from_numpy(np.stack([module.held_out[number]["image"] for number in range(24)]))
        logits = np.concatenate([_logits(module, part).numpy() for part in faces.split(4)])  # as in validation
        metrics = module.validate()
    ranks = (logits > logits[range(24), labels][:, None]).sum(1)  # identities before the correct one
    assert 0 < (ranks < 5).sum() < 24
    assert metrics["held_out/top1"] == pytest.approx((ranks == 0).mean())
    assert metrics["held_out/top5"] == pytest.approx((ranks < 5).mean())


def test_without_held_out_images_there_are_no_metrics(images: IdentityImages) -> None:
    assert _make_module(images, held_out=0.0).validate() == {}


def test_a_batch_larger_than_the_number_of_images_is_rejected(images: IdentityImages) -> None:
    with pytest.raises(ValueError, match=r"pretrain\.batch is 15, but only 14 images .* batch of up to 14"):
        _make_module(images, batch=15)
