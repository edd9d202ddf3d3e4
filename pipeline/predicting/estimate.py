"""The estimate of one video, computed with the pipeline's own code: decode, align, subsample, predict.

The intermediate results of these stages lie in a temporary folder, so memory use does not grow with the length of the
video.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from jaxtyping import Bool, Float

from pipeline.data.frame_order import FrameOrder
from pipeline.estimators.features import ComputedFeatures
from pipeline.estimators.protocol import PredictContext
from pipeline.estimators.registry import load_model
from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.inspection.inspect_video import at_constant_rate, inspect
from pipeline.predicting.extras import try_write
from pipeline.predicting.frame_rate import NATIVE, choose_frame_rate
from pipeline.predicting.notes import estimate_notes, mark_of, missing_reason, model_notes
from pipeline.predicting.overlay import write_overlay
from pipeline.records.estimates import VideoEstimate
from pipeline.records.frame_table import FrameTable
from pipeline.records.quality import write_decoded
from pipeline.records.quality_notices import quality_notices
from pipeline.severity.scale import SeverityScale
from pipeline.subsampling import write_sequence
from pipeline.tracking.align_recording import TrackingSettings, align_recording
from pipeline.video.errors import BrokenVideoError
from pipeline.zarr_store import read_array, read_attributes

MAX_LOST = 0.02  # share of packets, as decode.max_lost; it does not change a face, so model folders do not record it

MAX_POINTS = 240  # of the curve of detected faces

RECORDING = "video"  # id of the recording that a video becomes


@dataclass(frozen=True)
class Request:
    """Settings that hold for all videos of a call.

    Attributes:
        model: the model folder.
        fps: see `pipeline.predicting.frame_rate.choose_frame_rate`.
        phases: number of phases of the subsampling that are averaged, as evaluate.phases.
        device: where networks run.
        threads: number of CPU threads for the network.
        scratch: an existing folder for intermediate results.
    """

    model: Path
    fps: float | str | None
    phases: int
    device: str
    threads: int
    scratch: Path


@dataclass(frozen=True)
class Span:
    """The estimate of one span (a clip, a frame, a segment or the whole video), with its time in the video.

    Attributes:
        start: seconds from the first frame of the video.
        end: likewise; the time at which the next frame after the span's last one begins, or a pause.
        phase: of the subsampling.
        weight: its share in the estimate of the video.
        estimate: in points of the scale; not cut to its range.
    """

    start: float
    end: float
    phase: int
    weight: int
    estimate: float


@dataclass(frozen=True)
class Estimate:
    """The estimate of a video, and the data that it rests on.

    Attributes:
        video: the file.
        score: the mean over the spans by their weights, in points of the scale; None without spans.
        missing: the reason why there is no score; None if there is one.
        spans: in order.
        seconds: duration of the video.
        frames: number of frames, at the frame rate at which the video is decoded.
        coverage: share of the frames that show the face, 0 to 1.
        faces: the same share in parts of the video of equal duration, in order of time; 0 in pauses.
        native_fps: frame rate of the file.
        face_rate: faces per second that the model sees.
        scale: of the score.
        notes: warnings that belong to the estimate.
        unwritten: the files that were asked for but could not be written, each with the reason.
        demonstration: whether the model was fitted to a drawn or planted corpus: its scores have no severity band.
    """

    video: Path
    score: float | None
    missing: str | None
    spans: tuple[Span, ...]
    seconds: float
    frames: int
    coverage: float
    faces: tuple[float, ...]
    native_fps: float
    face_rate: float
    scale: SeverityScale
    notes: tuple[str, ...]
    unwritten: tuple[str, ...] = ()
    demonstration: bool = False

    @property
    def band(self) -> str | None:
        """The severity band of the score; None if there is no score, or if it is a demonstration."""
        return None if self.demonstration else self.mark

    @property
    def mark(self) -> str | None:
        """What stands beside the score: see `mark_of`; None if there is no score."""
        return None if self.score is None else mark_of(self.score, self.scale, self.demonstration)


@dataclass(frozen=True)
class Failure:
    """A file or folder for which there is no estimate because it cannot be read as a video.

    Attributes:
        video: the file or folder.
        reason: the message for the user.
    """

    video: Path
    reason: str


def try_estimate(request: Request, video: Path, overlay: Path | None) -> Estimate | Failure:
    """Estimate a video as `estimate` does, but return a `Failure` for a video that cannot be read."""
    try:
        return estimate(request, video, overlay)
    except (OSError, ValueError) as error:
        # An OSError that names another file comes from writing; its message names that file.
        is_input = isinstance(error, OSError) and error.filename == str(video)
        return Failure(video, str(error.strerror if is_input else error))  # type: ignore[union-attr]


def estimate(request: Request, video: Path, overlay: Path | None = None) -> Estimate:
    """Estimate the score of a video; with `overlay`, also write a copy of the video with the face marked to that file.

    Raises:
        BrokenVideoError: if the file cannot be used as a video; the message gives the reason.
        OSError: if the file cannot be read.
    """
    model = load_model(request.model)
    input_spec, length = model.folder.input_spec, model.folder.span_length
    preprocessing, scale = input_spec.preprocessing, model.folder.scale
    table, quality = inspect(video, None, MAX_LOST)
    if table is None:
        raise BrokenVideoError(quality.reason)
    native_fps = quality.fps
    frame_rate = choose_frame_rate(native_fps, input_spec, request.fps, quality.is_irregular)
    if frame_rate.fps is not None:
        remedy = f"--fps {NATIVE} keeps its own frames"
        table, quality = at_constant_rate(table, quality, frame_rate.fps, remedy)
    with TemporaryDirectory(dir=request.scratch) as scratch:
        # As in the pipeline: a folder of each source, with a folder of each recording.
        decoded, aligned, sequence = (Path(scratch) / name / RECORDING for name in ("decoded", "aligned", "sequences"))
        for folder in (decoded, aligned, sequence):
            folder.parent.mkdir()
        decoded.mkdir()
        write_decoded(decoded, table, quality)
        align_recording(
            aligned,
            video,
            decoded,
            CropSettings.from_params(preprocessing.align, request.device),
            TrackingSettings.from_params(preprocessing.align),
        )
        # The frames of the first phase do not depend on the number of phases.
        write_sequence(
            sequence,
            aligned,
            preprocessing.subsample.factor,
            preprocessing.subsample.phases if request.phases > 1 else 1,
        )
        torch.set_num_threads(request.threads)  # align has set it to one
        device = torch.device(request.device)
        features = ComputedFeatures({"sequences": sequence.parent, "aligned": aligned.parent})
        order = FrameOrder(input_spec.order, 0)
        context = PredictContext(input_spec.absent, features, request.phases, device, order)
        (prediction,) = model.estimator.predict([sequence], context)
        spans = time_spans(prediction, sequence, table)
        present = read_array(aligned, "origin") != ORIGINS["absent"]
        coverage, face_rate = float(present.mean()), table.fps / preprocessing.subsample.factor
        seconds = float(table.time[-1]) + _frame_duration(table)
        result = Estimate(
            video=video,
            score=prediction.score,
            missing=None if prediction.spans else missing_reason(coverage, length, face_rate),
            spans=spans,
            seconds=seconds,
            frames=len(table),
            coverage=coverage,
            faces=shares_over_time(present, table.time, seconds, min(len(present), MAX_POINTS)),
            native_fps=native_fps,
            face_rate=face_rate,
            scale=scale,
            demonstration=bool(model.folder.demonstration),
            notes=model_notes(model.folder)
            + quality_notices(quality)
            + frame_rate.notes
            + estimate_notes(prediction, length, coverage, read_attributes(aligned), scale),
        )
        if overlay is not None:
            times = [(span.start, span.end, span.estimate) for span in spans]
            place = overlay, video, table, aligned, result.score, times, quality.canvas
            write = partial(write_overlay, *place, scale, result.demonstration)
            result = replace(result, unwritten=try_write(overlay, write))
    return result


def time_spans(prediction: VideoEstimate, sequence: Path, table: FrameTable) -> tuple[Span, ...]:
    """Return the spans of a video with their times.

    Args:
        prediction: the estimates of the spans.
        sequence: the folder of the video's sequence.
        table: the frame table of the video.
    """
    rows, phase_starts = read_array(sequence, "frame"), read_attributes(sequence)["phase_starts"]
    stops = [*table.pauses.tolist(), len(table)]
    spans = []
    for span in prediction.spans:
        begin, stop = phase_starts[span.phase], phase_starts[span.phase + 1]
        step = rows[begin + 1] - rows[begin] if stop - begin > 1 else 1  # rows from one face to the next
        first = begin + span.start
        last_row = rows[first + span.length - 1]
        stop = stops[np.searchsorted(stops, last_row, side="right")]  # of the stretch between pauses
        next_row = last_row + step  # of the face after the span's last one
        end = table.time[next_row] if next_row < stop else table.time[stop - 1] + _frame_duration(table)
        spans.append(Span(float(table.time[rows[first]]), float(end), span.phase, span.weight, span.estimate))
    return tuple(spans)


def shares_over_time(
    present: Bool[np.ndarray, " rows"], times: Float[np.ndarray, " rows"], seconds: float, parts: int
) -> tuple[float, ...]:
    """Return the share of rows with a face in each of `parts` equal parts of `seconds`; 0 in a part without rows.

    Examples:
        >>> shares_over_time(np.array([True, True, False, True]), np.array([0.0, 0.1, 0.2, 0.9]), 1.0, 2)
        (0.6666666666666666, 1.0)
    """
    numbers = np.minimum(times / max(seconds, 1e-6) * parts + 1e-6, parts - 1).astype(int)  # a hair late is in time
    rows, faces = np.bincount(numbers, minlength=parts), np.bincount(numbers, weights=present, minlength=parts)
    return tuple((faces / np.maximum(rows, 1)).tolist())


def _frame_duration(table: FrameTable) -> float:
    """Return the duration of a frame in seconds; 0 for a single frame, which has no frame rate."""
    return 1 / table.fps if table.fps else 0.0
