"""A project in a temporary folder, built once with `dvc repro` at the smallest scale and copied for each test."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

ROOT = Path(__file__).parents[2]
COPIED = ("pipeline", "stages", "dvc.yaml", ".dvcignore", ".gitignore", "footage", ".dvc/config", ".dvc/.gitignore")


@dataclass
class Project:
    """A checkout of the project in which DVC runs.

    Attributes:
        folder: of the checkout.
        environment: variables of its commands, beside those of the tests.
    """

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start a command of the environment (dvc, git, ...) in the project, in a process group of its own."""
        variables = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DVC_SITE_CACHE_DIR": f"{self.folder}-site",
            "MSN_WORK": "",
            "MSN_WORKERS": "1",
            "MSN_DEVICE": "cpu",
        }
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, **variables, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, succeeds: bool = True) -> str:
        """Run a command and return its output."""
        process = self.start(*command)
        output, _ = process.communicate(timeout=600)
        assert (process.returncode == 0) is succeeds, f"{' '.join(command)} ended with {process.returncode}:\n{output}"
        return output

    def change(self, **values: Any) -> None:
        """Change parameters of params.yaml, passed as section__key=value."""
        path = self.folder / "params.yaml"
        params = yaml.safe_load(path.read_text())
        for name, value in values.items():
            *sections, key = name.split("__")
            section = params
            for part in sections:
                section = section[part]
            section[key] = value
        path.write_text(yaml.safe_dump(params, sort_keys=False))

    def checkpoints(self) -> set[Path]:
        """Return the checkpoints of fine-tunings, whether unfinished or finished."""
        return set((self.folder / ".work/finetune/scratch").glob("*/last.ckpt"))

    def reproduce(self, *options: str) -> list[str]:
        """Run `dvc repro` and return the stages that ran."""
        return list_stages(self.run("dvc", "repro", *options))

    def status(self) -> dict[str, Any]:
        """Return the stages that DVC considers changed, with the reasons."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DVC_SITE_CACHE_DIR", f"{self.folder}-site")
            with Repo(str(self.folder)) as repo:
                return {name.split(":")[-1]: reasons for name, reasons in repo.status().items()}

    def copy(self, folder: Path) -> "Project":
        """Copy the project with its outputs, its cache and its artifact store."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder, dict(self.environment))


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill a command and its children without any clean-up, as a queue or a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait until `condition` is true while a command runs; if that never happens, kill the command and fail."""
    end = time.monotonic() + 300
    try:
        while not condition():
            assert process.poll() is None, (
                f"the command ended before the condition was true:\n{process.communicate()[0]}"
            )
            assert time.monotonic() < end, "the condition did not become true in time"
            time.sleep(0.02)
    except BaseException:
        if process.poll() is None:
            kill(process)
        raise


def list_stages(output: str) -> list[str]:
    """Return the stages that ran, in order, from the output of DVC."""
    return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")]


@pytest.fixture(scope="session")
def unbuilt(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> Project:
    """The project's code and the smallest parameters, committed; nothing has run."""
    folder = tmp_path_factory.mktemp("unbuilt") / "project"
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (folder / "params.yaml").write_text(yaml.safe_dump(smallest, sort_keys=False))
    project = Project(folder)
    project.run("git", "init", "-q", "-b", "main")
    project.run("git", "config", "user.name", "test")
    project.run("git", "config", "user.email", "test@example.invalid")
    project.run("git", "add", "-A")
    project.run("git", "commit", "-qm", "code")
    return project


@pytest.fixture(scope="session")
def built(unbuilt: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after a first `dvc repro`, with its lock file and metrics committed."""
    project = unbuilt.copy(tmp_path_factory.mktemp("built") / "project")
    project.reproduce()
    project.run("git", "add", "-A")
    project.run("git", "commit", "-qm", "run")
    return project


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """A copy of the built project for one test."""
    return built.copy(tmp_path / "project")


@pytest.fixture
def fresh_project(unbuilt: Project, tmp_path: Path) -> Project:
    """A copy of the project in which nothing has run."""
    return unbuilt.copy(tmp_path / "project")


@pytest.fixture(scope="session")
def stages_that_ran() -> Callable[[str], list[str]]:
    """A function that reads from DVC's output which stages ran."""
    return list_stages
