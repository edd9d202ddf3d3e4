"""The steps of a study: match grid points with existing runs, queue the missing ones, wait, and collect the results."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.experiments.outcome import Outcome, read_outcome
from pipeline.experiments.repository import WORKSPACE, Experiment
from pipeline.studies import queue
from pipeline.studies.collect import Row, gather
from pipeline.studies.definition import Point, Study, StudyError, format_value, points
from pipeline.studies.figure import write_figure
from pipeline.studies.fingerprint import PARAMS, code_of, fingerprint, workspace_tree
from pipeline.studies.queue import Run
from pipeline.studies.table import write_tables

CURRENT = Experiment(WORKSPACE, None)
PAUSE = 5.0  # seconds between two checks of the queue
PATIENCE = 12  # checks without any worker after which waiting is given up
NAME_LENGTH = 60  # characters of the part of an experiment's name that describes the grid point


@dataclass(frozen=True)
class Planned:
    """A grid point with its run, if there is one.

    Attributes:
        point: of the study.
        name: of its experiment, existing or to be queued.
        run: finished or in the queue; None if there is none.
    """

    point: Point
    name: str
    run: Run | None

    @property
    def state(self) -> str:
        """done, running, queued, failed or missing."""
        return self.run.state if self.run else "missing"


def plan(study: Study, changes: Mapping[str, Any], base: Experiment = CURRENT) -> list[Planned]:
    """Match every grid point with the existing experiments and the runs in DVC's queue.

    Args:
        study: the study.
        changes: values for all points, by dotted keys.
        base: the experiment that has the code and all other parameters.

    Raises:
        StudyError: if a key does not exist in params.yaml, or there is no params.yaml.
        ParamsError: if a value is not allowed.
    """
    grid_points = points(study, base_params(base), changes)
    tree = base.revision or workspace_tree()
    runs = queue.runs()
    planned = []
    for point in grid_points:
        key = fingerprint(point.params, code_of(tree, point.params))
        run = runs.get(key)
        planned.append(Planned(point, run.name if run else experiment_name(study, point, key), run))
    return planned


def base_params(base: Experiment = CURRENT) -> dict[str, Any]:
    """Return the content of params.yaml.

    Raises:
        StudyError: if there is none.
    """
    text = base.text(PARAMS)
    if text is None:
        raise StudyError(f"{base.name}: no {PARAMS}; run in the root of the repository")
    return yaml.safe_load(text)


def enqueue(
    planned: Sequence[Planned], changes: Mapping[str, Any], retry: bool, log: Callable[[str], None]
) -> list[str]:
    """Queue the missing runs, and with `retry` those that failed; return their names.

    Raises:
        StudyError: if queued experiments cannot run here, or DVC refuses one.
    """
    failed = [item for item in planned if item.state == "failed"]
    selected = [item for item in planned if item.state == "missing" or (retry and item in failed)]
    if not selected:
        return []
    queue.check_ready(base_params())
    if retry:
        queue.remove_tasks([item.name for item in failed])
    for item in selected:
        queue.enqueue(item.name, {**changes, **item.point.values})
        log(f"queued {item.name}")
    return [item.name for item in selected]


def wait(names: Sequence[str], log: Callable[[str], None]) -> None:
    """Wait until none of the experiments `names` is queued or running; log every change of a state.

    Raises:
        StudyError: if tasks wait and no worker runs.
    """
    logged: dict[str, str] = {}
    checks_without_worker = 0
    while True:
        states = {run.name: run.state for run in queue.tasks() if run.name in names}
        for name in names:
            state = states.get(name, "done")
            if logged.get(name) != state and not (name not in logged and state == "queued"):
                log(f"{state:8}{name}")
            logged[name] = state
        waiting = [name for name, state in states.items() if state in ("queued", "running")]
        if not waiting:
            return
        checks_without_worker = 0 if queue.count_workers() else checks_without_worker + 1
        if checks_without_worker >= PATIENCE:
            raise StudyError(
                f"{len(waiting)} experiments wait, but no worker of DVC's queue runs ({', '.join(waiting)}); run the "
                "command again"
            )
        time.sleep(PAUSE)


def collect(study: Study, planned: Sequence[Planned], folder: Path) -> list[Row]:
    """Read the finished runs, and write the table and the figure of a study into `folder`."""
    rows = study_rows(planned)
    folder.mkdir(parents=True, exist_ok=True)
    write_tables(folder, study, rows)
    if not write_figure(folder / "figure.png", study, rows):
        (folder / "figure.png").unlink(missing_ok=True)
    return rows


def study_rows(planned: Sequence[Planned]) -> list[Row]:
    """Return the rows of a study, with the results of the finished runs."""
    results: list[Outcome | tuple[str, str]] = []
    for item in planned:
        if item.run and item.state == "done":
            results.append(read_outcome(Experiment(item.name, item.run.revision)))
        else:
            results.append((item.name, item.state))
    return gather([item.point for item in planned], results)


def experiment_name(study: Study, point: Point, key: str) -> str:
    """Return a name for an experiment that Git accepts: the study, the varying values, six digits of the fingerprint.

    Args:
        study: the study.
        point: the grid point.
        key: the fingerprint of the run.
    """
    values = "-".join(f"{name.split('.')[-1]} {format_value(value)}" for name, value in point.varying.items())
    slug = re.sub(r"([^A-Za-z0-9_.]|\.\.+)+", "-", values).removeprefix(f"{study.name}-")[:NAME_LENGTH].strip("-.")
    return "-".join(part for part in (study.name, slug, key[:6]) if part)
