"""What a model says of one video, through the very code of the pipeline: decode, align, subsample, ask.

What lies on disk meanwhile is the work of these stages, in a folder that is gone afterwards; memory stays flat in the
length of the video.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from pipeline.estimators.estimates import VideoEstimate
from pipeline.estimators.predict import predict
from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.inspection import at_constant_rate, inspect
from pipeline.models.weights import load_network
from pipeline.params import Clip
from pipeline.predicting.frame_rate import choose_frame_rate
from pipeline.predicting.model import input_spec_and_clip
from pipeline.predicting.notes import estimate_notes, missing_reason
from pipeline.predicting.overlay import write_overlay
from pipeline.records.frame_table import FrameTable
from pipeline.records.quality import write_decoded
from pipeline.scoring.bands import band_of
from pipeline.subsampling import write_sequence
from pipeline.tracking.align_recording import TrackingSettings, align_recording
from pipeline.video import BrokenVideoError
from pipeline.zarr_store import read_array, read_attributes

MOST_LOST = 0.02  # of the packets; decode.max_lost, which shapes no face and which models therefore do not say

MOST_POINTS = 240  # of the curve of faces found


@dataclass(frozen=True)
class Request:
    """What is asked of every video.

    Attributes:
        model: the folder of the weights.
        fps: see `pipeline.predicting.frame_rate.choose_pace`.
        phases: of the subsampling that are averaged, as evaluate.phases.
        device: where networks run.
        threads: of the processor that the network may take.
        scratch: an existing folder for what lies on disk meanwhile.
    """

    model: Path
    fps: float | str | None
    phases: int
    device: str
    threads: int
    scratch: Path


@dataclass(frozen=True)
class Span:
    """One clip in the time of its video.

    Attributes:
        start: seconds from the first frame.
        end: likewise; where its last frame gives way to the next.
        phase: of the subsampling.
        weight: faces that no earlier clip of the phase covered.
        estimate: in points of BDI-II; not cut to 0 to 63.
    """

    start: float
    end: float
    phase: int
    weight: int
    estimate: float


@dataclass(frozen=True)
class Estimate:
    """What a model says of a video, and what it rests on.

    Attributes:
        video: the file.
        score: the mean over the clips by their weights, in points; None where there are none.
        missing: why there is no score; None where there is one.
        spans: the clips in order.
        seconds: how long the video lasts.
        frames: how many of it were looked at, at the rate it was taken at.
        coverage: share of them that show the face, 0 to 1.
        faces: the same over time, in equal parts of the video.
        native: frames a second of the file.
        rate: faces a second that the network saw.
        notes: what must be known of the estimate.
    """

    video: Path
    score: float | None
    missing: str | None
    spans: tuple[Span, ...]
    seconds: float
    frames: int
    coverage: float
    faces: tuple[float, ...]
    native: float
    rate: float
    notes: tuple[str, ...]

    @property
    def band(self) -> str | None:
        """The severity band of the score."""
        return None if self.score is None else band_of(self.score).name


@dataclass(frozen=True)
class Failure:
    """A video, or what was taken for one, of which nothing can be said.

    Attributes:
        video: the file or folder.
        reason: in words.
    """

    video: Path
    reason: str


def try_estimate(request: Request, video: Path, overlay: Path | None) -> Estimate | Failure:
    """Estimate a video; one that is wrong is a result and no error. See `estimate_recordings`."""
    try:
        return estimate(request, video, overlay)
    except (OSError, ValueError) as error:
        # An OSError that names another file is about writing, and says which.
        here = isinstance(error, OSError) and error.filename == str(video)
        return Failure(video, str(error.strerror if here else error))  # type: ignore[union-attr]


def estimate(request: Request, video: Path, overlay: Path | None = None) -> Estimate:
    """Estimate a video; with `overlay`, also write the video with what was seen of it to that file.

    Raises:
        BrokenVideoError: where it cannot be used as a video; the message says why.
        OSError: where the file cannot be read.
    """
    network, description = load_network(request.model)
    footage, length = input_spec_and_clip(request.model, description)
    told = footage.preprocessing
    table, quality = inspect(video, None, MOST_LOST)
    if table is None:
        raise BrokenVideoError(quality.reason)
    native, pace = quality.fps, choose_frame_rate(quality.fps, footage, request.fps)
    if pace.fps is not None:
        table, quality = at_constant_rate(table, quality, pace.fps)
    with TemporaryDirectory(dir=request.scratch) as scratch:
        decoded, aligned, sequence = (Path(scratch) / name for name in ("decoded", "aligned", "sequence"))
        decoded.mkdir()
        write_decoded(decoded, table, quality)
        align_recording(
            aligned, video, decoded, CropSettings.of(told.align, request.device), TrackingSettings.of(told.align)
        )
        # Which frames the first phase holds does not depend on how many there are.
        write_sequence(sequence, aligned, told.subsample.factor, told.subsample.phases if request.phases > 1 else 1)
        torch.set_num_threads(request.threads)  # align has taken one
        place = torch.device(request.device)
        clip = Clip.model_validate({"length": length, "absent": footage.absent})
        (found,) = predict(network.to(place), description, [sequence], clip, request.phases, place)
        spans = in_time(found, sequence, table, length)
        present = read_array(aligned, "origin") != ORIGINS["absent"]
        coverage, rate = float(present.mean()), table.fps / told.subsample.factor
        seconds = float(table.time[-1]) + _step(table)
        answer = Estimate(
            video=video,
            score=found.score,
            missing=None if found.clips else missing_reason(coverage, length, rate),
            spans=spans,
            seconds=seconds,
            frames=len(table),
            coverage=coverage,
            faces=tuple(float(part.mean()) for part in np.array_split(present, min(len(present), MOST_POINTS))),
            native=native,
            rate=rate,
            notes=pace.notes + estimate_notes(found, length, coverage, read_attributes(aligned)["rivals"]),
        )
        if overlay is not None:
            write_overlay(overlay, video, table, aligned, answer.score, [(s.start, s.end, s.estimate) for s in spans])
    return answer


def in_time(found: VideoEstimate, sequence: Path, table: FrameTable, length: int) -> tuple[Span, ...]:
    """Put clips where they lie in their video; one that is looped ends with the video."""
    rows, starts = read_array(sequence, "frame"), read_attributes(sequence)["phase_starts"]
    spans = []
    for clip in found.clips:
        first = starts[clip.phase] + clip.start
        shown = rows[first : min(first + length, starts[clip.phase + 1])]
        after = shown[-1] + (shown[1] - shown[0] if len(shown) > 1 else 1)  # the row of the face after the last
        end = table.time[after] if after < len(table) else table.time[-1] + _step(table)
        spans.append(Span(float(table.time[shown[0]]), float(end), clip.phase, clip.weight, clip.estimate))
    return tuple(spans)


def _step(table: FrameTable) -> float:
    """Seconds that a row lasts."""
    return 1 / table.fps if table.fps else 0.0
