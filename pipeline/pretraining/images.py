"""The images of pretraining as PyTorch datasets: those that are fitted, and those held out for validation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch.utils.data import Dataset

from pipeline.data.identity_images import IdentityImages
from pipeline.data.sampling import draw_flip, epoch_order
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.loader import Batch


class FittedImages(Dataset[dict[str, Any]]):
    """The fitted images by their running numbers.

    An epoch is one pass over the images, in an order of its own. The images of the last incomplete batch are left out
    of that epoch, so that every step has a whole batch; another epoch may include them.
    """

    def __init__(
        self, images: IdentityImages, fitted: Int[np.ndarray, " fitted"], plan: BatchPlan, flip: float
    ) -> None:
        """Initialise the dataset.

        Args:
            images: all images.
            fitted: numbers of the images to fit.
            plan: steps per epoch, samples per step, and the seed.
            flip: share of images that are mirrored.
        """
        self.images = images
        self.fitted = fitted
        self.plan = plan
        self.flip = flip
        self._order: tuple[int, Int[np.ndarray, " fitted"]] = (-1, fitted)  # of the epoch that was read last

    def __getitems__(self, numbers: Sequence[int]) -> Batch:
        """Read samples, numbered through the whole training, as one batch."""
        images = [self._image_number(number) for number in numbers]
        faces = self.images.batch(images)
        for index, number in enumerate(numbers if self.flip else ()):
            if draw_flip(self.plan.seed, number, self.flip):
                faces[index] = faces[index, :, ::-1].copy()
        return {"image": torch.from_numpy(faces), "label": torch.from_numpy(self.images.labels[images]).long()}

    def _image_number(self, number: int) -> int:
        """Return the number of the image of sample `number`."""
        epoch, position = divmod(number, self.plan.steps * self.plan.batch)
        if self._order[0] != epoch:
            self._order = (epoch, epoch_order(self.plan.seed, epoch, len(self.fitted)))
        return int(self.fitted[self._order[1][position]])


class HeldOutImages(Dataset[dict[str, Any]]):
    """The images on which recognition is measured after every epoch."""

    def __init__(self, images: IdentityImages, held_out: Int[np.ndarray, " held_out"]) -> None:
        """Initialise the dataset with all images and the numbers of those held out."""
        self.images = images
        self.held_out = held_out

    def __len__(self) -> int:
        """Return the number of held-out images."""
        return len(self.held_out)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Read one image and its label."""
        image = int(self.held_out[index])
        return {"image": self.images.image(image), "label": int(self.images.labels[image])}
