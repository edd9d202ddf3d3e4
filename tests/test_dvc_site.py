"""`make setup` gives DVC a folder that no other account can change: DVC runs pickles that it finds there.

DVC's own default, which the other tests replace by DVC_SITE_CACHE_DIR, is /var/tmp/dvc, which every account can change.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from dvc.repo import Repo

ROOT = Path(__file__).parents[1]
NOBODY = 65534
DVC_YAML = "stages: {site: {cmd: dvc config core.site_cache_dir > site.txt, metrics: [site.txt: {cache: false}]}}"

REFERENCES = "git for-each-ref --format=%(refname) refs/exps"


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small project that every account can enter, as checkouts often are, after `make setup`."""
    monkeypatch.delenv("DVC_SITE_CACHE_DIR")
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file in ("Makefile", ".dvc/config", ".dvc/.gitignore", ".gitignore"):
            (folder / file).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / file, folder / file)
        (folder / "dvc.yaml").write_text(DVC_YAML)
        for file in ("requirements.lock", "pyproject.toml", ".venv/.installed"):  # in this order: nothing to install
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).touch()
        (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
        monkeypatch.setenv("PATH", f"{folder / '.venv/bin'}{os.pathsep}{os.environ['PATH']}")
        _run(folder, "git init -q -b main")
        _run(folder, "git config user.name test")
        _run(folder, "git config user.email test@example.invalid")
        _run(folder, "make setup")
        _run(folder, "git add -A")
        _run(folder, "git commit -qm code")
        yield folder


def _run(folder: Path, command: str) -> str:
    process = subprocess.run(command.split(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.returncode == 0, f"{command} ended with {process.returncode}:\n{process.stdout}"
    return process.stdout


def test_dvc_uses_it_in_the_checkout_and_in_temporary_runs(checkout: Path) -> None:
    with Repo(str(checkout)) as repo:
        stored = Path(repo.site_cache_dir)
    assert stored.parent == checkout / ".dvc/site/repo" and stored.is_dir()
    _run(checkout, "dvc repro")
    assert (checkout / "site.txt").read_text() == f"{checkout}/.dvc/site\n"
    _run(checkout, "dvc exp run --force --temp --name temporary")
    (experiment,) = [name for name in _run(checkout, REFERENCES).split() if name.endswith("/temporary")]
    assert _run(checkout, f"git show {experiment}:site.txt") == f"{checkout}/.dvc/site\n"
    assert ".dvc/site" not in _run(checkout, "git status --porcelain --untracked-files=all")


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: it becomes another account")
def test_another_account_can_neither_read_nor_replace_what_dvc_stored(checkout: Path) -> None:
    with Repo(str(checkout)) as repo:
        stored = Path(repo.site_cache_dir)
    assert (stored / "links/cache.db").is_file()
    for command in (f"mv {stored} {stored}-old", f"touch {stored.parent}/planted", f"ls {stored}"):
        process = subprocess.run(
            command.split(), user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True
        )
        assert "Permission denied" in process.stderr
    assert stored.is_dir() and not (stored.parent / "planted").exists()


def test_a_folder_that_others_could_change_is_made_anew(checkout: Path) -> None:
    site = checkout / ".dvc/site"
    (site / "kept").touch()
    _run(checkout, "make setup")
    assert (site / "kept").exists()
    for mode in (0o777, 0o770):  # DVC makes it with the first, if it is missing
        (site / "planted").touch()
        site.chmod(mode)
        _run(checkout, "make setup")
        assert site.stat().st_mode & 0o777 == 0o700
        assert list(site.iterdir()) == []


def test_a_checkout_that_was_moved_does_not_use_the_folder_of_the_old_place(checkout: Path) -> None:
    (checkout / ".dvc/config.local").write_text(
        "[cache]\n    dir = /elsewhere\n[core]\n    site_cache_dir = /old/.dvc/site\n"
    )
    _run(checkout, "make setup")
    assert _run(checkout, "dvc config core.site_cache_dir") == f"{checkout}/.dvc/site\n"
    assert _run(checkout, "dvc config cache.dir") == "/elsewhere\n"
