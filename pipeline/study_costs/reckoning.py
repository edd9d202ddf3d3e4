"""The time that a stage will take on this machine: measured in earlier runs, reckoned from them, or timed now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from statistics import median

from pipeline.complexity.table import architecture_of
from pipeline.complexity.training_time import seconds_per_clip
from pipeline.device import select_device
from pipeline.params.check import check_params
from pipeline.params.errors import ParamsError
from pipeline.params.network import Model
from pipeline.params.whole import Params
from pipeline.runtime.stage_times import StageTime
from pipeline.study_costs.stage_work import TRAININGS, trained_clips, work_of

MEASURED, RECKONED, TIMED, UNKNOWN = "measured", "reckoned", "timed now", "not known"
# The range of a time is that of its sources, and this factor beyond them either way: our assumption. A machine that
# other programs use differs by more.
MARGINS = {MEASURED: 1.3, RECKONED: 2.0, TIMED: 2.0}


@dataclass(frozen=True)
class Reckoning:
    """The time of a stage.

    Attributes:
        source: MEASURED (earlier runs of as much work), RECKONED (earlier runs of more or less work of the same kind),
            TIMED (a few steps of its network, now) or UNKNOWN.
        seconds: in the middle of the range; 0 if it is not known.
        low, high: the ends of the range.
    """

    source: str
    seconds: float = 0.0
    low: float = 0.0
    high: float = 0.0


def reckon(
    stage: str, params: Params, times: Iterable[StageTime], step: Callable[[Params], float] | None = None
) -> Reckoning:
    """Reckon the time of a stage.

    Args:
        stage: its name.
        params: of the run.
        times: earlier runs of this stage on this machine.
        step: returns the seconds of a training step for each clip; by default it is measured.
    """
    try:
        work = work_of(stage, params)
        clips = trained_clips(stage, params) if stage in TRAININGS else 0
    except OSError:  # the images to pretrain with are not here
        return Reckoning(UNKNOWN)
    scaled = []  # seconds, and how many times as much work
    for item in times:
        try:
            ratio = work.ratio(work_of(stage, check_params(item.params)))
        except (ParamsError, OSError):  # of an earlier version, or its images are gone
            continue
        if ratio is not None:
            scaled.append((item.seconds * ratio, ratio))
    if equal := [seconds for seconds, ratio in scaled if ratio == 1]:
        return _between(MEASURED, equal)
    if scaled:
        return _between(RECKONED, [seconds for seconds, _ in scaled])
    if clips and _trains_network(stage, params):
        return _between(TIMED, [clips * (step or _step)(params)])
    return Reckoning(UNKNOWN)


def total(reckonings: Iterable[Reckoning]) -> Reckoning:
    """Return the sum; its range is from the sum of the lowest to that of the highest, its source is the weakest one.

    Examples:
        >>> total([Reckoning("measured", 10, 8, 12), Reckoning("reckoned", 20, 10, 40)])
        Reckoning(source='reckoned', seconds=30, low=18, high=52)
    """
    items = list(reckonings)
    order = (MEASURED, RECKONED, TIMED, UNKNOWN)
    weakest = max((item.source for item in items), key=order.index, default=MEASURED)
    return Reckoning(
        weakest, sum(item.seconds for item in items), sum(item.low for item in items), sum(item.high for item in items)
    )


def _between(source: str, seconds: list[float]) -> Reckoning:
    margin = MARGINS[source]
    return Reckoning(source, median(seconds), min(seconds) / margin, max(seconds) * margin)


def _trains_network(stage: str, params: Params) -> bool:
    if stage == "pretrain":
        return params.pretrain.source == "train"
    return bool(params.estimator.settings.networks)


def _step(params: Params) -> float:
    return _timed(params.model, params.clip.length, params.align.size)


@cache
def _timed(model: Model, frames: int, size: int) -> float:
    network, seen = architecture_of(model, frames)
    return seconds_per_clip(network, seen, size, select_device())
