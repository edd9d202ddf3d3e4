"""What of the footage can be planted: every recording is read once, and what is left out is named with the reason."""

import logging
from collections.abc import Mapping, Sequence

from pipeline.corpora.entry import Entry
from pipeline.corpora.file_hashes import file_hashes
from pipeline.inspection.inspect_video import write_inspection
from pipeline.items import Item, find_or_make
from pipeline.name_list import list_names
from pipeline.planting.footage import FootageError
from pipeline.planting.pace import Pace
from pipeline.planting.stretches import Run, reason_for_none, usable_runs
from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.simulation.cohort import PARTITIONS

logger = logging.getLogger(__name__)

MAX_LOST = 0.02  # share of packets of a recording that may fail to decode


def content_hashes(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the hash of each recording, by id.

    Raises:
        FootageError: if several have equal content: a person could be in two partitions.
    """
    by_path = file_hashes([entry.path for entry in entries])
    hashes = {entry.recording: by_path[entry.path] for entry in entries}
    groups: dict[str, list[str]] = {}
    for entry in entries:
        groups.setdefault(hashes[entry.recording], []).append(f"{entry.recording} ({entry.source})")
    if twins := [group for group in groups.values() if len(group) > 1]:
        lines = "\n".join(f"  the same video {len(group)} times: {list_names(group)}" for group in twins)
        raise FootageError(f"simulate.footage: allowed is one id for each video\n{lines}")
    return hashes


def usable_footage(entries: Sequence[Entry], hashes: Mapping[str, str], pace: Pace) -> dict[str, list[Run]]:
    """Return the usable runs of every person who has any, by name; what is left out is logged, with the reason.

    Raises:
        FootageError: if a recording cannot be read as a video, or fewer people than partitions have a run.
    """
    items = [
        Item(entry.recording, {"sha256": hashes[entry.recording]}, (entry.path.resolve(), None, MAX_LOST))
        for entry in entries
    ]
    folders = find_or_make("footage", write_inspection, items, "reading footage", "recordings")
    runs: dict[str, list[Run]] = {}
    broken, left_out = [], []
    for entry, folder in zip(entries, folders, strict=True):
        if (quality := read_quality(folder)).status == "broken":
            broken.append(f"  {entry.source}: {entry.recording} ({entry.path}): {quality.reason}")
            continue
        table = read_frame_table(folder)
        if own := usable_runs(entry.recording, table, pace):
            runs.setdefault(entry.subject, []).extend(own)
        else:
            left_out.append(f"  {entry.recording}: {reason_for_none(table, pace)}")
    if broken:
        listing = "\n".join(broken)
        raise FootageError(
            f"simulate.footage: {len(broken)} of {len(entries)} recordings cannot be read; repair them, or remove "
            f"their rows\n{listing}"
        )
    listing = "\n".join(left_out)
    if len(runs) < len(PARTITIONS):
        raise FootageError(
            f"simulate.footage: {len(runs)} people have enough footage; allowed: at least {len(PARTITIONS)}, one for "
            f"each partition; a smaller simulate.frames or simulate.cue needs less\n{listing}"
        )
    if left_out:
        logger.warning("left out: %d of %d recordings\n%s", len(left_out), len(entries), listing)
    return runs
