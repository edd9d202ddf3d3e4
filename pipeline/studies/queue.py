"""DVC's queue of experiments: whether it can run here, what is in it, and how runs get into it.

There is no orchestrator of ours: a study is experiments of DVC, in DVC's queue, run by DVC's workers, told by `dvc exp
show` and `dvc queue status` as any other.
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

from pipeline.experiments.git import git_or
from pipeline.experiments.repository import list_experiments
from pipeline.studies.definition import StudyError, value_at
from pipeline.studies.fingerprint import PARAMS, STORY, fingerprint_of

ROOTS = ("corpus.root", "corpus.labels_root", "identities.root", "identities.list")
STATES = {"Running": "running", "Queued": "queued", "Failed": "failed"}  # DVC's words
BETTER = ("done", "running", "queued", "failed")  # which one counts where a run was tried several times


@dataclass(frozen=True)
class Run:
    """One experiment, finished or in the queue.

    Attributes:
        name: DVC's.
        state: done, running, queued or failed.
        revision: the commit with its results, or of its task in the queue.
    """

    name: str
    state: str
    revision: str


def check_ready(params: Mapping[str, Any]) -> None:
    """See that DVC can run queued experiments of this repository: they see only what Git knows.

    Args:
        params: the content of params.yaml.

    Raises:
        StudyError: naming everything that is amiss, and what to do.
    """
    if not Path(".dvc").is_dir():
        raise StudyError(f"{Path.cwd()}: no repository of DVC; run in the root of the repository")
    wrong = []
    if not git_or("", "rev-parse", "--verify", "--quiet", "HEAD"):
        wrong.append("there is no commit yet, and experiments hang on one: git add -A && git commit")
    for key, role in (("user.name", "NAME"), ("user.email", "EMAIL")):
        if not git_or("", "config", key) and not os.environ.get(f"GIT_COMMITTER_{role}"):
            wrong.append(f'Git knows no {key}, without which DVC queues nothing: git config {key} "..."')
    if unseen := git_or("", "ls-files", "--others", "--exclude-standard", "--", *_code(), PARAMS, STORY).split("\n"):
        listed = ", ".join(unseen[:5]) + (" ..." if len(unseen) > 5 else "")
        if listed:
            wrong.append(f"queued runs see only files that Git knows, and it does not know {listed}: git add them")
    for key in ROOTS:
        if trouble := _unreachable(value_at(params, key)):
            wrong.append(f"{key} is {value_at(params, key)}: {trouble}; give an absolute path")
    if wrong:
        raise StudyError("queued experiments would fail:\n" + "\n".join(f"- {line}" for line in wrong))


def runs() -> dict[str, Run]:
    """Every run that the repository knows by its fingerprint: finished ones of all commits, and the queue's.

    Raises:
        ValueError: where this is no repository of DVC.
    """
    listed = [Run(item.name, "done", item.revision) for item in list_experiments() if item.revision]
    found: dict[str, Run] = {}
    for run in sorted([*listed, *tasks()], key=lambda run: BETTER.index(run.state)):
        if key := fingerprint_of(run.revision):
            found.setdefault(key, run)
    return found


def tasks() -> list[Run]:
    """What waits, runs or failed in DVC's queue; what succeeded is an experiment."""
    with Repo() as repo:
        listed = repo.experiments.celery_queue.status()
    return [
        Run(task["name"] or task["rev"][:7], STATES[task["status"]], task["rev"])
        for task in listed
        if task["status"] in STATES
    ]


def enqueue(name: str, values: Mapping[str, Any]) -> None:
    """Queue one experiment.

    Raises:
        StudyError: where DVC refuses it.
    """
    try:
        with Repo() as repo:
            repo.experiments.run(queue=True, name=name, params=[override(*item) for item in values.items()])
    except (DvcException, SCMError) as error:
        raise StudyError(f"{name}: DVC does not queue it: {error}") from None


def forget(names: Sequence[str]) -> None:
    """Take failed tasks, with their logs, out of the queue, so that they can be queued again."""
    if names:
        with Repo() as repo:
            repo.experiments.celery_queue.remove(list(names))


def start(jobs: int) -> None:
    """Start up to `jobs` of DVC's workers; those that run already are counted in.

    Raises:
        StudyError: where DVC cannot.
    """
    folder = Path(sys.executable).parent  # its dvc and python, also where the environment is not activated
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [sys.executable, "-m", "dvc", "queue", "start", "-j", str(jobs)]
    with TemporaryFile("w+") as told:  # not a pipe, which the workers would hold open until the last experiment is done
        if subprocess.run(command, env=environment, stdout=told, stderr=told).returncode:
            told.seek(0)
            raise StudyError(f"dvc queue start failed: {told.read().strip()}")


def workers() -> int:
    """How many of DVC's workers live."""
    with Repo() as repo:
        return len(repo.experiments.celery_queue.worker_status())


def override(key: str, value: Any) -> str:
    """A value as `dvc exp run -S` takes it.

    >>> override("model.kernels", [3, 5]), override("model.name", "c3d")
    ('model.kernels=[3,5]', 'model.name="c3d"')
    """
    return f"{key}={json.dumps(value, separators=(',', ':'))}"


def _code() -> list[str]:
    """Folders of code that the stages depend on."""
    stages = _stages()
    deps = {dep for stage in stages.values() for dep in stage.get("deps", []) if isinstance(dep, str)}
    return sorted(dep for dep in deps - set(_made(stages)) if not dep.startswith(("/", "$", "..")))


def _made(stages: Mapping[str, Any]) -> list[str]:
    """What stages write."""
    outs = [out for stage in stages.values() for kind in ("outs", "metrics", "plots") for out in stage.get(kind, [])]
    return [str(next(iter(out))) if isinstance(out, dict) else out for out in outs]


def _stages() -> dict[str, Any]:
    return yaml.safe_load(Path(STORY).read_text(encoding="utf-8"))["stages"]


def _unreachable(root: object) -> str | None:
    """Why a queued run would not find a root, if it would not."""
    if not isinstance(root, str) or root.startswith("/"):
        return None
    if ".." in Path(root).parts:
        return "a path with .. leads elsewhere in a queued run"
    if any(root == out or root.startswith(f"{out}/") for out in _made(_stages())):
        return None
    links = [str(place) for place in (Path(root), *Path(root).parents[:-1])]  # a symlink that Git tracks leads out
    known = git_or("", "ls-files", "--", root) or any(git_or("", "ls-files", "--", link) == link for link in links)
    return None if known else "queued runs see only files that Git knows"
