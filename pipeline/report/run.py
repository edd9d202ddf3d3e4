"""What was run: revision, parameters beside the paper's profile, fingerprints of data, versions."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from pipeline.experiments.git import git_or
from pipeline.experiments.outcome import Outcome
from pipeline.report.blocks import Section, Table
from pipeline.report.paper import corpus_name
from pipeline.report.test_set_access import LOCK, count_test_set_access, locked_files
from pipeline.studies.definition import told, value_at

ROOTS = ("corpus.root", "corpus.labels_root", "identities.root", "identities.list")  # of a machine, and told to nobody
SHORT = 12  # letters of a hash


def section_run(main: Outcome) -> Section:
    """What was run."""
    lock = main.experiment.text(LOCK)
    rows = [[name, path, digest] for name, path, digest in dict.fromkeys(locked_files(lock))]
    data = Table("Fingerprints of data (MD5, from dvc.lock)", ["stage", "file or folder", "MD5"], _marked(rows, main))
    versions = main.description.get("versions") or {}
    told_versions = Table(
        "Versions that the weights were fitted with",
        ["software", "version"],
        [[name, str(version)] for name, version in versions.items()],
        [] if versions else ["Not known: DVC's cache has no description of the model."],
    )
    return Section("run", "What was run", [_revision(main)], [_differences(main), data, told_versions])


def section_looks(main: Outcome) -> Section:
    """How often the test set was looked at."""
    found = count_test_set_access(main.experiment.text(LOCK))
    if found.labels is None:
        return Section("looks", "How often the test set was looked at", ["Not known: dvc.lock names no test labels."])
    rows = [
        ["different evaluations on these test labels", str(found.evaluations)],
        ["different models that they are of", str(found.models)],
        ["commits and experiments that hold a metrics.json, on any test set", str(found.commits)],
        ["of which experiments", str(found.experiments)],
    ]
    told_how = (
        "Whoever looks at a test set often enough finds a model that suits it by chance. Counted are the different "
        "contents of stage evaluate's results that some dvc.lock names for the same test labels "
        f"({found.labels[:SHORT]}): in any commit of a branch or tag, in any experiment of DVC, and in the workspace. "
        "What was removed or overwritten leaves no trace, and other clones are not seen: it is a lower bound."
    )
    return Section(
        "looks", "How often the test set was looked at", [told_how], [Table("Looks", ["what", "count"], rows)]
    )


def _revision(main: Outcome) -> str:
    experiment = main.experiment
    log = git_or("unknown", "log", "-1", "--format=%H, %cs", experiment.revision or "HEAD")
    if experiment.revision is None:
        dirty = git_or("unknown", "status", "--porcelain", "--untracked-files=no")
        state = "with uncommitted changes" if dirty else "without changes"
        return f"The workspace, {state} upon revision {log}, on the {corpus_name(main.params)}."
    return f"{experiment.name}: revision {log}, on the {corpus_name(main.params)}."


def _differences(main: Outcome) -> Table:
    layout = main.params["corpus"]["layout"]
    name = layout if layout in ("avec2013", "avec2014") else "avec2014"
    profile = yaml.safe_load(main.experiment.text(f"profiles/{name}.yaml") or "{}")
    wanted = {key: value for key, value in _leaves(profile) if key not in ROOTS}
    rows = [
        [key, told(value_at(main.params, key)), told(value)]
        for key, value in wanted.items()
        if value_at(main.params, key) != value
    ]
    caption = f"Parameters that differ from the paper's profile ({name})"
    if not wanted:
        return Table(
            caption, ["parameter", "here", "profile"], [], [f"There is no profiles/{name}.yaml to compare with."]
        )
    notes = [f"All {len(wanted) - len(rows)} other values of the profile agree."]
    return Table(caption, ["parameter", "here", "profile"], rows, notes)


def _marked(rows: list[list[str]], main: Outcome) -> list[list[str]]:
    """Rows with the roots of a machine told by their parameter: a path may hold a name."""
    named = {str(value_at(main.params, key)): key for key in reversed(ROOTS)}
    return [[stage, named.get(path, path) if path.startswith("/") else path, digest] for stage, path, digest in rows]


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
