"""The number of evaluations on a test set: if many models are evaluated on it, some do well by chance.

Counted are the different contents of stage evaluate's `results` that some dvc.lock names for these test labels: in any
commit of a branch or tag, in any experiment, or in the workspace. Equal results count once. What was removed
(`dvc exp remove`, a workspace run that was overwritten) or lies in another clone leaves no trace, so the count is a
lower bound.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.experiments.git import git
from pipeline.experiments.lock import LOCK, locked_stages

METRICS = "metrics.json"
LABELS, RESULTS, MODEL = "data/corpus/labels_testing.csv", "results", "models/finetuned"
# References that are DVC's own, or of tasks in its queue
EXCLUDED_REFS = (
    "refs/exps/exec/*",
    "refs/exps/stash",
    "refs/exps/celery/*",
    "refs/exps/apply/*",
)


@dataclass(frozen=True)
class AccessCount:
    """The number of evaluations on a test set.

    Attributes:
        labels: the hash of the test labels; None if dvc.lock does not name them.
        evaluations: number of different results on these labels.
        models: number of different models that were evaluated.
        commits: number of commits of branches, tags and experiments that have a metrics.json, on any test set.
        experiments: number of experiments among these commits.
    """

    labels: str | None
    evaluations: int
    models: int
    commits: int
    experiments: int


def count_test_set_access(lock: str | None) -> AccessCount:
    """Count the evaluations on the test set that a dvc.lock names.

    Args:
        lock: the text of the dvc.lock of the reported experiment; None if it has none.
    """
    reported = _evaluate_hashes(lock)
    labels = reported.get(LABELS)
    evaluations = [
        reported,
        _evaluate_hashes(Path(LOCK).read_text(encoding="utf-8") if Path(LOCK).is_file() else None),
    ]
    commits = git(
        "rev-list", *(f"--exclude={name}" for name in EXCLUDED_REFS), "--glob=refs/exps", "--branches", "--tags"
    )
    blobs = _blobs(commits.split(), LOCK)
    evaluations += [_evaluate_hashes(git("cat-file", "blob", blob)) for blob in sorted(set(blobs.values()))]
    on_same_labels = [hashes for hashes in evaluations if hashes.get(LABELS) == labels and RESULTS in hashes]
    heads = git("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps").splitlines()
    excluded = tuple(name.rstrip("*") for name in EXCLUDED_REFS)
    experiments = {line.split()[0] for line in heads if not line.split()[1].startswith(excluded)}
    with_metrics = _blobs(commits.split(), METRICS)
    return AccessCount(
        labels,
        len({hashes[RESULTS] for hashes in on_same_labels}),
        len({hashes[MODEL] for hashes in on_same_labels if MODEL in hashes}),
        len(with_metrics),
        len(experiments & with_metrics.keys()),
    )


def locked_files(lock: str | None) -> Iterator[tuple[str, str, str]]:
    """Yield (stage, path, hash) of all outputs in a dvc.lock, and of dependencies that are neither outputs nor code.

    Args:
        lock: the text of the dvc.lock; None if there is none.
    """
    stages = locked_stages(lock)
    outputs = {out["path"] for stage in stages.values() for out in stage.get("outs", [])}
    for name, stage in stages.items():
        for entry in stage.get("deps", []):
            is_output = any(f"{entry['path']}/".startswith(f"{path}/") for path in outputs)
            if not is_output and not entry["path"].startswith(("pipeline/", "stages/")) and "md5" in entry:
                yield f"read by {name}", entry["path"], entry["md5"]
        for entry in stage.get("outs", []):
            if "md5" in entry:
                yield name, entry["path"], entry["md5"]


def _evaluate_hashes(lock: str | None) -> dict[str, str]:
    """Return the hash of each dependency and output of stage evaluate, by path."""
    stage = locked_stages(lock).get("evaluate") or {}
    return {item["path"]: item["md5"] for kind in ("deps", "outs") for item in stage.get(kind, []) if "md5" in item}


def _blobs(commits: list[str], path: str) -> dict[str, str]:
    """Return the Git hash of a file in each commit that has it, by commit."""
    queries = "".join(f"{commit}:{path}\n" for commit in commits)
    replies = git("cat-file", "--batch-check=%(objectname)", stdin=queries).splitlines()
    return {commit: reply for commit, reply in zip(commits, replies, strict=True) if " " not in reply}
