"""The built wheel, installed into an environment of its own, works outside of any checkout.

The environment borrows the installed packages through a .pth file. Python does not follow the .pth files of a folder
that is borrowed like this, so that the editable installation of the project stays out.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.models.description import Description, Target
from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.params.check import check_params
from stages import simulate
from tests.pipeline.training.material import INPUT_SPEC, MODEL, save_model

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "pipeline", "stages")


@dataclass(frozen=True)
class Installation:
    """The wheel in an environment of its own.

    Attributes:
        wheel: the file.
        environment: the folder of the environment.
        folder: an empty folder outside of any checkout, in which commands run.
    """

    wheel: Path
    environment: Path
    folder: Path

    def run(self, *command: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run a program of the environment in the empty folder, as a user without any settings."""
        keep = ("LANG", "LC_ALL", "OMP_NUM_THREADS", "TERM")
        variables = {name: os.environ[name] for name in keep if name in os.environ}
        variables |= {"PATH": f"{self.environment / 'bin'}{os.pathsep}{os.defpath}", "HOME": str(self.folder.parent)}
        program = self.environment / "bin" / command[0]
        return subprocess.run(
            [program, *command[1:]], cwd=self.folder, env=variables, capture_output=True, text=True, timeout=600
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel of this checkout, built and installed without a network."""
    folder = tmp_path_factory.mktemp("packaged")
    source, environment = folder / "source", folder / "environment"
    source.mkdir()
    for name in SOURCES:  # building leaves files beside the sources
        if (ROOT / name).is_dir():  # other tests write into __pycache__ meanwhile
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    _pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, source)
    (wheel,) = folder.glob("*.whl")
    venv.create(environment, with_pip=False, symlinks=True)
    _pip("--python", environment / "bin/python", "install", "--no-deps", "--no-index", wheel)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")  # after pip, which would look there
    (folder / "home" / "empty").mkdir(parents=True)
    return Installation(wheel, environment, folder / "home" / "empty")


def _pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--no-cache-dir", *arguments]
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.returncode == 0, process.stdout


def test_the_wheel_holds_the_code_and_the_files_that_it_reads(installed: Installation) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "pipeline", "stages"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert names == set(tracked.stdout.split())


def test_the_code_is_that_of_the_wheel(installed: Installation) -> None:
    code = "import pipeline, stages, torch; print(pipeline.__file__, stages.__file__, torch.__file__, sep='\\n')"
    own, stages, borrowed = installed.run("python", "-c", code).stdout.splitlines()
    assert Path(own).is_relative_to(installed.environment) and Path(stages).is_relative_to(installed.environment)
    assert not Path(borrowed).is_relative_to(installed.environment)


def test_help(installed: Installation) -> None:
    process = installed.run("msn", "--help")
    assert (process.returncode, process.stderr) == (0, "")
    assert "Estimate the severity of depression" in process.stdout


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> Path:
    """A drawn face."""
    folder = tmp_path_factory.mktemp("drawn")
    drawing = {**smallest["simulate"], "subjects": 3, "sessions": 2, "identities": 2, "images": 2}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSN_WORK", str(folder / "work"))
        patch.setenv("MSN_WORKERS", "1")
        simulate.main(check_params({**smallest, "simulate": drawing}), folder / "simulated")
    return sorted((folder / "simulated").rglob("*.mp4"))[0]


def test_a_score_is_estimated_outside_of_a_checkout(installed: Installation, video: Path, tmp_path: Path) -> None:
    description = Description(MODEL, Regression(), 8, Target(20.0, 10.0))
    model = save_model(tmp_path / "model", build(MODEL, Regression(), seed=3).state_dict(), description, INPUT_SPEC)
    arguments: list[str | Path] = [
        "--model",
        model,
        "--json",
        "--figure",
        tmp_path / "out",
        "--overlay",
        tmp_path / "out",
    ]
    process = installed.run("msn", "predict", video, *arguments)
    assert process.returncode == 0, process.stderr
    (estimate,) = json.loads(process.stdout)["videos"]
    assert isinstance(estimate["estimate"], float)
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".png", ".mp4"}
    assert list(installed.folder.iterdir()) == []

    process = installed.run("msn", "export", tmp_path / "model.pt2", "--model", model)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "model.pt2").is_file() and list(installed.folder.iterdir()) == []


def test_the_cost_of_a_network_is_counted_outside_of_a_checkout(installed: Installation) -> None:
    process = installed.run("msn", "complexity", "--model", "msn", "--depth", "27", "--width", "0.03125", "--json")
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout)["parameters"] > 0


def test_the_doctor_finds_no_problem_in_the_installation(installed: Installation) -> None:
    process = installed.run("msn", "doctor", "--json")
    report = json.loads(process.stdout)
    assert [check for check in report["checks"] if check["verdict"] == "problem"] == []
    assert process.returncode == 0
    assert report["facts"]["Versions"]["the project's code is"] == "an installed package"
    assert report["facts"]["Checkout"]["working folder"].startswith("no checkout")
    assert list(installed.folder.iterdir()) == []


@pytest.mark.parametrize("command", [("report",), ("study",), ("profile", "avec2014")])
def test_what_needs_a_checkout_says_so(installed: Installation, command: tuple[str, ...]) -> None:
    process = installed.run("msn", *command)
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1] == (
        f"`msn {command[0]}` needs a checkout of the project: run it in the root of a clone"
    )
    assert list(installed.folder.iterdir()) == []
