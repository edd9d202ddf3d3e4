"""The split of the identity images into fitted and held-out images."""

import logging

import numpy as np
from jaxtyping import Int

from pipeline.data.identity_images import IdentityImages
from pipeline.data.seeding import Purpose, generator

logger = logging.getLogger(__name__)


def split_images(
    images: IdentityImages, share: float, seed: int
) -> tuple[Int[np.ndarray, " fitted"], Int[np.ndarray, " held_out"]]:
    """Return the numbers of the images to fit and of those held out for validation, both ascending.

    Images without a face are in neither. Of every identity with at least two images, `share` of them, rounded, is held
    out, and at least one is fitted. The choice for an identity depends only on the seed, its label and the number of
    its images.

    Raises:
        ValueError: if fewer than two identities have an image to fit.
    """
    with_face = np.flatnonzero(images.present)
    with_face = with_face[np.argsort(images.labels[with_face], kind="stable")]  # grouped by identity
    ends = np.searchsorted(images.labels[with_face], np.arange(1, len(images.classes)))
    fitted, held_out, empty = [], [], []
    for label, numbers in enumerate(np.split(with_face, ends)):
        if not len(numbers):
            empty.append(images.classes[label])
        order = generator(seed, Purpose.HELD_OUT, label).permutation(len(numbers))
        count = min(round(share * len(numbers)), max(len(numbers) - 1, 0))
        held_out.append(numbers[order[:count]])
        fitted.append(numbers[order[count:]])
    usable = len(images.classes) - len(empty)
    if usable < 2:
        raise ValueError(
            f"of {len(images.classes)} identities {usable} {'has' if usable == 1 else 'have'} an image with a face; "
            "pretraining needs at least 2 of them: add identities to identities.list, find out why no face was found "
            "(identities.landmarks, align.min_face, align.thresholds), or set pretrain.source to none"
        )
    if empty:
        logger.warning("%d identities have no image with a face: %s", len(empty), ", ".join(empty[:10]))
    return np.sort(np.concatenate(fitted)), np.sort(np.concatenate(held_out))
