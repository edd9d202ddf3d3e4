"""A planted corpus: recordings of real people whose speed is changed by the score, in AVEC2014's folder tree."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.artifacts.hashing import json_digest
from pipeline.corpora.entry import Entry
from pipeline.corpora.file_hashes import file_hashes
from pipeline.inspection.inspect_video import write_inspection
from pipeline.items import Item, find_or_make
from pipeline.name_list import list_names
from pipeline.params.corpus import Simulate
from pipeline.planting.cast import PlantedSession, cast_sessions
from pipeline.planting.films import Film, write_films
from pipeline.planting.footage import FootageError, read_footage
from pipeline.planting.pace import Pace, nearest
from pipeline.planting.stretches import Run, reason_for_none, usable_runs
from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.simulation.avec_tree import TASKS, video_path, write_labels
from pipeline.simulation.cohort import PARTITIONS
from pipeline.simulation.random_streams import random_stream

logger = logging.getLogger(__name__)

MAX_LOST = 0.02  # share of packets of a recording that may fail to decode


def plant_corpus(root: Path, footage: Path, simulate: Simulate) -> str:
    """Write a planted corpus into `root`.

    Args:
        root: an empty folder.
        footage: the folder of the recordings.
        simulate: the section of params.yaml.

    Returns:
        The digest of the footage: of the ids, subjects and contents of its recordings.

    Raises:
        FootageError: if the table or a recording cannot be used, or too few people have enough footage.
    """
    entries = read_footage(footage)
    hashes = _hashes(entries)
    pace = Pace(simulate.cue, simulate.frames)
    runs = _usable_footage(entries, hashes, pace)
    sessions = cast_sessions(runs, pace, simulate.seed, simulate.subjects, simulate.sessions)
    _report(sessions)
    films = _films(sessions, pace, simulate.seed)
    size = (simulate.width, simulate.height)
    items = [
        Item(
            name=entry.recording,
            source={
                "sha256": hashes[entry.recording],
                "films": [[film.path, film.frames] for film in films[entry.recording]],
                "rate": simulate.frame_rate,
                "size": size,
            },
            arguments=(entry.path.resolve(), films[entry.recording], simulate.frame_rate, size),
            work=sum(len(film.frames) for film in films[entry.recording]),
        )
        for entry in entries
        if entry.recording in films
    ]
    paths = find_or_make("planted", write_films, items, "planting", "recordings", "frames")
    store = ArtifactStore("planted")
    for path in paths:
        _link_into(store, path.name, root)
    write_labels(root, [item.session for item in sessions])
    return json_digest([[entry.recording, entry.subject, hashes[entry.recording]] for entry in entries])


def _hashes(entries: Sequence[Entry]) -> dict[str, str]:
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


def _usable_footage(entries: Sequence[Entry], hashes: Mapping[str, str], pace: Pace) -> dict[str, list[Run]]:
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


def _report(sessions: Sequence[PlantedSession]) -> None:
    """Log the numbers of people and sessions in each partition."""
    for partition in PARTITIONS:
        own = [item.session for item in sessions if item.session.partition == partition]
        people = len({session.subject for session in own})
        logger.info("%s: %d people, %d sessions, %d videos", partition, people, len(own), len(TASKS) * len(own))


def _films(sessions: Sequence[PlantedSession], pace: Pace, seed: int) -> dict[str, tuple[Film, ...]]:
    """Return the films of every recording, by its id.

    Where in its stretch the first film of a session begins is drawn without regard to the score. The second one begins
    half of the free time away, so that the two differ.
    """
    films: dict[str, list[Film]] = {}
    for item in sessions:
        session, run = item.session, item.run
        first = random_stream(seed, "start", session.name).random()
        for number, task in enumerate(TASKS):
            share = (first + number / len(TASKS)) % 1
            rows = nearest(run.times, pace.times(item.start, session.bdi, share))
            path = video_path(Path(), session, task)
            films.setdefault(run.recording, []).append(Film(str(path), tuple(run.frames[rows].tolist())))
    return {recording: tuple(own) for recording, own in films.items()}


def _link_into(store: ArtifactStore, key: str, root: Path) -> None:
    """Link the films of a finished item into the tree of the corpus."""
    landing = root / ".landing"
    store.link(key, landing)
    for name in store.digests(key):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.rename(landing / name, path)
    for folder in sorted((path for path in landing.rglob("*") if path.is_dir()), reverse=True):
        folder.rmdir()
    landing.rmdir()
