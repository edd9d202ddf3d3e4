"""How a face moves: stationary processes whose speed follows the score, and whose single frames do not.

Every channel is an Ornstein-Uhlenbeck process of unit variance, squashed by tanh. Its time constant is

    tau = 0.25 s x 16^(1/2 + cue x (BDI / 45 - 1/2)),

0.25 s for a score of 0 and 4 s for 45 at cue 1: psychomotor slowing. At cue 0 every face has the tau of the middle
score. The processes start in their stationary distribution and are stepped exactly, so that the distribution in any
single frame is the same for every score: the score can be read from the dynamics and from nothing else.

The other way round, as a control, the score can lie in the appearance: every face has the tau of the middle score, and
brows, frown, smile, lids and mouth move about a resting place that follows the score,

    (1 - 0.9) x squashed process + 0.9 x resting place,   resting place = +-tanh(cue x (BDI / 45 - 1/2)):

any single frame tells of the score, and how fast or far a face moves does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

CHANNELS = (
    *("sway", "bob", "tilt", "turn", "nod"),
    *("lids", "blink", "brows", "frown", "smile", "mouth", "pout", "gaze_x", "gaze_y"),
)
FASTEST = 0.25  # seconds: tau of a score of 0 at cue 1
RATIO = 16.0  # tau of the highest score over that of the lowest, at cue 1
# Where a face with a high score rests. Small signs alone (brows, frown, smile) a short training does not find: it has
# the fitted people by heart instead.
RESTING = {"brows": -1, "frown": 1, "smile": -1, "lids": -1, "mouth": -1}
RESTS = 0.9  # share of the resting place in where those channels are
HIGHEST = 45  # the score with the slowest face
BLINK_ABOVE = 0.88  # of the squashed process: lids are shut in 8 of 100 frames


@dataclass(frozen=True)
class Expression:
    """What moves, in one frame; every value lies in -1 to 1, but `shut`, in 0 to 1."""

    sway: float = 0.0
    bob: float = 0.0
    tilt: float = 0.0
    turn: float = 0.0
    nod: float = 0.0
    lids: float = 0.0
    shut: float = 0.0
    brows: float = 0.0
    frown: float = 0.0
    smile: float = 0.0
    mouth: float = 0.0
    pout: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0


def time_constant(bdi: float, cue: float) -> float:
    """Seconds after which a process has forgotten all but 1/e of where it was."""
    return float(FASTEST * RATIO ** (0.5 + cue * (bdi / HIGHEST - 0.5)))


def resting_place(bdi: float, cue: float) -> dict[str, float]:
    """Where the channels that show the score in the appearance rest, each in -1 to 1."""
    strength = float(np.tanh(cue * (bdi / HIGHEST - 0.5)))
    return {name: sign * strength for name, sign in RESTING.items()}


def processes(
    random: np.random.Generator, frames: int, frame_rate: float, tau: float
) -> Float[np.ndarray, "time channel"]:
    """Draw all channels before squashing: unit variance, correlation exp(-t / tau) over t seconds (Uhlenbeck 1930)."""
    kept = np.exp(-1 / (frame_rate * tau))
    shocks = random.standard_normal((frames, len(CHANNELS)))
    values = np.empty_like(shocks)
    values[0] = shocks[0]
    for t in range(1, frames):
        values[t] = kept * values[t - 1] + np.sqrt(1 - kept**2) * shocks[t]
    return values


def expressions(
    values: Float[np.ndarray, "time channel"], resting: Mapping[str, float] | None = None
) -> list[Expression]:
    """The expression of each frame; channels with a `resting` place move about it."""
    squashed = [dict(zip(CHANNELS, row, strict=True)) for row in np.tanh(values).tolist()]
    for row in squashed:
        for name, place in (resting or {}).items():
            row[name] = (1 - RESTS) * row[name] + RESTS * place
        row["shut"] = min(max((row.pop("blink") - BLINK_ABOVE) / 0.04, 0.0), 1.0)
    return [Expression(**row) for row in squashed]
