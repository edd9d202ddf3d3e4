"""TODO docstring."""

import logging

import numpy as np
from jaxtyping import Int

from pipeline.data.identity_images import IdentityImages
from pipeline.data.seeding import Purpose, generator

logger = logging.getLogger(__name__)


def split_images(
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
