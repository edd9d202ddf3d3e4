"""At which rate a video is taken: a network that learned how fast faces move must see them at the speed it learned.

A model of 7.5 frames a second and steps of 2 sees 3.75 faces a second. Given a video of 30 frames a second as it is, it
would see 15, and all movement four times slower than in what it learned from: the estimate would be one of the frame
rate. So a video whose rate is not among those of fitting is put on the model's own, as decode.fps does, and it is said.
"""

from dataclasses import dataclass

from pipeline.models.input_spec import InputSpec

ALIKE = 0.05  # share by which rates may differ: 29.97 is 30
NATIVE = "native"
MOST = 240.0  # frames a second that may be asked for, as decode.fps


@dataclass(frozen=True)
class FrameRate:
    """How a video is taken.

    Attributes:
        fps: None for its native frames, else the constant rate that they are put on (decode.fps).
        notes: what the user must know of it.
    """

    fps: float | None
    notes: tuple[str, ...] = ()


def parse_frame_rate(text: str | None) -> float | str | None:
    """Read what a user asks for: nothing, NATIVE, or frames a second.

    Raises:
        ValueError: where it is none of these.
    """
    if text is None or text == NATIVE:
        return text
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not 0 < fps <= MOST:
        raise ValueError(f"--fps is {text!r}; allowed: {NATIVE}, or a number above 0 up to {MOST:g}")
    return fps


def choose_frame_rate(native: float, footage: InputSpec, asked: float | str | None) -> FrameRate:
    """Choose the rate of a video.

    Args:
        native: frames a second of the file; 0 for a single frame.
        footage: what the model was fitted to.
        asked: None to choose, NATIVE for the frames of the file as the pipeline takes them, or frames a second.
    """
    factor = footage.preprocessing.subsample.factor
    slowest, median, fastest = footage.rates
    told = footage.preprocessing.fps
    known = native > 0 and slowest * (1 - ALIKE) <= native / factor <= fastest * (1 + ALIKE)
    if asked is not None:
        fps = None if asked == NATIVE else float(asked)
    elif told is not None or known or not native:
        fps = told  # as the pipeline would
    else:
        fps = median * factor
    notes = []
    shown = (native if fps is None else fps) / factor
    if fps is not None and asked is None and told is None:
        notes.append(
            f"taken at {fps:.4g} frames/s instead of its {native:.4g}: the model learned from {_range(footage)} "
            f"faces/s, and would have seen {native / factor:.3g}"
        )
    elif native and not slowest * (1 - ALIKE) <= shown <= fastest * (1 + ALIKE):
        speed = "slower" if shown > fastest else "faster"
        notes.append(
            f"the model sees {shown:.3g} faces/s and learned from {_range(footage)}: movement looks {speed} to it than "
            "it is, and the estimate means little"
        )
    if fps is not None and 0 < native * (1 + ALIKE) < shown:
        few = f"the file has only {native:.4g} frames/s for {shown:.3g} faces/s"
        notes.append(f"{few}: pictures repeat, and movement stutters")
    return FrameRate(fps, tuple(notes))


def _range(footage: InputSpec) -> str:
    slowest, _, fastest = footage.rates
    return f"{slowest:.3g}" if slowest == fastest else f"{slowest:.3g} to {fastest:.3g}"
