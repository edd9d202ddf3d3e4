"""The parameters that README.md and the pages name are in params.yaml."""

import re
from typing import Any

import yaml

from documentation.parameters import has_key
from tests.documentation.pages import ROOT, pages

VALUES: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
FILES = {"csv", "figure", "json", "onnx", "overlay", "png", "pt2", "py", "yaml"}  # `corpus.png` is no parameter
NAMED = re.compile(rf"`({'|'.join(VALUES)})\.([a-z_0-9.]+)")


def test_named_parameters_exist() -> None:
    named = {
        (path.relative_to(ROOT).as_posix(), section, key.rstrip("."))
        for path in pages()
        for section, key in NAMED.findall(path.read_text(encoding="utf-8"))
        if key.split(".")[0] not in FILES
    }
    assert ("docs/explanation/open-questions.md", "finetune", "augment") in named
    assert {item for item in named if not has_key(VALUES, f"{item[1]}.{item[2]}")} == set()
