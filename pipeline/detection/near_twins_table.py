"""The table of near twins, and the warnings about them: the loudest if they stand in different partitions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.detection.near_twins import NearTwins
from pipeline.name_list import MAX_NAMED
from pipeline.records.tables import write_rows

COLUMNS = (
    "first",
    "second",
    "first_opaque",
    "second_opaque",
    "first_partition",
    "second_partition",
    "similarity",
    "seconds",
)


def write_near_twins(
    path: Path, pairs: Sequence[NearTwins], opaque: Mapping[str, str], partitions: Mapping[str, str]
) -> None:
    """Write one row for each pair; without pairs there is the header alone.

    Args:
        path: of the CSV file.
        pairs: in the order of the rows.
        opaque: the opaque id of each recording.
        partitions: the partition of each recording.
    """
    rows = [
        [
            pair.first,
            pair.second,
            opaque[pair.first],
            opaque[pair.second],
            partitions[pair.first],
            partitions[pair.second],
            f"{pair.similarity:.3f}",
            f"{pair.seconds:.1f}",
        ]
        for pair in pairs
    ]
    write_rows(path, COLUMNS, rows)


def near_twin_warnings(pairs: Sequence[NearTwins], partitions: Mapping[str, str]) -> list[str]:
    """Return a warning about the pairs in different partitions and one about the others, each if there are any."""
    across = [pair for pair in pairs if partitions[pair.first] != partitions[pair.second]]
    within = [pair for pair in pairs if partitions[pair.first] == partitions[pair.second]]
    warnings = []
    if across:
        warnings.append(
            f"THE SAME VIDEO IN TWO PARTITIONS: {len(across)} pairs look like copies, so what is fitted may be tested. "
            f"Look at each, and remove one video of it:\n{_listed(across, partitions)}"
        )
    if within:
        warnings.append(
            f"{len(within)} pairs in one partition look like copies of one video, which then counts twice:\n"
            f"{_listed(within, partitions)}"
        )
    return warnings


def _listed(pairs: Sequence[NearTwins], partitions: Mapping[str, str]) -> str:
    lines = [
        f"  {pair.first} ({partitions[pair.first]}) and {pair.second} ({partitions[pair.second]}): "
        f"similarity {pair.similarity:.2f} over {pair.seconds:.0f} s"
        for pair in pairs[:MAX_NAMED]
    ]
    rest = len(pairs) - MAX_NAMED
    return "\n".join([*lines, *([f"  and {rest} more"] if rest > 0 else [])])
