"""Sections on provenance: revision, parameters beside the paper's profile, data hashes, versions, test set access."""

import yaml

from pipeline.experiments.dotted_keys import leaves, value_at
from pipeline.experiments.git import git_or
from pipeline.experiments.lock import LOCK
from pipeline.experiments.outcome import Outcome
from pipeline.params.controls import control_reasons
from pipeline.places import ROOTS, hide_path
from pipeline.report.blocks import Section, Table
from pipeline.report.corpus import the_corpus
from pipeline.report.test_set_access import count_test_set_access, locked_files
from pipeline.studies.definition import format_value

HASH_LENGTH = 12  # digits of a shortened hash


def section_run(main: Outcome) -> Section:
    """Return the section on provenance: revision, parameters, data and versions."""
    lock = main.experiment.text(LOCK)
    rows = [[name, path, digest] for name, path, digest in dict.fromkeys(locked_files(lock))]
    data = Table(
        "Fingerprints of data (MD5, from dvc.lock)",
        ["stage", "file or folder", "MD5"],
        _hide_roots(rows, main),
        (),
        "fingerprints",
    )
    versions = main.description.get("versions") or {}
    version_table = Table(
        "Versions that the weights were fitted with",
        ["software", "version"],
        [[name, str(version)] for name, version in versions.items()],
        [] if versions else ["Not known: the description of the model is not in DVC's cache."],
        "versions",
    )
    return Section("run", "What was run", [_revision(main)], [differences(main), data, version_table])


def section_test_set_access(main: Outcome) -> Section:
    """Return the section on the number of evaluations on the test set."""
    access = count_test_set_access(main.experiment.text(LOCK))
    if access.labels is None:
        return Section("looks", "How often the test set was used", ["Not known: dvc.lock names no test labels."])
    rows = [
        ["different evaluations on these test labels", str(access.evaluations)],
        ["different models that were evaluated", str(access.models)],
        ["commits and experiments that hold a metrics.json, on any test set", str(access.commits)],
        ["of these, experiments", str(access.experiments)],
    ]
    explanation = (
        "If many models are evaluated on a test set, some of them do well on it by chance. This counts the different "
        "contents of stage evaluate's results that some dvc.lock names for the same test labels "
        f"({access.labels[:HASH_LENGTH]}): in any commit of a branch or tag, in any experiment of DVC, and in the "
        "workspace. Removed or overwritten results leave no trace, and other clones are not counted: the number is a "
        "lower bound."
    )
    return Section(
        "looks",
        "How often the test set was used",
        [explanation],
        [Table("Evaluations", ["what", "count"], rows, reading="accesses")],
    )


def _revision(main: Outcome) -> str:
    experiment = main.experiment
    log = git_or("unknown", "log", "-1", "--format=%H, %cs", experiment.revision or "HEAD")
    if experiment.revision is None:
        dirty = git_or("unknown", "status", "--porcelain", "--untracked-files=no")
        state = "with uncommitted changes" if dirty else "without changes"
        return f"The workspace, {state} since revision {log}, on {the_corpus(main.params)}."
    return f"{experiment.name}: revision {log}, on {the_corpus(main.params)}."


def differences(main: Outcome) -> Table:
    """Return a table of every parameter that differs from the profile of the paper, or that it does not set."""
    layout = main.params["corpus"]["layout"]
    name = layout if layout in ("avec2013", "avec2014") else "avec2014"
    profile = dict(leaves(yaml.safe_load(main.experiment.text(f"profiles/{name}.yaml") or "{}")))
    caption = f"Parameters that differ from the paper's profile ({name})"
    headings = ["parameter", "here", "profile"]
    if not profile:
        return Table(caption, headings, [], [f"There is no profiles/{name}.yaml to compare with."], "differences")
    here = {key: value for key, value in leaves(main.params) if key not in ROOTS}
    if not value_at(main.params, "simulate.enabled"):
        here = {key: value for key, value in here.items() if key in profile or not key.startswith("simulate.")}
    here |= {key: None for key in profile if key not in here and key not in ROOTS}
    rows = [
        [key, format_value(value), format_value(profile[key]) if key in profile else "not set"]
        for key, value in here.items()
        if key not in profile or profile[key] != value
    ]
    controls = control_reasons(main.params)
    notes = [
        *[f"A CONTROL: {key}. Of this run, {reason}." for key, reason in controls.items()],
        f"All {len(here) - len(rows)} other values agree with the profile; paths are not compared.",
    ]
    return Table(caption, headings, rows, notes, "differences")


def _hide_roots(rows: list[list[str]], main: Outcome) -> list[list[str]]:
    """Replace the paths that lead out of the project by the names of their parameters, or by their hash."""
    parameters = {str(value_at(main.params, key)): key for key in reversed(ROOTS)}
    return [
        [stage, parameters.get(path, hidden) if (hidden := hide_path(path)) != path else path, digest]
        for stage, path, digest in rows
    ]
