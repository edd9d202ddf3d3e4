"""Pretraining: its samples, loss, rates and measurements."""

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


def _task(images: IdentityImages, **changes: object) -> Pretraining:
    return Pretraining(images, 8, MODEL, PRETRAIN.model_copy(update=changes))


def _samples(task: Pretraining, numbers: list[int]) -> dict[str, torch.Tensor]:
    return next(iter(DataLoader(task.samples, batch_sampler=[numbers], collate_fn=collate)))


def test_an_epoch_is_one_pass_over_the_fitted_images_in_whole_batches(images: IdentityImages) -> None:
    task = _task(images, flip=0.0)  # 20 images with a face; 2, 2 and 2 of them are held out
    assert len(task.held_out) == 6
    assert task.pace.steps == 14 // 4
    epochs = []
    for epoch in range(2):
        samples = _samples(task, list(range(epoch * 12, epoch * 12 + 12)))
        epochs.append([image.numpy().tobytes() for image in samples["image"]])
        assert len(set(epochs[-1])) == 12  # no image twice
    assert epochs[0] != epochs[1]
    held_out = {task.held_out[number]["image"].tobytes() for number in range(6)}
    assert not held_out & {*epochs[0], *epochs[1]}


def test_a_sample_is_a_function_of_its_number(images: IdentityImages) -> None:
    forwards = _samples(_task(images), list(range(24)))
    task = _task(images)
    for number in reversed(range(24)):
        again = _samples(task, [number])
        np.testing.assert_array_equal(again["image"][0], forwards["image"][number])
        assert again["label"][0] == forwards["label"][number]


def test_mirrored_images_are_mirrored(images: IdentityImages) -> None:
    plain, mirrored = (_samples(_task(images, flip=share), [5, 6])["image"] for share in (0.0, 1.0))
    np.testing.assert_array_equal(mirrored, plain.numpy()[:, :, ::-1])


def test_the_loss_is_cross_entropy_of_an_image_repeated_over_the_clip(images: IdentityImages) -> None:
    task = _task(images).eval()
    faces = torch.from_numpy(np.stack([images.image(0), images.image(9)]))
    labels = torch.tensor([0, 1])
    clips = torch.stack([faces] * 8, dim=1)
    scores = task.network(task.normalise(clips)).detach().double().numpy()
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    expected = -(math.log(shares[0, 0]) + math.log(shares[1, 1])) / 2
    assert task.loss({"image": faces, "label": labels}).item() == pytest.approx(expected, rel=1e-5)


def test_rates_fall_by_epochs(images: IdentityImages) -> None:
    task = _task(images, learning_rate=0.01, decay_every=2, decay_factor=0.1)
    assert task.pace.steps == 3
    rates = [task.rate(step) for step in range(15)]
    assert rates == pytest.approx([0.01] * 6 + [0.001] * 6 + [0.0001] * 3)


def test_the_optimiser_is_sgd_with_the_stated_numbers(images: IdentityImages) -> None:
    optimiser = _task(images).configure_optimizers()
    assert isinstance(optimiser, SGD)
    (group,) = optimiser.param_groups
    assert (group["lr"], group["momentum"], group["weight_decay"], group["nesterov"]) == (0.01, 0.9, 0.0001, False)


def test_held_out_images_are_measured(images: IdentityImages) -> None:
    task = _task(images)
    task.network.eval()
    with torch.no_grad():
        scores = torch.cat(
            [task({"image": torch.from_numpy(task.held_out[n]["image"])[None]}) for n in range(6)]
        ).double()
        measured = task.measure()
    labels = torch.tensor([task.held_out[n]["label"] for n in range(6)])
    first = (scores.argmax(1) == labels).double().mean().item()
    loss = (scores.logsumexp(1) - scores[range(6), labels]).mean().item()
    assert measured["held_out/top1"] == pytest.approx(first)
    assert measured["held_out/top5"] == 1.0  # of three
    assert measured["held_out/loss"] == pytest.approx(loss, rel=1e-4)


def test_the_first_five_of_many_identities_count(tmp_path: Path) -> None:
    many = open_identities(write_identities(tmp_path / "many", [8] * 12))
    task = _task(many)
    task.network.eval()
    labels = np.array([task.held_out[number]["label"] for number in range(24)])
    with torch.no_grad():
        faces = torch.from_numpy(np.stack([task.held_out[number]["image"] for number in range(24)]))
        scores = np.concatenate([task({"image": part}).numpy() for part in faces.split(4)])  # as they are measured
        measured = task.measure()
    places = (scores > scores[range(24), labels][:, None]).sum(1)  # identities before the right one
    assert 0 < (places < 5).sum() < 24
    assert measured["held_out/top1"] == pytest.approx((places == 0).mean())
    assert measured["held_out/top5"] == pytest.approx((places < 5).mean())


def test_nothing_held_out_nothing_measured(images: IdentityImages) -> None:
    assert _task(images, held_out=0.0).measure() == {}


def test_a_batch_larger_than_the_images_stops_clearly(images: IdentityImages) -> None:
    with pytest.raises(ValueError, match=r"pretrain\.batch is 15, but only 14 images .* batch of up to 14"):
        _task(images, batch=15)
