"""What `msn doctor` finds out: facts for whoever helps, and checks with a verdict."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

# Local parts of a version (after +) that builders of packages use; others may be the name of a site or a person.
LOCAL_PARTS = r"cpu|xpu|cu\d+|rocm[\d.]+|git[0-9a-f]+"
Fact = str | int | bool | None | Mapping[str, str]


class Verdict(StrEnum):
    """How a check ended: nothing to do, something may go wrong, something will."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: what was checked.
        verdict: how it ended.
        finding: what was found, without anything that names a person, a machine or a place.
        remedy: what the user can do; empty if nothing is to be done.
    """

    name: str
    verdict: Verdict
    finding: str
    remedy: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        title: its heading.
        facts: what was found, by name; None is a value that could not be found out.
        checks: the checks of this part.
    """

    title: str
    facts: Mapping[str, Fact]
    checks: Sequence[Check] = ()


def ok_or_problem(name: str, passed: bool, finding: str, remedy: str) -> Check:
    """Return a check that is a problem unless it passed; the remedy is dropped if it did."""
    return Check(name, Verdict.OK, finding) if passed else Check(name, Verdict.PROBLEM, finding, remedy)


def ok_or_warning(name: str, passed: bool, finding: str, remedy: str) -> Check:
    """Return a check that is a warning unless it passed; the remedy is dropped if it did."""
    return Check(name, Verdict.OK, finding) if passed else Check(name, Verdict.WARNING, finding, remedy)


def shown_version(version: str) -> str:
    """Return the version of a package; of its local part, after +, only what names a kind of build."""
    public, _, local = version.partition("+")
    return version if re.fullmatch(LOCAL_PARTS, local) else public


def gigabytes(size: int) -> str:
    """Return a number of bytes as text in gigabytes (10^9 bytes)."""
    return f"{size / 1e9:.1f} GB"
