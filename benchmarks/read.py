"""Compare the readers of training data with raw memory maps: random clips, and shuffled batches of identity images.

Both sides read the same content in the same random order, in one run, in turns: the project's readers, and np.memmap
over one flat file. The goal is at least 0.7 of the raw speed.

    python -m benchmarks.read [--turns 40] [--recordings 6] [--frames 2000] [--images 20000]

The last line is one JSON object.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.data.clips.face_sequence import FaceSequence, open_sequence
from pipeline.data.identity_images import CLASSES, INDEX, IdentityImages, open_identities
from pipeline.subsampling import phase_frames
from pipeline.zarr_store import MAPPED, SHARD, GroupWriter

FACE = (112, 112, 3)
CLIP, BATCH = 16, 24
PHASES = 8
CLIPS, BATCHES = 500, 200  # per turn

Read = Callable[[], np.ndarray]


def main() -> None:
    """Write the data, measure both sides, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=40, help="number of turns; the best of each side counts")
    parser.add_argument("--recordings", type=int, default=6)
    parser.add_argument("--frames", type=int, default=2000, help="frames of each recording, plus or minus a tenth")
    parser.add_argument("--images", type=int, default=20000)
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        spread = arguments.frames // 10
        lengths = [arguments.frames + int(random.integers(-spread, spread + 1)) for _ in range(arguments.recordings)]
        sequences, flat = _write_recordings(Path(folder) / "sequences", lengths, random)
        ours, raw = _clips(sequences, flat, lengths, random)
        clips = _measure_speeds(ours, raw, arguments.turns)
    with tempfile.TemporaryDirectory() as folder:
        images, flat = _write_identities(Path(folder), arguments.images, random)
        ours, raw = _batch_readers(images, flat, random)
        batches = _measure_speeds(ours, raw, arguments.turns)
    result = {
        "ratio": round(min(clips[0] / clips[1], batches[0] / batches[1]), 3),
        "clips_ratio": round(clips[0] / clips[1], 3),
        "identities_ratio": round(batches[0] / batches[1], 3),
        "clips_per_second": round(clips[0]),
        "raw_clips_per_second": round(clips[1]),
        "images_per_second": round(batches[0] * BATCH),
        "raw_images_per_second": round(batches[1] * BATCH),
        "equal_bytes": True,  # asserted before the first measurement
    }
    print(json.dumps(result))


def _write_recordings(
    folder: Path, lengths: list[int], random: np.random.Generator
) -> tuple[list[FaceSequence], np.memmap]:
    """Write sequences with all phases of a subsampling by 8, and a flat file of all their faces."""
    sequences = []
    flat = _flat_file(folder, sum(lengths))
    for number, length in enumerate(lengths):
        faces = random.integers(0, 256, (length, *FACE), dtype=np.uint8)
        start = sum(lengths[:number])
        flat[start : start + length] = faces
        with GroupWriter(folder / f"recording_{number}", MAPPED) as group:
            group.append("faces", faces)
            group.append("origin", np.ones(length, np.uint8))
            group.attributes["phase_starts"] = _phase_starts(length)
            group.attributes["origin_codes"] = {"absent": 0, "detected": 1}
        sequences.append(open_sequence(folder / f"recording_{number}", "skip"))
    return sequences, _reopen(flat)


def _write_identities(folder: Path, count: int, random: np.random.Generator) -> tuple[IdentityImages, np.memmap]:
    """Write identity images in groups as the stage does, and a flat file of all of them."""
    flat = _flat_file(folder, count)
    for number, start in enumerate(range(0, count, SHARD)):
        faces = random.integers(0, 256, (min(SHARD, count - start), *FACE), dtype=np.uint8)
        flat[start : start + len(faces)] = faces
        with GroupWriter(folder / f"{number:05d}", MAPPED) as group:
            group.append("faces", faces)
    with GroupWriter(folder / INDEX, MAPPED) as group:
        group.append("label", (np.arange(count) % 2).astype(np.int32))
        group.append("present", np.ones(count, np.uint8))
    (folder / CLASSES).write_text("one\nother\n", encoding="utf-8")
    return open_identities(folder), _reopen(flat)


def _flat_file(folder: Path, rows: int) -> np.memmap:
    folder.mkdir(parents=True, exist_ok=True)
    return np.memmap(folder / "flat.bin", np.uint8, "w+", shape=(rows, *FACE))


def _reopen(flat: np.memmap) -> np.memmap:
    """Return the flat file, mapped for reading as in training."""
    flat.flush()
    return np.memmap(str(flat.filename), np.uint8, "r", shape=flat.shape)


def _phase_starts(length: int) -> list[int]:
    return [0, *np.cumsum([len(frames) for frames in phase_frames(length, PHASES, PHASES)]).tolist()]


def _clips(
    sequences: list[FaceSequence], flat: np.memmap, lengths: list[int], random: np.random.Generator
) -> tuple[list[Read], list[Read]]:
    """Return readers of the same random clips; a clip that reaches the end of its phase continues at the start."""
    ours: list[Read] = []
    raw: list[Read] = []
    for _ in range(CLIPS):
        recording = int(random.integers(len(sequences)))
        phase = int(random.integers(PHASES))
        first, stop = sequences[recording].phases[phase]
        start = int(random.integers(stop - first))
        offset = sum(lengths[:recording])
        ours.append(partial(sequences[recording].clip, phase, start, CLIP))
        raw.append(partial(_raw_clip, flat, offset + first, offset + stop, start))
    return ours, raw


def _raw_clip(flat: np.memmap, first: int, stop: int, start: int) -> np.ndarray:
    begin, end = first + start, first + start + CLIP
    if end <= stop:
        return np.array(flat[begin:end])
    return np.concatenate([flat[begin:stop], flat[first : first + end - stop]])


def _batch_readers(
    images: IdentityImages, flat: np.memmap, random: np.random.Generator
) -> tuple[list[Read], list[Read]]:
    """Return readers of the same batches of images in a shuffled order."""
    order = random.permutation(len(flat))
    batches = [order[np.arange(b * BATCH, (b + 1) * BATCH) % len(order)] for b in range(BATCHES)]
    return [partial(images.batch, indices.tolist()) for indices in batches], [
        partial(flat.__getitem__, indices) for indices in batches
    ]


def _measure_speeds(ours: list[Read], raw: list[Read], turns: int) -> tuple[float, float]:
    """Return the reads per second of both sides, the best of the turns, after comparing all bytes."""
    for read_ours, read_raw in zip(ours, raw, strict=True):  # this also brings every page into memory
        assert np.array_equal(read_ours(), read_raw()), "the two sides read different bytes"
    best = [0.0, 0.0]
    for turn in range(turns):
        for side in (0, 1) if turn % 2 else (1, 0):
            start = time.perf_counter()
            for read in (ours, raw)[side]:
                read()
            best[side] = max(best[side], len(ours) / (time.perf_counter() - start))
    return best[0], best[1]


if __name__ == "__main__":
    main()
