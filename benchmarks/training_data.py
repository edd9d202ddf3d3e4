"""Random images in the format of the stages, for benchmarks of training."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from pipeline.data.identity_images import CLASSES, INDEX
from pipeline.models.preprocessing import Preprocessing
from pipeline.zarr_store import MAPPED, SHARD, GroupWriter

IDENTITIES = 32
BLOTCH = 14  # pixels per side of a uniform square


def write_identities(folder: Path, count: int, size: int) -> Path:
    """Write `count` images that cycle through 32 identities; return the folder."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number, start in enumerate(range(0, count, SHARD)):
        faces = _blotches(random, min(SHARD, count - start), size)
        with GroupWriter(folder / f"{number:05d}", MAPPED) as group:
            group.append("faces", faces)
    with GroupWriter(folder / INDEX, MAPPED) as group:
        group.append("label", (np.arange(count) % IDENTITIES).astype(np.int32))
        group.append("present", np.ones(count, np.uint8))
    (folder / CLASSES).write_text("".join(f"n{number:06d}\n" for number in range(IDENTITIES)), encoding="utf-8")
    return folder


def write_sequences(
    folder: Path, recordings: int, frames: int, size: int, preprocessing: Preprocessing
) -> list[tuple[Path, float]]:
    """Write recordings of two phases with `preprocessing` in their attributes; return (folder, score) of each."""
    random = np.random.default_rng(1)
    scored_folders = []
    for number in range(recordings):
        with GroupWriter(folder / f"recording_{number}", MAPPED) as group:
            group.append("faces", _blotches(random, 2 * frames, size))
            group.append("origin", np.ones(2 * frames, np.uint8))
            group.attributes |= {"phase_starts": [0, frames, 2 * frames], "origin_codes": {"absent": 0, "detected": 1}}
            group.attributes |= {"fps": 3.75, "preprocessing": preprocessing.to_json()}
        scored_folders.append((folder / f"recording_{number}", 5.0 * number))
    return scored_folders


def _blotches(random: np.random.Generator, count: int, size: int) -> UInt8[np.ndarray, "count size size 3"]:
    """Draw images of uniform squares; plain noise looks alike to a network, and its gradients are mere rounding."""
    colours = random.integers(0, 256, (count, size // BLOTCH, size // BLOTCH, 3), dtype=np.uint8)
    return colours.repeat(BLOTCH, axis=1).repeat(BLOTCH, axis=2)
