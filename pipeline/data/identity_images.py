"""The aligned face images of identities, read from the shards that stage identities wrote."""

import logging
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from pipeline.zarr_store import MappedArray, map_array, read_array

logger = logging.getLogger(__name__)

INDEX, CLASSES = "index", "classes.txt"


@dataclass(frozen=True)
class IdentityImages:
    """All images of an identity list.

    Attributes:
        shards: groups of images, memory-mapped, in order: each (n, size, size, 3) uint8.
        starts: number of the first image of each shard.
        labels: the identity of each image, from 0.
        present: 1 where an image shows a face, else 0.
        classes: names of the identities.
    """

    shards: tuple[MappedArray, ...]
    starts: tuple[int, ...]
    labels: Int[np.ndarray, " images"]
    present: UInt8[np.ndarray, " images"]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        images = sum(map(len, self.shards))
        if not images == len(self.labels) == len(self.present):
            raise ValueError(f"{images} images, {len(self.labels)} labels, {len(self.present)} marks of presence")

    def image(self, number: int) -> UInt8[np.ndarray, "height width 3"]:
        """Read one image."""
        return np.array(self._mapped(number))

    def batch(self, numbers: Sequence[int]) -> UInt8[np.ndarray, "batch height width 3"]:
        """Read images into one array; each is copied once."""
        return np.array([self._mapped(number) for number in numbers])

    def _mapped(self, number: int) -> UInt8[np.ndarray, "height width 3"]:
        shard = bisect_right(self.starts, number) - 1  # searchsorted would convert the tuple to an array each time
        return self.shards[shard][number - self.starts[shard]]


def open_identities(folder: Path) -> IdentityImages:
    """Open the images that stage identities wrote.

    Raises:
        ValueError: if the numbers of images, labels and marks of presence differ.
    """
    classes = tuple((folder / CLASSES).read_text(encoding="utf-8").splitlines())
    shards = tuple(map_array(group, "faces") for group in sorted(folder.glob("[0-9]*")))
    starts = tuple(np.cumsum([0, *map(len, shards)])[:-1].tolist())
    index = folder / INDEX
    return IdentityImages(shards, starts, read_array(index, "label"), read_array(index, "present"), classes)
