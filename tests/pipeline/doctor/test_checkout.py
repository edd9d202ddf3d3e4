"""The state of a checkout, as `msn doctor` finds it."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.doctor import checkout as examined
from pipeline.doctor.check import Check, Section, Verdict

Findings = Callable[[], dict[str, tuple[Verdict, str]]]


@pytest.fixture
def findings(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Findings:
    """A function that examines the checkout and returns verdict and finding of each check."""
    monkeypatch.setattr(examined, "project_root", lambda: checkout)
    return lambda: {check.name: (check.verdict, check.finding) for check in examined.examine().checks}


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def test_a_clean_checkout_has_no_problem(checkout: Path, findings: Findings) -> None:
    assert {
        name: verdict for name, (verdict, _) in findings().items() if name != "versions of packages"
    } == dict.fromkeys(
        ("working folder", "code of msn", "Git", "dvc.lock", "cache.type", "folder of DVC's index"), Verdict.OK
    )
    facts = examined.examine().facts
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout
    assert facts["state"] == f"commit {commit[:12]}, unchanged"
    assert facts["working folder"] == "the root of a checkout"
    assert facts["cache.type"] == "hardlink,reflink,symlink,copy"


def test_changes_are_counted_and_not_named(checkout: Path, findings: Findings) -> None:
    (checkout / "dvc.lock").write_text("schema: '2.0'\n")
    (checkout / "notes of quillon").touch()
    assert str(examined.examine().facts["state"]).endswith(", 2 changed or new files")
    assert findings()["dvc.lock"] == (Verdict.WARNING, "has changes")
    _git(checkout, "rm", "-q", "--cached", "-f", "dvc.lock")
    assert findings()["dvc.lock"] == (Verdict.WARNING, "is not in Git")


def test_a_killed_experiment_is_told(checkout: Path, findings: Findings) -> None:
    began = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    _git(checkout, "update-ref", "refs/exps/exec/EXEC_BASELINE", began)
    assert "experiment in the workspace" not in findings()
    _git(checkout, "commit", "-q", "--allow-empty", "-m", "later")
    verdict, finding = findings()["experiment in the workspace"]
    assert verdict is Verdict.WARNING
    assert finding == f"one was killed, or runs now: DVC takes HEAD for commit {began[:12]}"


@pytest.mark.parametrize(
    "local", ["[cache]\n    type = copy\n", "[cache]\n    type = copy\n['remote \"x\"']\n    url = %y\n"]
)
def test_another_type_of_links_is_found(checkout: Path, findings: Findings, local: str) -> None:
    with (checkout / ".dvc/config.local").open("a") as stream:
        stream.write(local)
    assert findings()["cache.type"] == (Verdict.WARNING, "is not as committed")
    assert examined.examine().facts["cache.type"] == "copy"


def test_a_type_of_links_that_does_not_exist_is_not_shown(checkout: Path, findings: Findings) -> None:
    (checkout / ".dvc/config.local").write_text("[cache]\n    type = quillon\n")
    assert findings()["cache.type"][0] is Verdict.WARNING
    assert examined.examine().facts["cache.type"] is None


def test_settings_that_cannot_be_read_are_a_problem(checkout: Path, findings: Findings) -> None:
    (checkout / ".dvc/config.local").write_text("quillon\n")
    assert findings()["DVC's settings"] == (Verdict.PROBLEM, "cannot be read: MissingSectionHeaderError")
    assert findings()["Git"][0] is Verdict.OK


def test_names_of_files_that_are_no_text_hide_nothing(checkout: Path, findings: Findings) -> None:
    _git(checkout, "config", "core.quotePath", "false")
    Path(os.fsdecode(b"quillon-\xe9.mp4")).touch()
    assert str(examined.examine().facts["state"]).endswith(", 1 changed or new files")
    assert findings()["folder of DVC's index"][0] is Verdict.OK


def test_the_folder_of_the_index_must_be_private(
    checkout: Path, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, site = "folder of DVC's index", checkout / ".dvc/site"
    site.chmod(0o777)
    assert findings()[name] == (Verdict.PROBLEM, "can be changed by other accounts")
    site.rmdir()
    assert findings()[name] == (Verdict.PROBLEM, "is missing; DVC would make it for all accounts")
    site.symlink_to(checkout)
    assert findings()[name] == (Verdict.PROBLEM, "can be changed by other accounts")
    (checkout / ".dvc/config.local").unlink()
    assert findings()[name] == (Verdict.PROBLEM, "is /var/tmp/dvc, which every account can change")
    (checkout.parent / "own").mkdir(mode=0o700)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(checkout.parent / "own"))
    assert findings()[name] == (Verdict.OK, "is private")


def test_a_subfolder_is_found(checkout: Path, findings: Findings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout / "pipeline/doctor")
    assert findings()["working folder"] == (Verdict.WARNING, "is not the root")
    assert examined.examine().facts["working folder"] == "inside of a checkout"


def test_code_of_another_checkout_is_found(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = {check.name: check for check in examined.examine().checks}["code of msn"]
    assert code.verdict is Verdict.WARNING and "changes here have no effect on msn" in code.finding
    assert "code" in examined.examine().facts


def test_a_copy_without_git_is_found(checkout: Path, findings: Findings) -> None:
    shutil.rmtree(checkout / ".git")
    found = findings()
    assert found["Git"] == (Verdict.PROBLEM, "cannot read the checkout: GitError")
    assert found["folder of DVC's index"][0] is Verdict.OK
    assert examined.examine().facts["state"] == "not known: GitError"


def test_the_commit_of_a_repository_around_a_copy_is_not_shown(checkout: Path, findings: Findings) -> None:
    shutil.rmtree(checkout / ".git")
    _git(checkout.parent, "init", "-q")
    identity = ("-c", "user.name=quillon", "-c", "user.email=quillon@example.invalid")
    _git(checkout.parent, *identity, "commit", "-qm", "files of quillon", "--allow-empty")
    assert examined.examine().facts["state"] == "not known: a folder of another Git repository"
    assert findings()["Git"] == (Verdict.PROBLEM, "cannot read the checkout: GitError")


def test_an_environment_that_is_older_than_its_lock_file_is_found(
    checkout: Path, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", str(checkout / ".venv"))
    name = "environment of the checkout"
    assert findings()[name][0] is Verdict.WARNING
    (checkout / ".venv").mkdir()
    (checkout / ".venv/.installed").touch()
    assert findings()[name] == (Verdict.OK, "is as new as requirements.lock")


def test_other_versions_than_locked_are_named(checkout: Path, findings: Findings) -> None:
    (checkout / "requirements.lock").write_text(
        "# comment\nzarr==0.1+quillon\nnosuchpackage==1 ; sys_platform == 'linux'\n"
    )
    verdict, finding = findings()["versions of packages"]
    assert verdict is Verdict.WARNING
    assert finding.startswith("not those of requirements.lock: zarr ") and finding.endswith("(0.1)")


def test_outside_of_a_checkout_nothing_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    section: Section = examined.examine()
    checks: list[Check] = list(section.checks)
    assert checks == [] and str(section.facts["working folder"]).startswith("no checkout")
