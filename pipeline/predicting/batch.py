"""Many videos through one model: in the workers, each by itself, so that a bad one costs no other."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from pipeline.faces.placement import network_placement
from pipeline.parallel.progress import WorkProgress
from pipeline.parallel.worker_count import worker_count
from pipeline.parallel.workers import describe_error, map_outcomes
from pipeline.predicting.estimate import Estimate, Failure, Request, try_estimate
from pipeline.predicting.figure import write_figure
from pipeline.predicting.videos import FIGURE, OVERLAY, names_of, videos_in


def estimate_videos(
    asked: Sequence[Path],
    model: Path,
    fps: float | str | None = None,
    phases: int = 1,
    figures: Path | None = None,
    overlays: Path | None = None,
) -> list[Estimate | Failure]:
    """Estimate all videos that are named, or lie in folders that are.

    Args:
        asked: files and folders.
        model: the folder of the weights.
        fps: see `pipeline.predicting.frame_rate.choose_pace`.
        phases: of the subsampling that are averaged.
        figures: gets a figure of each video; None draws none.
        overlays: gets each video with what was seen of it; None writes none.

    Returns:
        What is found of each, and why not, in order.
    """
    videos, failures = _found(asked)
    names = names_of(videos)
    for folder in (figures, overlays):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (video.absolute(), None if overlays is None else overlays.absolute() / f"{name}{OVERLAY}")
        for video, name in zip(videos, names, strict=True)
    ]
    place = network_placement()
    threads = max(worker_count() // max(len(jobs), 1), 1)
    with _ending_in_order(), TemporaryDirectory(prefix="msn-predict-") as scratch:
        request = Request(model.absolute(), fps, phases, str(place.device), threads, Path(scratch))
        tally = WorkProgress("estimating", [_size(video) for video in videos], "videos", "bytes")
        outcomes = map_outcomes(try_estimate, jobs, tally, place, request)
    found: list[Estimate | Failure] = []
    for video, name, outcome in zip(videos, names, outcomes, strict=True):
        answer = (
            Failure(video, describe_error(outcome))
            if isinstance(outcome, BaseException)
            else replace(outcome, video=video)
        )
        if figures is not None and isinstance(answer, Estimate):
            write_figure(figures / f"{name}{FIGURE}", answer)
        found.append(answer)
    return found + failures


def _found(asked: Sequence[Path]) -> tuple[list[Path], list[Failure]]:
    videos, failures = [], []
    for path in asked:
        try:
            videos += videos_in(path) if path.is_dir() else [path]
        except ValueError as error:
            failures.append(Failure(path, str(error)))
    return list(dict.fromkeys(videos)), failures


def _size(video: Path) -> int:
    return video.stat().st_size if video.is_file() else 0


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Have a request to end (SIGTERM) end the block as an interruption from the keyboard does, and leave nothing."""

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
