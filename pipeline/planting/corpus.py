"""A planted corpus: recordings of real people whose speed is changed by the score, in AVEC2014's folder tree."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.artifacts.hashing import json_digest
from pipeline.corpora.entry import Entry
from pipeline.items import Item, find_or_make
from pipeline.params.corpus import Simulate
from pipeline.planting.cast import PlantedSession, cast_sessions
from pipeline.planting.films import Film, write_films
from pipeline.planting.footage import read_footage
from pipeline.planting.pace import Pace, nearest
from pipeline.planting.survey import content_hashes, usable_footage
from pipeline.severity.scale import SeverityScale
from pipeline.simulation.avec_tree import TASKS, video_path, write_labels
from pipeline.simulation.cohort import PARTITIONS
from pipeline.simulation.random_streams import random_stream

logger = logging.getLogger(__name__)


def plant_corpus(root: Path, footage: Path, pace: Pace, simulate: Simulate, scale: SeverityScale) -> str:
    """Write a planted corpus into `root`.

    Args:
        root: an empty folder.
        footage: the folder of the recordings.
        pace: of the films.
        simulate: the section of params.yaml.
        scale: of the scores.

    Returns:
        The digest of the footage: of the ids, subjects and contents of its recordings.

    Raises:
        FootageError: if the table or a recording cannot be used, or too few people have enough footage.
    """
    entries = read_footage(footage)
    hashes = content_hashes(entries)
    runs = usable_footage(entries, hashes, pace)
    sessions = cast_sessions(runs, pace, simulate.seed, simulate.subjects, simulate.sessions, scale)
    _report(sessions)
    films = _films(sessions, pace, simulate.seed)
    items = [
        _item(entry, hashes[entry.recording], films[entry.recording], simulate)
        for entry in entries
        if entry.recording in films
    ]
    paths = find_or_make("planted", write_films, items, "planting", "recordings", "frames")
    store = ArtifactStore("planted")
    for path in paths:
        _link_into(store, path.name, root)
    write_labels(root, [item.session for item in sessions])
    return json_digest([[entry.recording, entry.subject, hashes[entry.recording]] for entry in entries])


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
            rows = nearest(run.times, pace.times(item.start, session.severity, share))
            path = video_path(Path(), session, task)
            films.setdefault(run.recording, []).append(Film(str(path), tuple(run.frames[rows].tolist())))
    return {recording: tuple(own) for recording, own in films.items()}


def _item(entry: Entry, sha256: str, films: Sequence[Film], simulate: Simulate) -> Item:
    """Return the films of a recording as an item of the artifact store."""
    rate, size = simulate.frame_rate, (simulate.width, simulate.height)
    source = {"sha256": sha256, "films": [[film.path, film.frames] for film in films], "rate": rate, "size": size}
    work = sum(len(film.frames) for film in films)
    return Item(entry.recording, source, (entry.path.resolve(), films, rate, size), work)


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
