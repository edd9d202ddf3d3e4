"""Versions, the machine, programs and variables, as `msn doctor` finds them."""

import os
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pipeline.doctor import imports, machine, programs, variables, versions
from pipeline.doctor.check import Check, Section, Verdict, shown_version
from pipeline.doctor.examine import SECTIONS, examine


def _checks(section: Section) -> dict[str, Check]:
    return {check.name: check for check in section.checks}


def test_packages_that_are_missing_or_not_allowed_are_named() -> None:
    needed = [
        Requirement("torch>=2.14,<2.15"),
        Requirement("zarr>=3.1"),
        Requirement("av"),
        Requirement("dask>=2026.8"),
    ]
    check = versions._check_packages(needed, {"torch": "2.13.1+cpu", "zarr": None, "av": "18.0", "dask": "2026.9.0rc1"})
    assert check.verdict is Verdict.PROBLEM
    assert check.finding == "torch is 2.13.1+cpu, allowed: <2.15,>=2.14; zarr is missing"


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("2.14.0", "2.14.0"),
        ("2.14.0+cpu", "2.14.0+cpu"),
        ("2.14.0+cu130", "2.14.0+cu130"),
        ("2.14.0rc1+gitab12", "2.14.0rc1+gitab12"),
        ("2.14.0+quillon", "2.14.0"),
    ],
)
def test_of_the_local_part_of_a_version_only_the_kind_of_build_is_shown(version: str, shown: str) -> None:
    assert shown_version(version) == shown


def test_a_project_that_is_not_installed_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "DISTRIBUTION", "msn-nowhere")
    (check,) = versions.examine().checks
    assert (check.verdict, check.finding) == (Verdict.PROBLEM, "no msn-nowhere is installed")


@pytest.mark.parametrize(("allowed", "verdict"), [(">=3.11,<3.13", "ok"), (">=3.20", "problem")])
def test_the_version_of_python(allowed: str, verdict: str) -> None:
    assert versions._check_python(allowed).verdict == verdict


def test_a_wrong_number_of_workers_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSN_WORKERS", "all of quillon")
    check = _checks(machine.examine())["MSN_WORKERS"]
    assert check.verdict is Verdict.PROBLEM and "quillon" not in check.finding


@pytest.mark.parametrize(
    ("available", "verdict", "workers"),
    [(9e9, "ok", ""), (7.9e9, "warning", "MSN_WORKERS to 3"), (1e9, "warning", "to 1")],
)
def test_memory_for_the_workers(monkeypatch: pytest.MonkeyPatch, available: float, verdict: str, workers: str) -> None:
    monkeypatch.setenv("MSN_WORKERS", "4")
    monkeypatch.setattr(machine, "_memory", lambda: {"MemTotal": 10**10, "MemAvailable": int(available)})
    check = _checks(machine.examine())["memory"]
    assert check.verdict == verdict and workers in check.remedy


def test_limits_of_a_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text("4000000000\n")
    assert (machine._cpu_limit(), machine._memory_limit()) == ("1.5", "4.0 GB")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert (machine._cpu_limit(), machine._memory_limit()) == (None, None)


def test_a_system_without_proc_has_unknown_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_read", lambda _: "")
    section = machine.examine()
    assert section.facts["memory"] is None and "memory" not in _checks(section)


def test_of_a_program_only_the_number_of_its_version_is_shown(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    for name, text in (("uv", "uv 0.9.12 (/home/quillon 1.1)"), ("dvc", "quillon"), ("make", "GNU Make 203.0.113.7")):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\necho '{text}'\n")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    section = programs.examine()
    assert section.facts == {
        "git": "missing",
        "make": "of unknown version",  # an address
        "uv": "0.9.12",
        "dvc": "of unknown version",
        "python": "missing",
    }
    checks = _checks(section)
    assert checks["programs"].finding == "missing: git"
    assert (checks["environment"].verdict, checks["environment"].finding) == (
        Verdict.WARNING,
        "of another environment than msn: dvc",
    )
    monkeypatch.chdir(tmp_path)
    assert programs.examine().checks == []  # msn predict needs none of them


def test_variables_are_named_and_only_harmless_values_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MSN_", "DASK_"))]:
        monkeypatch.delenv(name)
    values = {"MSN_DEVICE": "cuda:1", "MSN_WORKERS": "8", "MSN_WORK": "quillon", "MSN_COMPILE": "quillon"}
    values |= {"DASK_SCHEDULER_ADDRESS": "tls://quillon:1", "CUDA_VISIBLE_DEVICES": "0,1", "MSN_LAUNCH": ""}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    section = variables.examine()
    hidden = "set; the value is not shown"
    shown = {"MSN_DEVICE": "cuda:1", "MSN_WORKERS": "8", "CUDA_VISIBLE_DEVICES": "0,1", "MSN_LAUNCH": "empty"}
    expected = dict.fromkeys(values, hidden) | shown
    assert {name: fact for name, fact in section.facts.items() if name in values} == expected
    assert [check.verdict for check in section.checks] == [Verdict.OK]
    monkeypatch.setenv("MSN_WORKER", "2")
    (check,) = variables.examine().checks
    assert (check.verdict, check.finding) == (Verdict.WARNING, "unknown to the project: MSN_WORKER")


def test_every_variable_that_the_code_reads_is_known() -> None:
    root = Path(__file__).parents[3]
    files = [*(root / "pipeline").rglob("*.py"), *(root / "stages").rglob("*.py")]
    code = "".join(path.read_text() for path in files if "doctor" not in path.parts)
    read = {word for word in variables.re.findall(r"\"(MSN_[A-Z_]+)\"", code)}
    assert {"MSN_WORK", "MSN_DEVICE", "MSN_COMPILE"} <= read <= {*variables.SHOWN, *variables.NOT_SHOWN}


def test_the_probe_reports_a_library_that_is_not_there() -> None:
    outcomes = imports.probe(["json", "no_such_library", "csv"])
    assert {name: outcome.error for name, outcome in outcomes.items()} == {
        "json": None,
        "no_such_library": "ModuleNotFoundError (No module named 'no_such_library')",
        "csv": None,
    }


def test_a_gpu_that_torch_does_not_see_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "version").write_text(
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5\nGCC 12.2.0\n"
    )
    monkeypatch.setattr(imports, "NVIDIA", tmp_path / "version")
    assert imports._driver() == "550.54.15"
    (check,) = imports._check_cuda({"NVIDIA driver": "550.54.15"})
    assert (check.verdict, check.finding) == (Verdict.WARNING, "there is a driver, but torch sees no GPU")
    (check,) = imports._check_cuda({"NVIDIA driver": "550.54.15", "GPU 0": "H200"})
    assert check.verdict is Verdict.OK
    assert imports._check_cuda({"NVIDIA driver": "none"}) == []


def test_a_section_that_fails_is_named_with_the_type_of_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Section:
        raise RuntimeError("/home/quillon")

    for name in SECTIONS:
        monkeypatch.setattr(f"pipeline.doctor.{name}.examine", fail)
    findings = [check.finding for section in examine() for check in section.checks]
    assert findings == ["could not be examined: RuntimeError"] * len(SECTIONS)
