"""The inputs of a stage are compared with what was recorded when they were made, before the stage runs.

Files come from the outputs in dvc.lock, and from the checksums of output folders. The recordings in data/ are compared
by the stage that reads them, which hashes them anyway.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import yaml

from pipeline.runtime.damage import damaged
from pipeline.runtime.output_checksums import check_file, check_files

LOCK = Path("dvc.lock")


def check_inputs(stage: str, paths: Sequence[Path]) -> None:
    """Compare the inputs of a stage that DVC runs; a stage that is run by hand is left to the user.

    Args:
        stage: its name, whose own earlier outputs are not compared.
        paths: of its inputs and outputs; DVC has removed the outputs.

    Raises:
        DamagedError: if a file is missing from a folder or has other content than was recorded; the message names it.
    """
    if "DVC_ROOT" not in os.environ:
        return
    recorded = _recorded_files(stage)
    for path in paths:
        if path.is_dir():
            check_files(path)
        elif path.is_file():
            check_file(path)
            if (expected := recorded.get(path.as_posix())) and _md5(path) != expected:
                raise damaged(path, f"damaged, or changed by hand: other content than {LOCK} says")


def _recorded_files(stage: str) -> dict[str, str]:
    """Return the MD5 of each file that another stage wrote as an output, from dvc.lock."""
    if not LOCK.is_file():
        return {}
    lock = yaml.load(LOCK.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    others = (entry for name, entry in lock.get("stages", {}).items() if name != stage)
    return {out["path"]: out["md5"] for entry in others for out in entry.get("outs", []) if "md5" in out}


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
