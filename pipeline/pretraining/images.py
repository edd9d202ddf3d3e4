"""TODO docstring."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch.utils.data import Dataset

from pipeline.data.identity_images import IdentityImages
from pipeline.data.sampling import draw_flip, epoch_order
from pipeline.training.batch_plan import BatchPlan
from pipeline.training.module import Batch


class FittedImages(Dataset[dict[str, Any]]):
    """The images of pretraining by their running numbers.

    An epoch is one pass over the fitted images, in an order of its own; the images of the last incomplete batch are
    left for other epochs, so that every step sees a whole batch.
    """

    def __init__(
        self, images: IdentityImages, fitted: Int[np.ndarray, " fitted"], pace: BatchPlan, flip: float
    ) -> None:
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
