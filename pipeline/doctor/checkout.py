"""The checkout of the project in which the command runs: its commit, its lock file, and DVC's settings for it."""

import configparser
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import yaml

from pipeline.doctor.check import Check, Fact, Section, Verdict, ok_or_problem, ok_or_warning, shown_version
from pipeline.experiments.git import GitError, git
from pipeline.params.controls import control_warning
from pipeline.runtime.project_code import project_root

HASH_LENGTH = 12  # digits of a shortened commit
SETUP = "run `make setup` in the checkout"
BASELINE = "refs/exps/exec/EXEC_BASELINE"  # the commit that DVC takes for HEAD while it stands
MAX_NAMES = 5  # packages named in a finding
LINKS = r"(reflink|hardlink|symlink|copy)"


def find_checkout() -> Path | None:
    """Return the checkout around the working directory, or None."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if _is_checkout(folder)), None)


def dvc_setting(checkout: Path, section: str, key: str) -> str | None:
    """Return a setting of DVC: that of .dvc/config.local, else that of .dvc/config, else None.

    Settings of the user and of the machine, which DVC reads too, are left out.
    """
    try:
        return _setting(_dvc_files(checkout), section, key)
    except configparser.Error:  # _check_settings says so
        return None


def examine() -> Section:
    """Return the state of the checkout; without one, that there is none."""
    checkout, code = find_checkout(), project_root()
    if checkout is None:
        facts: dict[str, Fact] = {"working folder": "no checkout: commands that need one refuse to run here"}
        return Section("Checkout", facts | ({"code": _state(code)} if _is_checkout(code) else {}))
    cache_type = dvc_setting(checkout, "cache", "type") or ""
    facts = {
        "working folder": "the root of a checkout" if Path.cwd() == checkout else "inside of a checkout",
        "state": _state(checkout),
        "cache.type": cache_type if re.fullmatch(rf"{LINKS}(, *{LINKS})*", cache_type) else None,
    }
    if code != checkout and _is_checkout(code):
        facts["code"] = _state(code)
    checks = [
        *_check_place(checkout),
        *_check_git(checkout),
        *_check_settings(checkout),
        *_check_control(checkout),
        _check_site(checkout),
        *_check_environment(checkout),
    ]
    return Section("Checkout", facts, checks)


def _dvc_files(checkout: Path) -> list[str]:
    """Return the texts of DVC's files of settings in the checkout; the last one counts."""
    paths = [checkout / ".dvc" / name for name in ("config", "config.local")]
    return [path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()]


def _setting(texts: Sequence[str], section: str, key: str) -> str | None:
    """Return a setting from the texts of DVC's files; the last one counts."""
    values = configparser.ConfigParser(interpolation=None, strict=False)
    for text in texts:
        values.read_string(text)
    value: str | None = values.get(section, key, fallback=None)
    return value.strip("\"'") if value else None


def _is_checkout(folder: Path) -> bool:
    return (folder / "dvc.yaml").is_file() and (folder / "pipeline/cli.py").is_file()


def _state(checkout: Path) -> str:
    """Return the commit and the number of changed files; never the branch, whose name is the user's."""
    try:
        if _git(checkout, "rev-parse", "--show-prefix").strip():
            return "not known: a folder of another Git repository"
        commit = _git(checkout, "rev-parse", "HEAD").strip()
        changed = len(_git(checkout, "status", "--porcelain").splitlines())
    except (GitError, OSError, UnicodeError) as error:
        return f"not known: {type(error).__name__}"
    return f"commit {commit[:HASH_LENGTH]}, {f'{changed} changed or new files' if changed else 'unchanged'}"


def _git(checkout: Path, *words: str) -> str:
    """Run a Git command that changes nothing in the checkout, and prints names of files in ASCII."""
    return git("--no-optional-locks", "-c", "core.quotePath=true", "-C", str(checkout), *words)


def _check_place(checkout: Path) -> Iterator[Check]:
    remedy = "change to the root of the checkout"
    at_root = Path.cwd() == checkout
    yield ok_or_warning("working folder", at_root, "is the root" if at_root else "is not the root", remedy)
    own = project_root() == checkout
    finding = "is that of this checkout" if own else "is not that of this checkout: changes here have no effect on msn"
    yield ok_or_warning("code of msn", own, finding, f"{SETUP}, then `source .venv/bin/activate`")


def _check_git(checkout: Path) -> Iterator[Check]:
    """Check that Git reads the checkout, that dvc.lock is committed, and that links are made as committed."""
    try:
        tracked = bool(_git(checkout, "ls-files", "dvc.lock"))
        changed = bool(_git(checkout, "status", "--porcelain", "--", "dvc.lock"))
        committed = _git(checkout, "show", "HEAD:.dvc/config")
    except (GitError, OSError, UnicodeError) as error:
        finding = f"cannot read the checkout: {type(error).__name__}"
        yield Check(
            "Git", Verdict.PROBLEM, finding, "`git status` says why; clone the project with Git if it is a copy"
        )
        return
    yield Check("Git", Verdict.OK, "reads the checkout")
    finding = "is committed" if tracked and not changed else "has changes" if tracked else "is not in Git"
    remedy = "commit it, or go back with `git checkout dvc.lock && dvc checkout`"
    yield ok_or_warning("dvc.lock", tracked and not changed, finding, remedy)
    same = _setting([committed], "cache", "type") == dvc_setting(checkout, "cache", "type")
    remedy = "if this was not meant: `dvc config --local --unset cache.type && git checkout .dvc/config`"
    yield ok_or_warning("cache.type", same, "is as committed" if same else "is not as committed", remedy)
    yield from _check_killed_experiment(checkout)


def _check_killed_experiment(checkout: Path) -> Iterator[Check]:
    """Warn of an experiment that was killed, and say nothing else: DVC then takes HEAD for the commit it began from."""
    try:
        began = _git(checkout, "rev-parse", "--verify", "--quiet", BASELINE).strip()
        head = _git(checkout, "rev-parse", "HEAD").strip()
    except GitError:
        return
    if began != head:
        finding = f"one was killed, or runs now: DVC takes HEAD for commit {began[:HASH_LENGTH]}"
        remedy = f"if none runs: `git update-ref -d {BASELINE}`"
        yield Check("experiment in the workspace", Verdict.WARNING, finding, remedy)


def _check_settings(checkout: Path) -> Iterator[Check]:
    """Check that DVC's settings can be read, and say nothing if they can: other checks use them."""
    try:
        _setting(_dvc_files(checkout), "core", "site_cache_dir")
    except configparser.Error as error:
        finding = f"cannot be read: {type(error).__name__}"
        yield Check("DVC's settings", Verdict.PROBLEM, finding, "mend .dvc/config.local and .dvc/config")


def _check_control(checkout: Path) -> Iterator[Check]:
    """Warn if a run of params.yaml would be a control, and say nothing else: stages check the file."""
    try:
        warning = control_warning(yaml.safe_load((checkout / "params.yaml").read_text(encoding="utf-8")))
    except (AttributeError, OSError, TypeError, UnicodeError, yaml.YAMLError):
        return
    if warning:
        yield Check("params.yaml", Verdict.WARNING, warning, "for a result: give the named keys their values of before")


def _check_site(checkout: Path) -> Check:
    """Check the folder of DVC's index: DVC runs what is stored there."""
    configured = os.environ.get("DVC_SITE_CACHE_DIR") or dvc_setting(checkout, "core", "site_cache_dir")
    name = "folder of DVC's index"
    if not configured:
        return Check(name, Verdict.PROBLEM, "is /var/tmp/dvc, which every account can change", SETUP)
    folder = Path(configured)
    try:
        status = folder.lstat()
    except OSError:
        return Check(name, Verdict.PROBLEM, "is missing; DVC would make it for all accounts", SETUP)
    closed = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022
    return ok_or_problem(name, closed, "is private" if closed else "can be changed by other accounts", SETUP)


def _check_environment(checkout: Path) -> Iterator[Check]:
    """Check that the environment is as new as what it was made from, and has the versions of requirements.lock."""
    lock, installed = checkout / "requirements.lock", checkout / ".venv/.installed"
    if Path(sys.prefix) == checkout / ".venv":
        sources = [lock, checkout / "pyproject.toml"]
        current = installed.is_file() and all(installed.stat().st_mtime >= path.stat().st_mtime for path in sources)
        finding = "is as new as requirements.lock" if current else "is older than requirements.lock or pyproject.toml"
        yield ok_or_warning("environment of the checkout", current, finding, SETUP)
    others = list(_other_versions(lock.read_text(encoding="utf-8"))) if lock.is_file() else []
    names = ", ".join(others[:MAX_NAMES]) + (f" and {len(others) - MAX_NAMES} more" if len(others) > MAX_NAMES else "")
    finding = f"not those of requirements.lock: {names}" if others else "are those of requirements.lock"
    yield ok_or_warning("versions of packages", not others, finding, SETUP)


def _other_versions(lock: str) -> Iterator[str]:
    """Yield each installed package whose version is not the one in the lock file."""
    for name, locked in re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE):
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # of another system, or optional; section Versions names those that are needed
        if installed.split("+")[0] != locked.split("+")[0]:
            yield f"{name} {shown_version(installed)} ({shown_version(locked)})"
