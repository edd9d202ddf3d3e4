"""Estimates of many videos with one model, in worker processes; a video that fails does not affect the others."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.faces.placement import network_placement
from pipeline.parallel.progress import WorkProgress
from pipeline.parallel.worker_count import worker_count
from pipeline.parallel.workers import describe_error, map_outcomes
from pipeline.predicting.estimate import Estimate, Failure, Request, try_estimate
from pipeline.predicting.extras import try_write
from pipeline.predicting.figure import write_figure
from pipeline.predicting.videos import FIGURE, OVERLAY, find_videos, unique_names


def estimate_videos(
    paths: Sequence[Path],
    model: Path,
    fps: float | str | None = None,
    phases: int = 1,
    figures: Path | None = None,
    overlays: Path | None = None,
) -> list[Estimate | Failure]:
    """Estimate the score of every video among `paths` and in the folders among them.

    Args:
        paths: video files and folders.
        model: the model folder.
        fps: see `pipeline.predicting.frame_rate.choose_frame_rate`.
        phases: number of phases of the subsampling that are averaged.
        figures: folder for a figure of each video; None draws no figures.
        overlays: folder for a copy of each video with the face marked; None writes no copies.

    Returns:
        The estimate of each video, or the reason why there is none, in the order of `paths`; folders that cannot be
        searched come last.
    """
    videos, failures = _list_videos(paths)
    names = unique_names(videos)
    for folder in (figures, overlays):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (video.absolute(), None if overlays is None else overlays.absolute() / f"{name}{OVERLAY}")
        for video, name in zip(videos, names, strict=True)
    ]
    placement = network_placement()
    threads = max(worker_count() // max(len(jobs), 1), 1)
    with TemporaryDirectory(prefix="msn-predict-") as scratch:
        request = Request(model.absolute(), fps, phases, str(placement.device), threads, Path(scratch))
        progress = WorkProgress("estimating", [_size(video) for video in videos], "videos", "bytes")
        outcomes = map_outcomes(try_estimate, jobs, progress, placement, request)
    results: list[Estimate | Failure] = []
    for video, name, outcome in zip(videos, names, outcomes, strict=True):
        result = (
            Failure(video, describe_error(outcome))
            if isinstance(outcome, BaseException)
            else replace(outcome, video=video)
        )
        if figures is not None and isinstance(result, Estimate):
            figure = figures / f"{name}{FIGURE}"
            unwritten = try_write(figure, partial(write_figure, figure, result))
            result = replace(result, unwritten=result.unwritten + unwritten)
        results.append(result)
    return results + failures


def _list_videos(paths: Sequence[Path]) -> tuple[list[Path], list[Failure]]:
    """Return the videos at `paths`, each once, and the folders without a video."""
    videos, failures = [], []
    for path in paths:
        try:
            videos += find_videos(path) if path.is_dir() else [path]
        except ValueError as error:
            failures.append(Failure(path, str(error)))
    return list(dict.fromkeys(videos)), failures


def _size(video: Path) -> int:
    """Return the size of a file in bytes; 0 if there is no such file."""
    return video.stat().st_size if video.is_file() else 0
