"""The page of environment variables names those that the code reads, and no others."""

import re
from pathlib import Path

from tests.documentation.pages import ROOT, documents

VARIABLE = re.compile(r"\bMSN_[A-Z_]+\b")


def _variables(paths: list[Path]) -> set[str]:
    return {name for path in paths for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}


def test_other_documents_name_no_other_variables() -> None:
    assert _variables(documents()) - _variables([ROOT / "docs/reference/environment.md"]) == set()


def test_the_page_names_the_variables_of_the_code() -> None:
    read_by_code = _variables([*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "stages").rglob("*.py")])
    read_by_tests = _variables([ROOT / "tests/conftest.py"])
    named = _variables([ROOT / "docs/reference/environment.md"])
    assert {"MSN_WORKERS", "MSN_DEVICE", "MSN_WORK"} <= read_by_code
    assert read_by_code - named == set()
    assert named - read_by_code - read_by_tests == set()
