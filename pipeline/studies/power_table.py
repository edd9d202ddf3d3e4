"""The table of a power analysis, and what it says in words."""

from collections.abc import Sequence

from pipeline.statistics.interval import format_interval
from pipeline.studies.collect import Row
from pipeline.studies.definition import Study
from pipeline.studies.power import POINTS, POWER, PowerCurve, PowerPoint, power_curves

POWER_HEADINGS = ("", "slower per 10 points", "cue", "found", "power", "r", "RMSE / constant's")
POWER_COLUMNS = (
    *("row", "cue", "slowing", "draws", "wanted", "found", "power", "power_low", "power_high"),
    *("pcc", "pcc_low", "pcc_high", "rmse_over_constant", "rmse_over_constant_low", "rmse_over_constant_high"),
)


def power_cells(study: Study, rows: Sequence[Row]) -> list[list[str]]:
    """Return the cells below `POWER_HEADINGS`, a line for each estimator and cue with a finished draw."""
    return [
        [
            curve.label,
            _percent(point.slowing),
            f"{point.cue:g}",
            _count(point),
            format_interval(point.power),
            format_interval(point.r) if point.r else "not known",
            format_interval(point.ratio),
        ]
        for curve in power_curves(study, rows)
        for point in curve.points
    ]


def power_numbers(study: Study, rows: Sequence[Row]) -> list[list[object]]:
    """Return the cells below `POWER_COLUMNS`, of the same lines."""
    return [
        [
            *(curve.label, f"{point.cue:g}", f"{point.slowing:.4f}", len(point.draws), point.wanted, point.found),
            *(
                "" if end is None else f"{end:.4f}"
                for item in (point.power, point.r, point.ratio)
                for end in ((item.value, item.low, item.high) if item else (None, None, None))
            ),
        ]
        for curve in power_curves(study, rows)
        for point in curve.points
    ]


def power_notes(study: Study, rows: Sequence[Row]) -> list[str]:
    """Return how a power analysis is read, and for each curve the smallest slowing that is found often enough."""
    curves = power_curves(study, rows)
    if not curves:
        return []
    return [
        "Every draw plants other scores in the same footage. Found: the 95 % interval of r over subjects lies above 0. "
        "Power: the share of draws in which that is so, with the 95 % interval of the share that endless draws would "
        "give. r and RMSE: means over draws, with 95 % intervals over draws.",
        *(_verdict(curve, rows[0].outcomes[0].scale.name if rows[0].outcomes else "the scale") for curve in curves),
    ]


def _verdict(curve: PowerCurve, scale: str) -> str:
    return " ".join([f"{curve.label}: {_smallest(curve, scale)}", *_without_cue(curve)])


def _smallest(curve: PowerCurve, scale: str) -> str:
    per_points = f"per {POINTS} points of {scale}"
    often = f"in {_percent(POWER)} of the draws"
    if point := curve.smallest:
        return (
            f"the smallest slowing found {often} is {_percent(point.slowing)} {per_points} (cue {point.cue:g}: "
            f"{_count(point)} draws)."
        )
    largest = curve.points[-1]
    return f"no slowing up to {_percent(largest.slowing)} {per_points} (cue {largest.cue:g}) is found {often}."


def _without_cue(curve: PowerCurve) -> list[str]:
    """Return what is found where nothing is planted."""
    return [
        f"Without a cue it is found in {_count(point)} draws; chance alone gives 1 of 40."
        for point in curve.points
        if point.cue == 0
    ]


def _count(point: PowerPoint) -> str:
    unfinished = f", of {point.wanted} wanted" if len(point.draws) < point.wanted else ""
    return f"{point.found} of {len(point.draws)}{unfinished}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
