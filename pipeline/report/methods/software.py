"""Methods, on software: versions, revision and hardware, as far as the experiment recorded them."""

import re

from pipeline.experiments.dotted_keys import value_at
from pipeline.experiments.git import git_or
from pipeline.experiments.outcome import Outcome
from pipeline.report.methods.model import NETWORKS
from pipeline.report.paper import estimator_name

CITATIONS = {"msn-depression": "msndepression", "torch": "paszke2019"}  # by package
LOCK = "requirements.lock"
LOCKED = ("facenet-pytorch", "av", "dvc")  # which the description of a model does not name


def software(main: Outcome) -> str:
    """Return the text on versions, revision and hardware."""
    return " ".join([_versions(main), *_locked(main), _revision(main), _hardware(main)])


def _versions(main: Outcome) -> str:
    versions = value_at(main.description, "versions")
    if not versions:
        return "The versions of the software that fitted the model are not known."
    names = [f"{name} {version}{_cited(name, main)}" for name, version in versions.items()]
    return f"The model was fitted with {', '.join(names)}."


def _cited(name: str, main: Outcome) -> str:
    if name == "torch" and estimator_name(main.params) not in NETWORKS:
        return ""
    return f" [@{CITATIONS[name]}]" if name in CITATIONS else ""


def _locked(main: Outcome) -> list[str]:
    """Return the versions that requirements.lock pins: those that `make setup` installs, whatever was used."""
    text = main.experiment.text(LOCK) or ""
    pinned = [(name, re.search(rf"^{re.escape(name)}==(\S+)", text, re.MULTILINE)) for name in LOCKED]
    versions = ", ".join(f"{name} {match[1]}" for name, match in pinned if match)
    cited = "The pipeline ran under DVC [@dvc]."
    return [cited, f"{LOCK} names {versions}; what was installed is not recorded."] if versions else [cited]


def _revision(main: Outcome) -> str:
    experiment = main.experiment
    commit = git_or("", "log", "-1", "--format=%H", experiment.revision or "HEAD").strip()
    if not commit:
        return "The revision of the code is not known."
    dirty = experiment.revision is None and git_or("", "status", "--porcelain", "--untracked-files=no")
    return f"The code is of revision {commit}{', with changes that are not committed' if dirty else ''}."


def _hardware(main: Outcome) -> str:
    processes = value_at(main.description, "trained.processes")
    ran = f"{processes} process{'es' if processes > 1 else ''} fitted it. " if processes else ""
    return f"{ran}[To be described: the hardware, which is not recorded.]"
