"""The frame rate at which a video is decoded, chosen so that a network sees faces move at the speed of its training.

A model of 7.5 frames per second that takes every second frame sees 3.75 faces per second. From a video of 30 frames per
second it would see 15, and all movement four times slower than in its training: the estimate would depend on the frame
rate. So a video with a rate outside those of the fitted recordings, or with a rate that varies, is converted to the
model's own rate, as decode.fps does, and a note says so.
"""

from dataclasses import dataclass

from pipeline.models.input_spec import InputSpec

TOLERANCE = 0.05  # share by which equal rates may differ: 29.97 counts as 30
NATIVE = "native"
MAX_FPS = 240.0  # the highest rate that a user may request, as decode.fps


@dataclass(frozen=True)
class FrameRate:
    """The frame rate at which a video is decoded.

    Attributes:
        fps: the constant rate to which the frames are converted (decode.fps); None for the native frames.
        notes: warnings for the user.
    """

    fps: float | None
    notes: tuple[str, ...] = ()


def parse_frame_rate(text: str | None) -> float | str | None:
    """Parse the value of --fps: None, NATIVE, or frames per second.

    Raises:
        ValueError: if it is none of these.
    """
    if text is None or text == NATIVE:
        return text
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not 0 < fps <= MAX_FPS:
        raise ValueError(f"--fps is {text!r}; allowed: {NATIVE}, or a number above 0 up to {MAX_FPS:g}")
    return fps


def choose_frame_rate(
    native_fps: float, input_spec: InputSpec, requested: float | str | None, is_irregular: bool = False
) -> FrameRate:
    """Choose the frame rate at which a video is decoded.

    Args:
        native_fps: frames per second of the file; 0 for a single frame.
        input_spec: of the recordings that the model was fitted to.
        requested: None for the automatic choice, NATIVE for the frames of the file, or frames per second.
        is_irregular: whether the frame rate of the file varies.
    """
    factor = input_spec.preprocessing.subsample.factor
    slowest, median, fastest = input_spec.rates
    fitted_fps = input_spec.preprocessing.fps
    in_range = native_fps > 0 and slowest * (1 - TOLERANCE) <= native_fps / factor <= fastest * (1 + TOLERANCE)
    if requested is not None:
        fps = None if requested == NATIVE else float(requested)
    elif fitted_fps is not None or (in_range and not is_irregular) or not native_fps:
        fps = fitted_fps  # as the pipeline would
    else:
        fps = median * factor
    notes = []
    face_rate = (native_fps if fps is None else fps) / factor
    is_converted = fps is not None and requested is None and fitted_fps is None
    if is_converted and in_range:
        notes.append(
            f"taken at a constant {fps:.4g} frames/s, because its own rate varies around {native_fps:.4g} and movement "
            "would look faster or slower than it is; where frames are missing, pictures repeat"
        )
    elif is_converted:
        notes.append(
            f"taken at {fps:.4g} frames/s instead of its {native_fps:.4g}: the model learned from "
            f"{_format_rates(input_spec)} faces/s, and would have seen {native_fps / factor:.3g}"
        )
    elif native_fps and not slowest * (1 - TOLERANCE) <= face_rate <= fastest * (1 + TOLERANCE):
        speed = "slower" if face_rate > fastest else "faster"
        notes.append(
            f"the model sees {face_rate:.3g} faces/s and learned from {_format_rates(input_spec)}: movement looks "
            f"{speed} to it than it is, and the estimate means little"
        )
    if fps is not None and 0 < native_fps * (1 + TOLERANCE) < face_rate:
        reason = f"the file has only {native_fps:.4g} frames/s for {face_rate:.3g} faces/s"
        notes.append(f"{reason}: pictures repeat, and movement stutters")
    return FrameRate(fps, tuple(notes))


def _format_rates(input_spec: InputSpec) -> str:
    slowest, _, fastest = input_spec.rates
    return f"{slowest:.3g}" if slowest == fastest else f"{slowest:.3g} to {fastest:.3g}"
