"""Explanations made by hand, and tables of predictions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.records.tables import write_rows
from pipeline.saliency.explanation import Explanation, Subject

SIZE, LENGTH = 32, 8
PREDICTIONS = ("recording", "bdi", "estimate", "clips")


def explanation(
    band: str = "mild",
    recording: str = "anna",
    bdi: float = 15.0,
    seed: int = 0,
    absent: Sequence[int] = (),
    network: str = "MSN-27, kernels 3",
) -> Explanation:
    """Random faces, and relevance of +2 in the left half of the first frame, -1 in the right half of the last."""
    subject = Subject(
        band=band,
        recording=recording,
        opaque="0123abcd",
        bdi=bdi,
        estimate=17.04,
        clip_estimate=18.5,
        phase=0,
        start=16,
        stage="conv5",
        network=network,
    )
    faces = np.random.default_rng(seed).integers(0, 256, (LENGTH, SIZE, SIZE, 3), dtype=np.uint8)
    relevance = np.zeros((LENGTH, SIZE, SIZE), np.float32)
    relevance[0, :, : SIZE // 2] = 2
    relevance[-1, :, SIZE // 2 :] = -1
    present = np.ones(LENGTH, bool)
    present[list(absent)] = False
    return Explanation(subject, faces, relevance, present)


def write_scored(path: Path, rows: Sequence[tuple[str, float, float, int]]) -> Path:
    """What evaluate writes, as far as explain reads it: (recording, bdi, estimate, clips)."""
    write_rows(path, PREDICTIONS, rows)
    return path
