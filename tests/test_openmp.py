"""How threads of OpenMP wait is set before PyTorch is loaded, by every entry, unless the user has set it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOADS_TORCH = """
import importlib.abc, os, sys
class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "torch":
            print(os.environ.get("GOMP_SPINCOUNT"), os.environ.get("OMP_WAIT_POLICY"))
            sys.exit()
sys.meta_path.insert(0, Watch())
import stages.finetune
"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "3000 None"),
        ({"GOMP_SPINCOUNT": "0"}, "0 None"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, "None ACTIVE"),
    ],
)
def test_waiting_is_set_before_torch_is_loaded(variables: dict[str, str], expected: str) -> None:
    names = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    environment = {name: value for name, value in os.environ.items() if name not in names} | variables
    process = subprocess.run(
        [sys.executable, "-c", LOADS_TORCH], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == expected


def test_stages_load_torch_through_the_library_alone() -> None:
    """So that `pipeline/__init__.py` has run before."""
    for path in (ROOT / "stages").glob("*.py"):
        imports = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports]
        assert not [name for name in names if name and name.split(".")[0] in ("torch", "torchvision", "lightning")], (
            path
        )
