"""A checkout of the project in a folder with a telling name."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COPIED = ("dvc.yaml", "dvc.lock", "params.yaml", "requirements.lock", "pyproject.toml", ".gitignore", "pipeline")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed copy of the project, with a private folder for DVC's index; it is the working directory."""
    folder = tmp_path / "study-of-quillon"
    (folder / ".dvc").mkdir(parents=True)
    for name in (*COPIED, ".dvc/config", ".dvc/.gitignore"):
        if (ROOT / name).is_dir():  # other tests write into __pycache__ meanwhile
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    (folder / ".dvc/site").mkdir(mode=0o700)
    (folder / ".dvc/config.local").write_text(f"[core]\n    site_cache_dir = {folder}/.dvc/site\n")
    for words in (
        "init -q -b branch-of-quillon",
        "config user.name quillon",
        "config user.email quillon@example.invalid",
        "remote add origin https://quillon.example.invalid/quillon",
        "add -A",
        "commit -qm code",
    ):
        subprocess.run(["git", *words.split()], cwd=folder, check=True)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_SITE_CACHE_DIR")
    monkeypatch.delenv("MSN_WORK")
    return folder
