"""Two experiments beside each other: figure 6 of both on the same recordings, out of DVC's cache."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pipeline.experiments.repository import find_experiment
from pipeline.saliency.explanation import Explanation, read_explanations
from pipeline.saliency.figure import Column, write_figure6

SALIENCY = "saliency"  # what stage explain writes, in every experiment


def compare_saliency(first: str, second: str, picture: Path) -> None:
    """Write figure 6 of two experiments side by side; the picture appears whole or not at all.

    Args:
        first: an experiment's name, or anything that Git knows: a branch, a tag, HEAD; or `workspace`.
        second: likewise.
        picture: the PNG file to write. It shows people.

    Raises:
        ValueError: where an experiment is not known, has no saliency in DVC's cache, or the two explain other clips.
    """
    found = {name: _explanations(name) for name in (first, second)}
    _check_same_clips(first, found[first], second, found[second])
    write_figure6(picture, [Column(name, found[name]) for name in (first, second)])


def _explanations(name: str) -> dict[str, Explanation]:
    with TemporaryDirectory() as folder:
        place = Path(folder) / SALIENCY
        find_experiment(name).fetch(SALIENCY, place)
        found = read_explanations(place)
    if not found:
        raise ValueError(f"{name}: no recording is explained; run stage explain there first (dvc repro explain)")
    return found


def _check_same_clips(
    first: str, ours: Mapping[str, Explanation], second: str, theirs: Mapping[str, Explanation]
) -> None:
    """See that two experiments explain the same clips.

    Raises:
        ValueError: naming the bands in which they do not.
    """
    differing = [band for band in sorted(ours.keys() | theirs.keys()) if not _same(ours.get(band), theirs.get(band))]
    if differing:
        raise ValueError(
            f"{first} and {second} explain other clips ({', '.join(differing)}), so nothing can stand side by side: "
            "their corpus, scores, faces, subsampling or section clip differ; `dvc params diff` says where"
        )


def _same(one: Explanation | None, other: Explanation | None) -> bool:
    if one is None or other is None:
        return False
    clips = [
        (item.subject.recording, item.subject.bdi, item.subject.phase, item.subject.start) for item in (one, other)
    ]
    return clips[0] == clips[1] and np.array_equal(one.faces, other.faces)
