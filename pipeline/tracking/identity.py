"""Identity: whether faces seen at one place are those of one person, by a descriptor of texture.

The appearance by which tracking links faces correlates by 0.9 for two people of one height under one light. The
signature of a face is finer: the histograms of local phase quantisation (`pipeline.descriptors.lpq`) over 4 x 4 regions
of its texture. It needs no network, and a face has a signature only where the survey is examined, or where people take
turns.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import squareform

from pipeline.descriptors.histograms import region_histograms
from pipeline.descriptors.lpq import CODES, lpq_codes
from pipeline.tracking.appearance import Texture
from pipeline.tracking.samples import evenly_spaced

WINDOW, GRID = 7, 4  # pixels of LPQ's window; regions along a side
SAMPLES = 256  # faces that are compared, evenly spaced
NEIGHBOURS = 3  # faces of a person by which a face is recognised
OUTLIERS = 0.1  # share of a group's faces that may be unlike all others (a head turned away) or like both (a dissolve)

# A partition of faces into two groups is one into two people if the faces are more like their own group than like the
# other by a margin, and not very like the other. The likeness of two people was 0.42 (median) and 0.64 at most, on
# faces of 50 real clips of 45 people. A few faces of one person who turns the head once fall into groups as distinct as
# those of two people, so that a partition is certain only if it has enough faces, or parts whole shots. What these
# numbers find and miss is measured in docs/explanation/one-person.md.
MAX_LIKENESS = 0.65
CERTAIN_MARGIN, DOUBTFUL_MARGIN = 0.12, 0.08
CERTAIN_FACES = 4  # of each person, where one shot has faces of both

Signature = Float[np.ndarray, " bins"]
Likeness = Float[np.ndarray, "faces faces"]
Group = Bool[np.ndarray, " faces"]  # whether each face is in the first of two groups
Partition = tuple[float, Group]  # the margin between two groups, and the groups


def signature(texture: Texture) -> Signature:
    """Return the signature of a face, a vector of length 1.

    The dot product of two signatures is their likeness, 0 to 1: the Bhattacharyya coefficient of the histograms of a
    region (one minus the square of their Hellinger distance), averaged over the regions.
    """
    return (np.sqrt(region_histograms(lpq_codes(texture, WINDOW), GRID, CODES)) / GRID).astype(np.float32)


@dataclass(frozen=True)
class People:
    """Several people who are seen at one place.

    Attributes:
        signatures: of faces of theirs.
        person: the person of each: 0, 1, ...
        certain: whether they are people with certainty, and not one person who looks very different at times.
    """

    signatures: Float[np.ndarray, "faces bins"]
    person: Int[np.ndarray, " faces"]
    certain: bool

    def recognise(self, face: Signature) -> int:
        """Return the person whose nearest faces are most like the face with this signature."""
        likeness = self.signatures @ face
        means = [np.sort(likeness[self.person == number])[-NEIGHBOURS:].mean() for number in range(self.count)]
        return int(np.argmax(means))

    @property
    def count(self) -> int:
        """Number of people."""
        return int(self.person.max()) + 1


def tell_apart(textures: Sequence[Texture], shots: Sequence[int]) -> People | None:
    """Tell people apart by the textures of faces seen at one place; None for one person.

    A person with a single face of the compared ones is not told apart from a false detection.

    Args:
        textures: of the faces, in order of time.
        shots: the number of the shot in which each face is seen.
    """
    numbers = evenly_spaced(len(textures), SAMPLES)
    signatures = np.stack([signature(textures[number]) for number in numbers])
    likeness = signatures @ signatures.T
    groups = _people(likeness, np.asarray(shots)[numbers], np.arange(len(numbers)))
    certain = len(groups) > 1
    if not certain:
        group = _best_group(_partitions(likeness, DOUBTFUL_MARGIN))
        if group is None:
            return None
        groups = [np.flatnonzero(group), np.flatnonzero(~group)]
    person = np.zeros(len(numbers), int)
    for number, faces in enumerate(groups):
        person[faces] = number
    return People(signatures, person, certain)


def _people(
    likeness: Likeness, shots: Int[np.ndarray, " faces"], faces: Int[np.ndarray, " some"]
) -> list[Int[np.ndarray, " _"]]:
    """Return the faces of each person, by parting them in two as long as that is certain."""
    partitions = _partitions(likeness[np.ix_(faces, faces)], CERTAIN_MARGIN)
    group = _best_group((margin, group) for margin, group in partitions if _is_evident(group, shots[faces]))
    if group is None:
        return [faces]
    return _people(likeness, shots, faces[group]) + _people(likeness, shots, faces[~group])


def _is_evident(group: Group, shots: Int[np.ndarray, " faces"]) -> bool:
    """Whether both groups of a partition have enough faces, or no shot has faces of both."""
    smaller = min(np.count_nonzero(group), np.count_nonzero(~group))
    return bool(smaller >= CERTAIN_FACES or not np.isin(shots[group], shots[~group]).any())


def _best_group(partitions: Iterable[Partition]) -> Group | None:
    """Return one group of the partition with the largest margin; None without any."""
    best = max(partitions, key=lambda partition: partition[0], default=None)
    return None if best is None else best[1]


def _partitions(likeness: Likeness, min_margin: float) -> Iterator[Partition]:
    """Yield partitions into two groups of at least two faces each that are unlike enough, with their margins.

    The groups that are tried are the clusters of average linkage, each against all other faces. There are none of fewer
    than four faces.
    """
    count = len(likeness)
    if count < 4:
        return
    distance = np.clip(1 - likeness.astype(np.float64), 0, None)
    np.fill_diagonal(distance, 0)
    clusters = [[number] for number in range(count)]
    for first, second, *_ in linkage(squareform(distance, checks=False), "average"):
        clusters.append(clusters[int(first)] + clusters[int(second)])
    for cluster in clusters[count:-1]:
        if len(cluster) > count - 2:
            continue
        group = np.isin(np.arange(count), cluster)
        closest = max(_likeness_to_others(likeness, part) for part in (group, ~group))
        margin = min(_likeness_within(likeness, part) for part in (group, ~group)) - closest
        if closest < MAX_LIKENESS and margin >= min_margin:
            yield margin, group


def _likeness_within(likeness: Likeness, group: Group) -> float:
    """Return the likeness to the nearest other face of the group that its faces reach, without outliers."""
    within = likeness[np.ix_(group, group)].copy()
    np.fill_diagonal(within, -1)
    return float(np.quantile(within.max(1), OUTLIERS, method="lower"))


def _likeness_to_others(likeness: Likeness, group: Group) -> float:
    """Return the likeness to the nearest face outside the group that its faces do not exceed, without outliers."""
    return float(np.quantile(likeness[np.ix_(group, ~group)].max(1), 1 - OUTLIERS, method="higher"))
