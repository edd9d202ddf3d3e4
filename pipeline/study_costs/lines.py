"""What a study costs, as lines for the terminal."""

from collections.abc import Iterator, Sequence

from pipeline.studies.run import Planned
from pipeline.study_costs.cost import Cost
from pipeline.study_costs.reckoning import UNKNOWN, Reckoning

NAMED = 4  # stages of a grid point that are named; a longer list is counted


def cost_lines(planned: Sequence[Planned], cost: Cost) -> Iterator[str]:
    """Yield the state and the cost of each grid point, the pretrainings that they need, and the whole."""
    for item, point in zip(planned, cost.points, strict=True):
        yield f"{item.state:9}{item.name}  ({', '.join(filter(None, (item.point.row, item.point.repeat)))})"
        if point.stages:
            yield f"         {_names(list(point.stages))}: {format_reckoning(point.time)}"
    if cost.pretrainings:
        runs = sum(item.time is not None for item in cost.pretrainings)
        yield f"pretrainings: {runs} to run, {len(cost.pretrainings) - runs} there already"
    for pretraining in cost.pretrainings:
        time = format_reckoning(pretraining.time) if pretraining.time else "there already"
        yield f"         {pretraining.label}: for {pretraining.points} of the experiments: {time}"
    stages = [(name, time) for point in cost.points for name, time in point.stages.items()]
    for source in dict.fromkeys(time.source for _, time in stages):
        names = dict.fromkeys(name for name, time in stages if time.source == source)
        yield f"{NOTES[source]}: {', '.join(names)}"
    missing = sum(item.state == "missing" for item in planned)
    yield f"{len(planned)} experiments, {missing} to queue" + (
        f"; one after another on this machine {format_reckoning(cost.time)}" if stages else ""
    )


NOTES = {
    "measured": "measured here, in earlier runs of as much work",
    "reckoned": "reckoned from earlier runs here of more or less work",
    "timed now": "reckoned from a few steps of the network, timed now",
    UNKNOWN: "not in the sum, because no run here has been measured",
}


def format_reckoning(time: Reckoning) -> str:
    """Format a time with its range.

    Examples:
        >>> format_reckoning(Reckoning("measured", 5400, 4500, 7300)), format_reckoning(Reckoning("not known"))
        ('about 1 h 30 min (1 h 15 min to 2 h 1 min)', 'time not known')
    """
    if not time.high:
        return "time not known"
    return f"about {_format(time.seconds)} ({_format(time.low)} to {_format(time.high)})"


def _format(seconds: float) -> str:
    """Format a duration in two units at most.

    Examples:
        >>> [_format(seconds) for seconds in (0.4, 59, 100, 3600, 5400)]
        ['1 s', '59 s', '1 min 40 s', '1 h', '1 h 30 min']
    """
    whole = max(round(seconds), 1)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    parts = [(hours, "h"), (minutes, "min"), (0 if hours else rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def _names(stages: Sequence[str]) -> str:
    return ", ".join(stages) if len(stages) <= NAMED else f"{', '.join(stages[:NAMED])} and {len(stages) - NAMED} more"
