"""The aligned identity images: which are fitted, which are held out, and reading one."""

import logging
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from pipeline.store import MappedArray, map_array, read_array
from pipeline.training.randomness import Purpose, generator

logger = logging.getLogger(__name__)

INDEX, CLASSES = "index", "classes.txt"


@dataclass(frozen=True)
class IdentityImages:
    """All images of an identity list.

    Attributes:
        shards: the groups of images, mapped, in order: each (n, size, size, 3) uint8.
        starts: number of the first image of each shard.
        labels: the identity of each image, from 0.
        present: 1 where an image shows a face, else 0.
        classes: the names of the identities.
    """

    shards: tuple[MappedArray, ...]
    starts: tuple[int, ...]
    labels: Int[np.ndarray, " images"]
    present: UInt8[np.ndarray, " images"]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        held = sum(map(len, self.shards))
        if not held == len(self.labels) == len(self.present):
            raise ValueError(f"{held} images, {len(self.labels)} labels, {len(self.present)} marks of presence")

    def image(self, number: int) -> UInt8[np.ndarray, "height width 3"]:
        """Read one image."""
        return np.array(self._mapped(number))

    def batch(self, numbers: Sequence[int]) -> UInt8[np.ndarray, "batch height width 3"]:
        """Read images into one array, each copied once."""
        return np.array([self._mapped(number) for number in numbers])

    def _mapped(self, number: int) -> UInt8[np.ndarray, "height width 3"]:
        shard = bisect_right(self.starts, number) - 1  # of a tuple, searchsorted would make an array each time
        return self.shards[shard][number - self.starts[shard]]


def open_identities(folder: Path) -> IdentityImages:
    """Open what the stage identities wrote.

    Raises:
        ValueError: where counts do not agree.
    """
    classes = tuple((folder / CLASSES).read_text(encoding="utf-8").splitlines())
    shards = tuple(map_array(group, "faces") for group in sorted(folder.glob("[0-9]*")))
    starts = tuple(np.cumsum([0, *map(len, shards)])[:-1].tolist())
    index = folder / INDEX
    return IdentityImages(shards, starts, read_array(index, "label"), read_array(index, "present"), classes)


def divide_images(
    images: IdentityImages, share: float, seed: int
) -> tuple[Int[np.ndarray, " fitted"], Int[np.ndarray, " held_out"]]:
    """Numbers of the images that are fitted and of those held out for measuring, both ascending.

    Images without a face are in neither. Of every identity with at least two images, `share` of them, rounded, is held
    out, and at least one stays to be fitted. What is drawn for an identity depends on the seed, its label and the
    number of its images alone.

    Raises:
        ValueError: where fewer than two identities have an image to fit.
    """
    seen = np.flatnonzero(images.present)
    seen = seen[np.argsort(images.labels[seen], kind="stable")]  # grouped by identity
    ends = np.searchsorted(images.labels[seen], np.arange(1, len(images.classes)))
    fitted, held_out, empty = [], [], []
    for label, numbers in enumerate(np.split(seen, ends)):
        if not len(numbers):
            empty.append(images.classes[label])
        order = generator(seed, Purpose.HELD_OUT, label).permutation(len(numbers))
        count = min(round(share * len(numbers)), max(len(numbers) - 1, 0))
        held_out.append(numbers[order[:count]])
        fitted.append(numbers[order[count:]])
    shown = len(images.classes) - len(empty)
    if shown < 2:
        raise ValueError(
            f"of {len(images.classes)} identities {shown} {'has' if shown == 1 else 'have'} an image with a face; "
            "pretraining tells at least 2 apart: name more in identities.list, see why no face was found "
            "(identities.landmarks, align.min_face, align.thresholds), or set pretrain.source to none"
        )
    if empty:
        logger.warning("%d identities have no image with a face: %s", len(empty), ", ".join(empty[:10]))
    return np.sort(np.concatenate(fitted)), np.sort(np.concatenate(held_out))
