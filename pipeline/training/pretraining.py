"""Pretraining: face recognition on single images, each repeated over the frames of a clip."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional
from torch.optim import SGD, Optimizer
from torch.utils.data import DataLoader, Dataset, Subset

from pipeline.nets.build import build
from pipeline.nets.heads import Recognition
from pipeline.nets.inputs import Normalise, repeat_over_time
from pipeline.nets.weights import Description
from pipeline.params import Model, Pretrain
from pipeline.training.identities import IdentityImages, divide_images
from pipeline.training.randomness import Purpose, torch_seed
from pipeline.training.ranks import rank, summed, world
from pipeline.training.samples import draw_flip, epoch_order
from pipeline.training.task import Batch, Pace, Task


class FittedImages(Dataset[dict[str, Any]]):
    """The images of pretraining by their running numbers.

    An epoch is one pass over the fitted images, in an order of its own; the images of the last incomplete batch are
    left for other epochs, so that every step sees a whole batch.
    """

    def __init__(self, images: IdentityImages, fitted: Int[np.ndarray, " fitted"], pace: Pace, flip: float) -> None:
        """Take all images, the numbers of those to fit, the pace, and the share to mirror."""
        self.images = images
        self.fitted = fitted
        self.pace = pace
        self.flip = flip
        self._order: tuple[int, Int[np.ndarray, " fitted"]] = (-1, fitted)

    def __getitems__(self, numbers: Sequence[int]) -> Batch:
        """Samples by their numbers, counted through the whole training; all of them as one batch."""
        chosen = [self._image(number) for number in numbers]
        faces = self.images.batch(chosen)
        for place, number in enumerate(numbers if self.flip else ()):
            if draw_flip(self.pace.seed, number, self.flip):
                faces[place] = faces[place, :, ::-1].copy()
        return {"image": torch.from_numpy(faces), "label": torch.from_numpy(self.images.labels[chosen]).long()}

    def _image(self, number: int) -> int:
        epoch, place = divmod(number, self.pace.steps * self.pace.batch)
        if self._order[0] != epoch:
            self._order = (epoch, epoch_order(self.pace.seed, epoch, len(self.fitted)))
        return int(self.fitted[self._order[1][place]])


class HeldOutImages(Dataset[dict[str, Any]]):
    """The images that are measured after every epoch."""

    def __init__(self, images: IdentityImages, held_out: Int[np.ndarray, " held_out"]) -> None:
        """Take all images, and the numbers of those held out."""
        self.images = images
        self.held_out = held_out

    def __len__(self) -> int:
        """How many there are."""
        return len(self.held_out)

    def __getitem__(self, place: int) -> dict[str, Any]:
        """One image and its label."""
        image = int(self.held_out[place])
        return {"image": self.images.image(image), "label": int(self.images.labels[image])}


class Pretraining(Task):
    """MSN learning to recognise faces with SGD; the learning rate falls every few epochs."""

    def __init__(self, images: IdentityImages, clip: int, model: Model, settings: Pretrain) -> None:
        """Build the network and divide the images.

        Args:
            images: the aligned faces.
            clip: frames that an image is repeated over.
            model: the network.
            settings: the section `pretrain` of params.yaml.

        Raises:
            ValueError: where a batch is larger than the number of images to fit.
        """
        fitted, held_out = divide_images(images, settings.held_out, settings.seed)
        if len(fitted) < settings.batch:
            raise ValueError(
                f"pretrain.batch is {settings.batch}, but only {len(fitted)} images with a face are left to fit; an "
                f"epoch is one pass over them, so allowed is a batch of up to {len(fitted)}"
            )
        pace = Pace(len(fitted) // settings.batch, settings.batch, settings.accumulate, settings.seed)
        seed = torch_seed(settings.seed, Purpose.WEIGHTS)
        head = Recognition(len(images.classes))
        network = build(model, head, seed)
        super().__init__(network, FittedImages(images, fitted, pace, settings.flip), pace)
        self.normalise = Normalise(model)
        self.held_out = HeldOutImages(images, held_out)
        self.description = Description(model, head, clip)
        self.clip = clip
        self.settings = settings

    def inputs(self, batch: Batch) -> Float[Tensor, "batch channel 1 height width"]:
        """The images, as clips of one frame."""
        return self.normalise(batch["image"].unsqueeze(1))

    def answers(self, inputs: Float[Tensor, "batch channel 1 height width"]) -> Float[Tensor, "batch classes"]:
        """Score all identities for each image, which becomes a clip on the device."""
        return self.network(repeat_over_time(inputs, self.clip)).float()

    def error(self, answers: Float[Tensor, "batch classes"], batch: Batch) -> Float[Tensor, ""]:
        """Mean cross entropy over identities."""
        return functional.cross_entropy(answers, batch["label"])

    def rate(self, step: int) -> float:
        """Falls by `decay_factor` every `decay_every` epochs."""
        epoch = step // self.pace.steps
        return self.settings.learning_rate * self.settings.decay_factor ** (epoch // self.settings.decay_every)

    def configure_optimizers(self) -> Optimizer:
        """SGD with momentum; weight decay on all weights."""
        settings = self.settings
        return SGD(
            self.network.parameters(),
            settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def measure(self) -> dict[str, float]:
        """Cross entropy, and how often the identity is the first or among the first five, on the held-out images."""
        if not len(self.held_out):
            return {}
        sums = torch.zeros(3, dtype=torch.float64)
        own = Subset(self.held_out, range(rank(), len(self.held_out), world()))
        for batch in DataLoader(own, self.pace.part):
            labels = batch["label"].to(self.device)
            scores = self({"image": batch["image"].to(self.device)})
            best = scores.topk(min(5, scores.shape[1])).indices == labels[:, None]
            loss = functional.cross_entropy(scores, labels, reduction="sum")
            sums += torch.stack([loss, best[:, 0].sum(), best.sum()]).double().cpu()
        loss, first, five = (summed(sums) / len(self.held_out)).tolist()
        return {"held_out/loss": loss, "held_out/top1": first, "held_out/top5": five}
