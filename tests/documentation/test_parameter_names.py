"""The parameters that README.md and the pages name are in params.yaml."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
VALUES: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
FILES = {"csv", "figure", "json", "onnx", "overlay", "png", "pt2", "py", "yaml"}  # `corpus.png` is no parameter
NAMED = re.compile(rf"`({'|'.join(VALUES)})\.([a-z_0-9.]+)")


def _exists(section: str, key: str) -> bool:
    value: Any = VALUES[section]
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def test_named_parameters_exist() -> None:
    named = {
        (path.relative_to(ROOT).as_posix(), section, key.rstrip("."))
        for path in PAGES
        for section, key in NAMED.findall(path.read_text(encoding="utf-8"))
        if key.split(".")[0] not in FILES
    }
    assert ("docs/explanation/open-questions.md", "finetune", "augment") in named
    assert {item for item in named if not _exists(*item[1:])} == set()
