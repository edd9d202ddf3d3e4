"""Drawn recordings of any length in AVEC2013's layout, written faster than they could be drawn.

A recording repeats ten seconds of a drawn head with camera noise, forward and backward. These seconds are drawn and
encoded once, as H.264 of about 3 Mbit/s, as of a webcam. Their packets are then written again and again with later
times, without encoding: 50 minutes take as long as half a minute would.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import av

from benchmarks.talking_head import FPS, talking_head
from pipeline.video.writing import write_video

DRAWN_FRAMES = 300
LOOP_FRAMES = 2 * DRAWN_FRAMES - 2  # forward and backward, without showing either end twice
QUALITY = 17  # x264's rate factor


@dataclass(frozen=True)
class LongCorpus:
    """A written corpus: the number of its recordings, their frames and bytes together."""

    recordings: int
    frames: int
    bytes: int

    @property
    def megabits_per_second(self) -> float:
        """The bit rate of the recordings."""
        return self.bytes * 8 / 1e6 / (self.frames / FPS)


def write_corpus(root: Path, recordings: int, minutes: float) -> LongCorpus:
    """Write the recordings and their scores below a new folder; the last recording is tested, the others are fitted.

    Args:
        root: of the corpus.
        recordings: how many, of different people.
        minutes: of each, rounded to whole repetitions of 20 seconds, of which there is at least one.
    """
    repetitions = max(1, round(minutes * 60 * FPS / LOOP_FRAMES))
    videos = []
    for number in range(1, recordings + 1):
        partition = "Testing" if number == recordings else "Training"
        videos.append(root / partition / f"{number}_1_cut_combined.mp4")
        label = root / "AVEC2013_DepressionLabels" / f"{partition}_DepressionLabels" / f"{number}_1_Depression.csv"
        for path in (videos[-1], label):
            path.parent.mkdir(parents=True, exist_ok=True)
        label.write_text(f"{5 * number % 64}\n", encoding="utf-8")
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(write_long_recording, videos, range(recordings), repeat(repetitions)))
    size = sum(path.stat().st_size for path in videos)
    return LongCorpus(recordings, recordings * repetitions * LOOP_FRAMES, size)


def write_long_recording(path: Path, seed: int, repetitions: int) -> None:
    """Write some repetitions of a person's drawn seconds, `LOOP_FRAMES` frames each."""
    frames = list(talking_head(DRAWN_FRAMES, seed))
    drawn = path.with_suffix(".loop")
    write_video(drawn, [*frames, *frames[-2:0:-1]], FPS, QUALITY)
    with av.open(drawn) as source, av.open(path, "w") as target:
        stream: Any = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        length = round(LOOP_FRAMES / FPS / stream.time_base)
        for repetition in range(repetitions):
            source.seek(0)
            for packet in source.demux(stream):
                if packet.pts is not None and packet.dts is not None:  # the last packet is empty
                    packet.pts += repetition * length
                    packet.dts += repetition * length
                    packet.stream = copy
                    target.mux(packet)
    drawn.unlink()
