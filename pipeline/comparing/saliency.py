"""Figure 6 of two experiments side by side, for the same recordings, read from DVC's cache."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import yaml

from pipeline.experiments.outcome import PARAMS, scale_in
from pipeline.experiments.repository import find_experiment
from pipeline.saliency.explanation import UNEXPLAINED, Explanation, read_explanations
from pipeline.saliency.figure import Column, write_figure6
from pipeline.saliency.sanity import rank_correlation

SALIENCY = "saliency"  # the output of stage explain


def compare_saliency(first: str, second: str, picture: Path) -> float:
    """Write figure 6 of two experiments side by side; the file is written atomically.

    Args:
        first: name of an experiment, any Git revision (a branch, a tag, HEAD), or `workspace`.
        second: likewise.
        picture: the PNG file to write. It shows people.

    Returns:
        The mean over the clips of the rank correlation of both maps.

    Raises:
        ValueError: if an experiment does not exist or has no saliency in DVC's cache, or if the two explain different
            clips.
    """
    explanations = {name: _fetch_explanations(name) for name in (first, second)}
    scale = scale_in(yaml.safe_load(find_experiment(first).text(PARAMS) or "{}"))
    _check_same_clips(first, explanations[first], second, explanations[second])
    write_figure6(picture, [Column(name, explanations[name]) for name in (first, second)], scale)
    pairs = [(item.relevance, explanations[second][band].relevance) for band, item in explanations[first].items()]
    return float(np.mean([rank_correlation(*pair) for pair in pairs]))


def _fetch_explanations(name: str) -> dict[str, Explanation]:
    """Return the explanations of an experiment, by severity band."""
    with TemporaryDirectory() as folder:
        saliency = Path(folder) / SALIENCY
        find_experiment(name).fetch(SALIENCY, saliency)
        explanations = read_explanations(saliency)
        reason = saliency / UNEXPLAINED
        if reason.is_file():
            raise ValueError(f"{name}: {reason.read_text(encoding='utf-8').strip()}")
    if not explanations:
        raise ValueError(f"{name}: no recording is explained; run stage explain there first (dvc repro explain)")
    return explanations


def _check_same_clips(
    first: str,
    first_explanations: Mapping[str, Explanation],
    second: str,
    second_explanations: Mapping[str, Explanation],
) -> None:
    """Check that two experiments explain the same clips.

    Raises:
        ValueError: naming the bands with different clips.
    """
    differing = [
        band
        for band in sorted(first_explanations.keys() | second_explanations.keys())
        if not _same_clip(first_explanations.get(band), second_explanations.get(band))
    ]
    if differing:
        raise ValueError(
            f"{first} and {second} explain different clips ({', '.join(differing)}), so they cannot be shown side by "
            "side: their corpus, scores, faces, subsampling or section clip differ; `dvc params diff` shows where"
        )


def _same_clip(first: Explanation | None, second: Explanation | None) -> bool:
    if first is None or second is None:
        return False
    clips = [
        (item.metadata.recording, item.metadata.score, item.metadata.phase, item.metadata.start)
        for item in (first, second)
    ]
    return clips[0] == clips[1] and np.array_equal(first.faces, second.faces)
