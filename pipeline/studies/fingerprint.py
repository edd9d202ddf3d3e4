"""By what two runs are the same: the parameters and the code that DVC's stages name.

The corpus itself is not looked at: after a change of it, DVC's own stages see to what must run again.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from pipeline.experiments.git import git
from pipeline.params import ParamsError
from pipeline.params_check import check_params

PARAMS, STORY = "params.yaml", "dvc.yaml"


def fingerprint(params: Mapping[str, Any], code: str) -> str:
    """What names a run with these parameters and this code; however the parameters are written down.

    Args:
        params: the content of params.yaml.
        code: of `code_of`.

    Raises:
        ParamsError: where a parameter is not allowed.
    """
    told = json.dumps([check_params(params).model_dump(mode="json"), code], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def fingerprint_of(revision: str) -> str | None:
    """What names the run of a commit; None where its parameters or stages are of another time, as no run here is."""
    try:
        return fingerprint(yaml.safe_load(git("cat-file", "blob", f"{revision}:{PARAMS}")), code_of(revision))
    except (ParamsError, ValueError, yaml.YAMLError):
        return None


def code_of(tree: str) -> str:
    """The stages of a commit or tree, and the hashes of all they depend on that Git tracks.

    Raises:
        ValueError: where there is no dvc.yaml.
    """
    stages = yaml.safe_load(git("cat-file", "blob", f"{tree}:{STORY}"))["stages"]
    deps = sorted({dep for stage in stages.values() for dep in stage.get("deps", []) if isinstance(dep, str)})
    entries = git("ls-tree", tree, "--", *(dep for dep in deps if not dep.startswith(("/", "$", ".."))))
    acting = {name: {key: value for key, value in stage.items() if key != "desc"} for name, stage in stages.items()}
    return json.dumps([acting, entries.splitlines()], sort_keys=True)


def workspace_tree() -> str:
    """The tree that a queued run would see: what Git tracks, as it lies here, uncommitted edits included."""
    with TemporaryDirectory() as folder:
        index = Path(folder, "index")
        shutil.copyfile(git("rev-parse", "--git-path", "index").strip(), index)
        environment = {"GIT_INDEX_FILE": str(index)}
        git("add", "--update", ".", environment=environment)
        return git("write-tree", environment=environment).strip()
