"""DVC's queue of experiments: checks that it can run here, its content, and adding runs to it.

A study has no orchestrator of its own: its runs are DVC experiments in DVC's queue, run by DVC's workers, and appear in
`dvc exp show` and `dvc queue status` like any others.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import yaml
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import SCMError

from pipeline.experiments.dotted_keys import value_at
from pipeline.experiments.git import git_or
from pipeline.experiments.repository import list_experiments
from pipeline.parallel.worker_count import worker_count
from pipeline.places import roots_read
from pipeline.studies.definition import StudyError
from pipeline.studies.fingerprint import DVC_YAML, PARAMS, fingerprint_of

STATES = {"Running": "running", "Queued": "queued", "Failed": "failed"}  # DVC's names
PRECEDENCE = ("done", "running", "queued", "failed")  # of the states, if a run was tried several times


@dataclass(frozen=True)
class Run:
    """One experiment, finished or in the queue.

    Attributes:
        name: that DVC gave it.
        state: done, running, queued or failed.
        revision: the commit with its results, or of its task in the queue.
    """

    name: str
    state: str
    revision: str


def check_ready(params: Mapping[str, Any]) -> None:
    """Check that DVC can run queued experiments of this repository; they see only files that Git tracks.

    Args:
        params: the content of params.yaml.

    Raises:
        StudyError: naming every problem, and what to do.
    """
    if not Path(".dvc").is_dir():
        raise StudyError(f"{Path.cwd()}: no DVC repository; run in the root of the repository")
    problems = []
    if not git_or("", "rev-parse", "--verify", "--quiet", "HEAD"):
        problems.append("there is no commit yet, and experiments need one: git add -A && git commit")
    for key, role in (("user.name", "NAME"), ("user.email", "EMAIL")):
        if not git_or("", "config", key) and not os.environ.get(f"GIT_COMMITTER_{role}"):
            problems.append(f'Git knows no {key}, without which DVC queues nothing: git config {key} "..."')
    if untracked := git_or(
        "", "ls-files", "--others", "--exclude-standard", "--", *_code_paths(), PARAMS, DVC_YAML
    ).split("\n"):
        names = ", ".join(untracked[:5]) + (" ..." if len(untracked) > 5 else "")
        if names:
            problems.append(f"queued runs see only files that Git knows, and it does not know {names}: git add them")
    for key in roots_read(value_at(params, "corpus.external.layout")):
        if reason := _unreachable(value_at(params, key)):
            problems.append(f"{key} is {value_at(params, key)}: {reason}; give an absolute path")
    if problems:
        raise StudyError("queued experiments would fail:\n" + "\n".join(f"- {line}" for line in problems))


def runs() -> dict[str, Run]:
    """Return every run of the repository by its fingerprint: finished ones of all commits, and those in the queue.

    Raises:
        ValueError: if this is no DVC repository.
    """
    finished = [Run(item.name, "done", item.revision) for item in list_experiments() if item.revision]
    by_fingerprint: dict[str, Run] = {}
    for run in sorted([*finished, *tasks()], key=lambda run: PRECEDENCE.index(run.state)):
        if key := fingerprint_of(run.revision):
            by_fingerprint.setdefault(key, run)
    return by_fingerprint


def tasks() -> list[Run]:
    """Return the waiting, running and failed runs of DVC's queue; those that succeeded are experiments."""
    with Repo() as repo:
        entries = repo.experiments.celery_queue.status()
    return [
        Run(task["name"] or task["rev"][:7], STATES[task["status"]], task["rev"])
        for task in entries
        if task["status"] in STATES
    ]


def enqueue(name: str, values: Mapping[str, Any]) -> None:
    """Queue one experiment.

    Raises:
        StudyError: if DVC refuses it.
    """
    try:
        with Repo() as repo:
            repo.experiments.run(queue=True, name=name, params=[override(*item) for item in values.items()])
    except (DvcException, SCMError) as error:
        raise StudyError(f"{name}: DVC does not queue it: {error}") from None


def remove_tasks(names: Sequence[str]) -> None:
    """Remove failed tasks and their logs from the queue, so that they can be queued again."""
    if names:
        with Repo() as repo:
            repo.experiments.celery_queue.remove(list(names))


def start(jobs: int) -> None:
    """Start DVC workers until `jobs` of them run; those that run already count.

    Each run gets its share of the processors for its worker processes, unless MSN_WORKERS is set. The threads of a
    training stay as many as ever: with another number the weights would differ.

    Raises:
        StudyError: if DVC cannot start them.
    """
    folder = Path(sys.executable).parent  # with dvc and python, even if the environment is not activated
    share = max(worker_count() // jobs, 1)
    workers = os.environ.get("MSN_WORKERS") or str(share)
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "MSN_WORKERS": workers}
    command = [sys.executable, "-m", "dvc", "queue", "start", "-j", str(jobs)]
    with TemporaryFile("w+") as output:  # not a pipe: the workers would keep it open until the last experiment ends
        if subprocess.run(command, env=environment, stdout=output, stderr=output).returncode:
            output.seek(0)
            raise StudyError(f"dvc queue start failed: {output.read().strip()}")


def count_workers() -> int:
    """Return the number of running DVC workers."""
    with Repo() as repo:
        return len(repo.experiments.celery_queue.worker_status())


def override(key: str, value: Any) -> str:
    """Format a value as an argument of `dvc exp run -S`.

    Examples:
        >>> override("model.kernels", [3, 5]), override("corpus.root", "/data/Größe (2023)")
        ('model.kernels=[3,5]', 'corpus.root="/data/Größe (2023)"')
    """
    return f"{key}={json.dumps(value, separators=(',', ':'), ensure_ascii=False)}"


def _code_paths() -> list[str]:
    """Return the files and folders of code that the stages depend on."""
    stages = _stages()
    deps = {dep for stage in stages.values() for dep in stage.get("deps", []) if isinstance(dep, str)}
    return sorted(dep for dep in deps - set(_outputs(stages)) if not dep.startswith(("/", "$", "..")))


def _outputs(stages: Mapping[str, Any]) -> list[str]:
    """Return the paths of all outputs of the stages."""
    outs = [out for stage in stages.values() for kind in ("outs", "metrics", "plots") for out in stage.get(kind, [])]
    return [str(next(iter(out))) if isinstance(out, dict) else out for out in outs]


def _stages() -> dict[str, Any]:
    return yaml.safe_load(Path(DVC_YAML).read_text(encoding="utf-8"))["stages"]


def _unreachable(root: object) -> str | None:
    """Return the reason why a queued run cannot reach a root; None if it can."""
    if not isinstance(root, str) or root.startswith("/"):
        return None
    if ".." in Path(root).parts:
        return "a path with .. leads elsewhere in a queued run"
    if any(root == out or root.startswith(f"{out}/") for out in _outputs(_stages())):
        return None
    parents = [str(path) for path in (Path(root), *Path(root).parents[:-1])]  # one may be a symlink that Git tracks
    tracked = git_or("", "ls-files", "--", root) or any(git_or("", "ls-files", "--", path) == path for path in parents)
    return None if tracked else "queued runs see only files that Git knows"
