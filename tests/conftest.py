"""Fixtures of all tests: array shapes are checked at run time; each test has its own store, one worker and the CPU."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml
from jaxtyping import install_import_hook

ROOT = Path(__file__).parents[1]

# Remove the user's settings: of this project, of launchers and clusters, of the terminal.
for _name in [*os.environ]:
    if _name.startswith(("MSN_", "DASK_", "SLURM_", "TORCHELASTIC_")) and _name != "MSN_REAL_DATA":
        del os.environ[_name]
for _name in ("COLUMNS", "NO_COLOR", "PY_COLORS", "FORCE_COLOR", "GITHUB_ACTIONS"):
    os.environ.pop(_name, None)
os.environ["TERM"] = "xterm"
os.environ["OMP_NUM_THREADS"] = "1"  # networks here are tiny; more threads than free processors would take minutes

# A shell that starts the tests under nohup or in the background ignores these signals, and tests send them.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

install_import_hook("pipeline", "shape_checker.check")  # before any module of it is imported


@pytest.fixture(autouse=True)
def _isolated_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test its own artifact store and DVC state, apart from those of the checkout and of other tests."""
    monkeypatch.setenv("MSN_WORK", str(tmp_path_factory.mktemp("work")))
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path_factory.mktemp("site")))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("MSN_WORKERS", "1")
    monkeypatch.setenv("MSN_DEVICE", "cpu")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real face videos and images that MSN_REAL_DATA names; the test is skipped if it is unset."""
    path = os.environ.get("MSN_REAL_DATA")
    if not path:
        pytest.skip("MSN_REAL_DATA is not set: it names a folder with real face videos and images")
    folder = Path(path)
    assert (folder / "videos").is_dir(), f"MSN_REAL_DATA is {path}, which has no folder videos"
    return folder


@pytest.fixture(scope="session")
def smallest() -> dict[str, Any]:
    """The content of params.yaml at the smallest scale at which every stage does real work."""
    values = yaml.safe_load((ROOT / "params.yaml").read_text())
    for section, changes in yaml.safe_load((ROOT / "tests" / "smallest.yaml").read_text()).items():
        values[section].update(changes)
    return values
