"""A study from its file to its table: what there is of it, what is missing, what came out."""

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
from pipeline.studies.definition import Point, Study, StudyError, points, told
from pipeline.studies.figure import write_figure
from pipeline.studies.fingerprint import PARAMS, code_of, fingerprint, workspace_tree
from pipeline.studies.queue import Run
from pipeline.studies.table import write_tables

HERE = Experiment(WORKSPACE, None)
PAUSE = 5.0  # seconds between looks at the queue
PATIENCE = 12  # looks without any worker before tasks that wait are given up
LETTERS = 60  # of the part of a name that tells the grid point


@dataclass(frozen=True)
class Planned:
    """A grid point, and the run that it is or would be.

    Attributes:
        point: of the study.
        name: what its experiment is or would be called.
        run: what there is of it; None where nothing is.
    """

    point: Point
    name: str
    run: Run | None

    @property
    def state(self) -> str:
        """done, running, queued, failed or missing."""
        return self.run.state if self.run else "missing"


def plan(study: Study, changes: Mapping[str, Any], around: Experiment = HERE) -> list[Planned]:
    """Find every grid point among the experiments that there are and in DVC's queue.

    Args:
        study: the study.
        changes: values for all points, by dotted keys.
        around: what has the code and all other parameters.

    Raises:
        StudyError: where a key is not known, or there is no params.yaml.
        ParamsError: where a value is not allowed.
    """
    wanted = points(study, base_params(around), changes)
    code = code_of(around.revision or workspace_tree())
    known = queue.runs()
    planned = []
    for point in wanted:
        key = fingerprint(point.params, code)
        run = known.get(key)
        planned.append(Planned(point, run.name if run else name_of(study, point, key), run))
    return planned


def base_params(around: Experiment = HERE) -> dict[str, Any]:
    """What params.yaml holds.

    Raises:
        StudyError: where there is none.
    """
    text = around.text(PARAMS)
    if text is None:
        raise StudyError(f"{around.name}: no {PARAMS}; run in the root of the repository")
    return yaml.safe_load(text)


def enqueue(
    planned: Sequence[Planned], changes: Mapping[str, Any], retry: bool, say: Callable[[str], None]
) -> list[str]:
    """Queue what is missing, and with `retry` what failed; return the names.

    Raises:
        StudyError: where queued experiments could not run here, or DVC refuses one.
    """
    failed = [item for item in planned if item.state == "failed"]
    wanted = [item for item in planned if item.state == "missing" or (retry and item in failed)]
    if not wanted:
        return []
    queue.check_ready(base_params())
    if retry:
        queue.forget([item.name for item in failed])
    for item in wanted:
        queue.enqueue(item.name, {**changes, **item.point.values})
        say(f"queued {item.name}")
    return [item.name for item in wanted]


def wait(names: Sequence[str], say: Callable[[str], None]) -> None:
    """Wait until none of `names` waits or runs; say what changes.

    Raises:
        StudyError: where tasks wait and no worker lives.
    """
    told: dict[str, str] = {}
    alone = 0
    while True:
        states = {run.name: run.state for run in queue.tasks() if run.name in names}
        for name in names:
            state = states.get(name, "done")
            if told.get(name) != state and not (name not in told and state == "queued"):
                say(f"{state:8}{name}")
            told[name] = state
        waiting = [name for name, state in states.items() if state in ("queued", "running")]
        if not waiting:
            return
        alone = 0 if queue.workers() else alone + 1
        if alone >= PATIENCE:
            raise StudyError(
                f"{len(waiting)} experiments wait and no worker of DVC's queue lives ({', '.join(waiting)}); call again"
            )
        time.sleep(PAUSE)


def collect(study: Study, planned: Sequence[Planned], folder: Path) -> list[Row]:
    """Read what is finished and write the table and the figure of a study into `folder`."""
    rows = rows_of(planned)
    folder.mkdir(parents=True, exist_ok=True)
    write_tables(folder, study, rows)
    if not write_figure(folder / "figure.png", study, rows):
        (folder / "figure.png").unlink(missing_ok=True)
    return rows


def rows_of(planned: Sequence[Planned]) -> list[Row]:
    """The rows of a study, with what is finished of each."""
    found: list[Outcome | tuple[str, str]] = []
    for item in planned:
        if item.run and item.state == "done":
            found.append(read_outcome(Experiment(item.name, item.run.revision)))
        else:
            found.append((item.name, item.state))
    return gather([item.point for item in planned], found)


def name_of(study: Study, point: Point, key: str) -> str:
    """A name for an experiment, fit for Git: the study, what tells the point apart, and six letters of its hash."""
    values = "-".join(f"{name.split('.')[-1]} {told(value)}" for name, value in point.apart.items())
    slug = re.sub(r"([^A-Za-z0-9_.]|\.\.+)+", "-", values).removeprefix(f"{study.name}-")[:LETTERS].strip("-.")
    return "-".join(part for part in (study.name, slug, key[:6]) if part)
