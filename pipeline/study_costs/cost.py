"""What a study still costs: the stages that must run for each grid point, each shared one once, and their time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.params.check import check_params
from pipeline.params.whole import Params
from pipeline.runtime.stage_times import times_here
from pipeline.studies import queue
from pipeline.studies.definition import Point, format_value
from pipeline.studies.fingerprint import workspace_tree
from pipeline.studies.run import Planned, base_params
from pipeline.study_costs.reckoning import Reckoning, reckon, total
from pipeline.study_costs.stage_keys import Stages, keys_of_run, keys_of_workspace, stages_of

PRETRAIN = "pretrain"
FINISHED = ("done", "failed")  # states of runs that cost nothing more; what failed runs again only with --retry


@dataclass(frozen=True)
class Pretraining:
    """A pretraining that grid points share.

    Attributes:
        label: its settings, of those that the study varies.
        points: how many grid points, of those that are not finished, start from it.
        time: reckoned; None if it is there already.
    """

    label: str
    points: int
    time: Reckoning | None


@dataclass(frozen=True)
class PointCost:
    """What a grid point costs after those before it.

    Attributes:
        stages: the time of each stage that must run; stages that a point before it runs are left out.
    """

    stages: Mapping[str, Reckoning]

    @property
    def time(self) -> Reckoning:
        """The sum over the stages."""
        return total(self.stages.values())


@dataclass(frozen=True)
class Cost:
    """What a study costs.

    Attributes:
        pretrainings: in the order in which they are needed.
        points: one for each grid point, in their order.
    """

    pretrainings: Sequence[Pretraining]
    points: Sequence[PointCost]

    @property
    def time(self) -> Reckoning:
        """The sum over all points, one after another."""
        return total(time for point in self.points for time in point.stages.values())


def study_cost(planned: Sequence[Planned]) -> Cost:
    """Return what the runs of a study that are not finished cost on this machine."""
    tree, params = workspace_tree(), base_params()
    finished = keys_of_workspace(tree, params)
    for run in queue.runs().values():
        finished |= keys_of_run(run.revision) if run.state == "done" else set()
    points = [item.point for item in planned if item.state not in FINISHED]
    cost = cost_of_points([(point, stages_of(tree, point.params)) for point in points], finished, _reckon_here)
    costs = iter(cost.points)
    return Cost(cost.pretrainings, [PointCost({}) if item.state in FINISHED else next(costs) for item in planned])


def cost_of_points(
    points: Sequence[tuple[Point, Stages]],
    finished: Collection[str],
    reckon_stage: Callable[[str, Params], Reckoning],
) -> Cost:
    """Return what grid points cost that run one after another.

    Args:
        points: with the stages of each.
        finished: keys of the stages that ran before.
        reckon_stage: returns the time of a stage with some parameters.
    """
    made = set(finished)
    times: dict[str, Reckoning] = {}  # of stages that must run, by key
    costs = []
    for point, stages in points:
        missing = {name: key for name, key in stages.keys.items() if key not in made}
        params = check_params(point.params)
        times |= {key: reckon_stage(name, params) for name, key in missing.items()}
        made |= {*missing.values()}
        costs.append(PointCost({name: times[key] for name, key in missing.items()}))
    shared: dict[str, list[tuple[Point, Stages]]] = {}
    for point, stages in points:
        if key := stages.keys.get(PRETRAIN):
            shared.setdefault(key, []).append((point, stages))
    pretrainings = [Pretraining(_label(*users[0]), len(users), times.get(key)) for key, users in shared.items()]
    return Cost(pretrainings, costs)


def _label(point: Point, stages: Stages) -> str:
    """Return the values of a point, of those that its study varies, on which its pretraining depends."""
    keys = stages.parameters(PRETRAIN)
    values: dict[str, Any] = {
        name: value for name, value in point.varying.items() if any(f"{name}.".startswith(f"{key}.") for key in keys)
    }
    return ", ".join(f"{name} {format_value(value)}" for name, value in values.items()) or "params.yaml as it is"


def _reckon_here(stage: str, params: Params) -> Reckoning:
    return reckon(stage, params, times_here(stage))
