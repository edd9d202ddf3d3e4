"""Versions of Python, of the project and of the packages that it needs, compared with what it asks for."""

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from pipeline.doctor.check import Check, Fact, Section, Verdict, ok_or_problem, shown_version
from pipeline.runtime.project_code import project_root

DISTRIBUTION = "msn-depression"
INSTALL = "run `make setup` in the checkout, or install the package again with pip"


def examine() -> Section:
    """Return the versions, and whether they are allowed."""
    facts: dict[str, Fact] = {
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "kind of environment": _environment_kind(),
        "the project's code is": "in a checkout" if (project_root() / "dvc.yaml").is_file() else "an installed package",
    }
    try:
        allowed, lines = metadata(DISTRIBUTION)["Requires-Python"], requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return Section(
            "Versions", facts, [Check("package", Verdict.PROBLEM, f"no {DISTRIBUTION} is installed", INSTALL)]
        )
    needed = [Requirement(line) for line in lines]
    needed = [item for item in needed if item.marker is None or item.marker.evaluate({"extra": ""})]
    installed = {item.name: _version_or_none(item.name) for item in needed}
    facts[DISTRIBUTION] = shown_version(version(DISTRIBUTION))
    facts["packages"] = {name: shown_version(present) if present else "missing" for name, present in installed.items()}
    return Section("Versions", facts, [_check_python(allowed), _check_packages(needed, installed)])


def _check_python(allowed: str) -> Check:
    return ok_or_problem(
        "Python",
        SpecifierSet(allowed).contains(platform.python_version(), prereleases=True),
        f"{platform.python_version()}; allowed: {allowed}",
        "make an environment with an allowed version (`make setup PYTHON=python3.11`)",
    )


def _check_packages(needed: list[Requirement], installed: dict[str, str | None]) -> Check:
    wrong = list(_unsuitable(needed, installed))
    finding = "; ".join(wrong) if wrong else f"all {len(needed)} are there, in versions that are allowed"
    return ok_or_problem("packages", not wrong, finding, INSTALL)


def _unsuitable(needed: list[Requirement], installed: dict[str, str | None]) -> Iterator[str]:
    """Yield each package that is missing or has a version that is not allowed."""
    for item in needed:
        present = installed[item.name]
        if present is None:
            yield f"{item.name} is missing"
        elif not item.specifier.contains(present, prereleases=True):
            yield f"{item.name} is {shown_version(present)}, allowed: {item.specifier}"


def _version_or_none(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _environment_kind() -> str:
    if (Path(sys.prefix) / "conda-meta").is_dir():
        return "conda"
    return "virtual environment" if sys.prefix != sys.base_prefix else "no virtual environment"
