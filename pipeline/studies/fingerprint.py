"""Fingerprints of runs: equal for runs with the same parameters and the same code, as listed by DVC's stages.

The corpus is not part of a fingerprint: after a change of the corpus, DVC itself decides which stages run again.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from pipeline.experiments.git import git
from pipeline.params.check import check_params
from pipeline.params.errors import ParamsError

PARAMS, DVC_YAML = "params.yaml", "dvc.yaml"


def fingerprint(params: Mapping[str, Any], code: str) -> str:
    """Return the fingerprint of a run; it does not depend on the format of params.yaml.

    Args:
        params: the content of params.yaml.
        code: the result of `code_of`.

    Raises:
        ParamsError: if a parameter is not allowed.
    """
    content = json.dumps([check_params(params).model_dump(mode="json"), code], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def fingerprint_of(revision: str) -> str | None:
    """Return the fingerprint of the run of a commit; None if its parameters or stages are not those of this version."""
    try:
        params = yaml.safe_load(git("cat-file", "blob", f"{revision}:{PARAMS}"))
        return fingerprint(params, code_of(revision, params))
    except (KeyError, ParamsError, TypeError, ValueError, yaml.YAMLError):
        return None


def code_of(tree: str, params: Mapping[str, Any]) -> str:
    """Return the stages of a commit or tree, and the Git hashes of all tracked files that they depend on, as JSON.

    Args:
        tree: of Git.
        params: the content of params.yaml, whose values stand in paths: `pipeline/estimators/${estimator.name}.py`.

    Raises:
        KeyError, TypeError: if a path names a parameter that does not exist.
        ValueError: if there is no dvc.yaml.
    """
    stages = yaml.safe_load(git("cat-file", "blob", f"{tree}:{DVC_YAML}"))["stages"]
    deps = sorted({dep for stage in stages.values() for dep in stage.get("deps", []) if isinstance(dep, str)})
    paths = [interpolate(dep, params) for dep in deps if not dep.startswith(("/", "$", ".."))]
    entries = git("ls-tree", tree, "--", *paths)
    effective = {name: {key: value for key, value in stage.items() if key != "desc"} for name, stage in stages.items()}
    return json.dumps([effective, entries.splitlines()], sort_keys=True)


def interpolate(path: str, params: Mapping[str, Any]) -> str:
    """Replace each ${section.key} in a path by its value."""

    def value_of(match: re.Match[str]) -> str:
        value: Any = params
        for part in match[1].split("."):
            value = value[part]
        return str(value)

    return re.sub(r"\$\{([^}]+)\}", value_of, path)


def workspace_tree() -> str:
    """Return the tree that a queued run sees: the tracked files of the workspace, including uncommitted changes."""
    with TemporaryDirectory() as folder:
        index = Path(folder, "index")
        shutil.copyfile(git("rev-parse", "--git-path", "index").strip(), index)
        environment = {"GIT_INDEX_FILE": str(index)}
        git("add", "--update", ".", environment=environment)
        return git("write-tree", environment=environment).strip()
