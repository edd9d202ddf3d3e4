"""Movements of a simulated face: stationary processes with a speed that depends on the score.

Every channel is an Ornstein-Uhlenbeck process of unit variance, squashed by tanh. Its time constant is

    tau = 0.25 s x 16^(1/2 + cue x (severity - 1/2)),

0.25 s for the lowest score and 4 s for the highest that is drawn (severity 0 and 1), at cue 1: psychomotor slowing. At
cue 0 every face has the tau of the middle score. The processes start in their stationary distribution and are stepped
exactly, so that the distribution in any single frame is the same for every score: the score can be estimated from the
dynamics and from nothing else.

As a control, the cue can lie in the appearance instead: every face has the tau of the middle score, and brows, frown,
smile, lids and mouth move about a resting value that depends on the score,

    (1 - 0.9) x squashed process + 0.9 x resting value,   resting value = +-tanh(cue x (severity - 1/2)):

any single frame then depends on the score; the speed and the range of the movements do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

CHANNELS = (
    *("sway", "bob", "tilt", "turn", "nod"),
    *("lids", "blink", "brows", "frown", "smile", "mouth", "pout", "gaze_x", "gaze_y"),
)
MIN_TAU = 0.25  # seconds: tau of a score of 0 at cue 1
TAU_RATIO = 16.0  # tau of the highest score over that of the lowest, at cue 1
# The sign of each channel's resting value at a high score. Brows, frown and smile alone are too small a cue: a short
# training does not learn it, and memorises the fitted subjects instead.
RESTING_SIGNS = {"brows": -1, "frown": 1, "smile": -1, "lids": -1, "mouth": -1}
RESTING_SHARE = 0.9  # weight of the resting value in those channels
BLINK_THRESHOLD = 0.88  # of the squashed process: the lids are shut in 8 of 100 frames


@dataclass(frozen=True)
class Expression:
    """Head movement and facial expression in one frame; each value lies in -1 to 1, except `shut`, in 0 to 1."""

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


def time_constant(severity: float, cue: float) -> float:
    """Return tau, the seconds after which the autocorrelation of a process has decayed to 1/e.

    Args:
        severity: 0 of the lowest score, 1 of the highest that is drawn.
        cue: how strongly the score slows the face.
    """
    return float(MIN_TAU * TAU_RATIO ** (0.5 + cue * (severity - 0.5)))


def resting_values(severity: float, cue: float) -> dict[str, float]:
    """Return the resting values, each in -1 to 1, of the channels that carry the cue in the appearance."""
    strength = float(np.tanh(cue * (severity - 0.5)))
    return {name: sign * strength for name, sign in RESTING_SIGNS.items()}


def processes(
    random: np.random.Generator, frames: int, frame_rate: float, tau: float
) -> Float[np.ndarray, "time channel"]:
    """Draw all channels before squashing: unit variance, correlation exp(-t / tau) over t seconds (Uhlenbeck 1930)."""
    decay = np.exp(-1 / (frame_rate * tau))
    shocks = random.standard_normal((frames, len(CHANNELS)))
    values = np.empty_like(shocks)
    values[0] = shocks[0]
    for t in range(1, frames):
        values[t] = decay * values[t - 1] + np.sqrt(1 - decay**2) * shocks[t]
    return values


def expressions(
    values: Float[np.ndarray, "time channel"], resting: Mapping[str, float] | None = None
) -> list[Expression]:
    """Convert the processes to the expression of each frame; channels in `resting` move about their resting value."""
    squashed = [dict(zip(CHANNELS, row, strict=True)) for row in np.tanh(values).tolist()]
    for row in squashed:
        for name, value in (resting or {}).items():
            row[name] = (1 - RESTING_SHARE) * row[name] + RESTING_SHARE * value
        row["shut"] = min(max((row.pop("blink") - BLINK_THRESHOLD) / 0.04, 0.0), 1.0)
    return [Expression(**row) for row in squashed]
