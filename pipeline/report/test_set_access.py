"""How often a test set was looked at: whoever looks often enough finds a model that suits it by chance.

A look is an evaluation that left a trace: a content of stage evaluate's `results` that some dvc.lock names for these
test labels, in any commit of a branch or tag, in any experiment, or in the workspace. Equal results are one look. What
was removed (`dvc exp remove`, a workspace run that was overwritten, another clone) leaves no trace, so the count is a
lower bound.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.experiments.git import git

LOCK, METRICS = "dvc.lock", "metrics.json"
LABELS, RESULTS, MODEL = "data/corpus/labels_testing.csv", "results", "models/finetuned"
NO_RESULTS = (
    "refs/exps/exec/*",
    "refs/exps/stash",
    "refs/exps/celery/*",
    "refs/exps/apply/*",
)  # DVC's own, or in the queue


@dataclass(frozen=True)
class AccessCount:
    """Traces of evaluations.

    Attributes:
        labels: the hash of the test labels; None where dvc.lock does not name them.
        evaluations: different results on them.
        models: different models that these are of.
        commits: commits of branches, tags and experiments that hold a metrics.json, whatever its test set.
        experiments: how many of them are experiments.
    """

    labels: str | None
    evaluations: int
    models: int
    commits: int
    experiments: int


def count_test_set_access(lock: str | None) -> AccessCount:
    """Count the looks at the test set that a dvc.lock names.

    Args:
        lock: the text of the dvc.lock of the experiment that is reported.
    """
    here = _evaluate(lock)
    labels = here.get(LABELS)
    found = [here, _evaluate(Path(LOCK).read_text(encoding="utf-8") if Path(LOCK).is_file() else None)]
    commits = git("rev-list", *(f"--exclude={name}" for name in NO_RESULTS), "--glob=refs/exps", "--branches", "--tags")
    blobs = _blobs(commits.split(), LOCK)
    found += [_evaluate(git("cat-file", "blob", blob)) for blob in sorted(set(blobs.values()))]
    same = [entry for entry in found if entry.get(LABELS) == labels and RESULTS in entry]
    heads = git("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps").splitlines()
    skipped = tuple(name.rstrip("*") for name in NO_RESULTS)
    experiments = {line.split()[0] for line in heads if not line.split()[1].startswith(skipped)}
    measured = _blobs(commits.split(), METRICS)
    return AccessCount(
        labels,
        len({entry[RESULTS] for entry in same}),
        len({entry[MODEL] for entry in same if MODEL in entry}),
        len(measured),
        len(experiments & measured.keys()),
    )


def locked_files(lock: str | None) -> Iterator[tuple[str, str, str]]:
    """(stage, path, hash) of every output that a dvc.lock names, and of what stages read that no stage wrote."""
    stages = _stages(lock)
    made = {out["path"] for stage in stages.values() for out in stage.get("outs", [])}
    for name, stage in stages.items():
        for entry in stage.get("deps", []):
            within = any(f"{entry['path']}/".startswith(f"{path}/") for path in made)
            if not within and not entry["path"].startswith(("pipeline/", "stages/")) and "md5" in entry:
                yield f"read by {name}", entry["path"], entry["md5"]
        for entry in stage.get("outs", []):
            if "md5" in entry:
                yield name, entry["path"], entry["md5"]


def _evaluate(lock: str | None) -> dict[str, str]:
    """Path to hash of what stage evaluate read and wrote."""
    stage = _stages(lock).get("evaluate") or {}
    return {item["path"]: item["md5"] for kind in ("deps", "outs") for item in stage.get(kind, []) if "md5" in item}


def _stages(lock: str | None) -> dict[str, Any]:
    return (yaml.load(lock or "", yaml.CSafeLoader) or {}).get("stages") or {}


def _blobs(commits: list[str], path: str) -> dict[str, str]:
    """Commit to the hash of a file, for commits that have it."""
    asked = "".join(f"{commit}:{path}\n" for commit in commits)
    answers = git("cat-file", "--batch-check=%(objectname)", stdin=asked).splitlines()
    return {commit: answer for commit, answer in zip(commits, answers, strict=True) if " " not in answer}
