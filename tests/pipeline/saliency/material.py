"""Explanations with known content, and tables of predictions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.records.predictions import PARSED_COLUMNS
from pipeline.records.tables import write_rows
from pipeline.saliency.explanation import ClipMetadata, Explanation

SIZE, LENGTH = 32, 8


def explanation(
    band: str = "mild",
    recording: str = "anna",
    score: float = 15.0,
    seed: int = 0,
    absent: Sequence[int] = (),
    network: str = "MSN-27, kernels 3",
) -> Explanation:
    """Return random faces with relevance 2 in the left half of the first frame and -1 in the right half of the last."""
    metadata = ClipMetadata(
        band=band,
        recording=recording,
        opaque="0123abcd",
        score=score,
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
    return Explanation(metadata, faces, relevance, present)


def write_predictions(path: Path, rows: Sequence[tuple[str, float, float, int]]) -> Path:
    """Write the columns of evaluate's predictions that explain reads, from (recording, score, estimate, clips)."""
    write_rows(path, PARSED_COLUMNS, [(recording, "", *numbers) for recording, *numbers in rows])
    return path
