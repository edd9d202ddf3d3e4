"""docs/how-to/privacy.md agrees with dvc.yaml and .gitignore; Git ignores what the documents' commands write."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from pipeline.cli import COMMANDS, app
from pipeline.studies.definition import STUDIES
from tests.documentation.pages import pages

ROOT = Path(__file__).parents[1]
DESTINATIONS = {"leaves: Git", "leaves: dvc push", "leaves: by hand", "stays"}
WRITTEN = {"output", "figure", "overlay"}  # names of the parameters that are paths to write to


def _table() -> dict[str, str]:
    """Return the destination of every output in docs/how-to/privacy.md."""
    rows = re.findall(r"^\| (`.*?) \| .* \| (.*?) \|$", (ROOT / "docs/how-to/privacy.md").read_text(), re.MULTILINE)
    return {name: destination for names, destination in rows for name in re.findall("`(.+?)`", names)}


def _outputs() -> dict[str, dict[str, Any]]:
    """Return the settings of every output in dvc.yaml, by path."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    entries = [entry for stage in stages.values() for kind in ("outs", "metrics") for entry in stage.get(kind, [])]
    return {
        path: flags for entry in entries for path, flags in (entry if isinstance(entry, dict) else {entry: {}}).items()
    }


@pytest.fixture(scope="module")
def is_ignored(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bool]:
    """A function that says whether Git ignores a file or a folder of the project."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in (".gitignore", ".dvc/.gitignore"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)

    def is_ignored(path: str) -> bool:
        name = path if Path(path).suffix else f"{path}/"  # no folder exists here, and some patterns match folders only
        return subprocess.run(["git", "check-ignore", "-q", name], cwd=folder).returncode == 0

    return is_ignored


def _code() -> tuple[str, str]:
    """Return the code blocks of README.md and of docs/, without output and usage (`text`), and the prose between."""
    texts = [re.sub(r"```text\n.*?```", "", path.read_text(), flags=re.DOTALL).split("```") for path in pages()]
    return "".join(block for parts in texts for block in parts[1::2]), "\n".join("".join(parts[::2]) for parts in texts)


def _commands() -> list[str]:
    """Return the calls of msn and dvc: lines of the documents' code blocks without their comments, code in prose."""
    blocks, prose = _code()
    lines = re.split(r"\n| {4}", re.sub(r"\s#.*|\\\n", "", blocks))  # several calls in a line are four blanks apart
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    return [call for call in [*lines, *spans] if call.startswith(("msn ", "dvc "))]


def _written_paths(command: str) -> list[str]:
    """Return the paths that a command writes to, as its own parser reads them, with their defaults."""
    program, *words = shlex.split(command)
    if program == "dvc":
        return ["dvc_plots"] if words[:2] == ["plots", "diff"] else []
    paths = [words.pop(index + 1) for index in [words.index(">")]] if ">" in words else []
    name, *arguments = [word for word in words if word != ">"]
    if name not in COMMANDS:
        return paths
    subcommand = get_command(app).get_command(None, name)  # type: ignore[attr-defined]
    values = subcommand.make_context(name, arguments, resilient_parsing=True).params
    paths += [str(value) for key, value in values.items() if key in WRITTEN and value is not None]
    if name == "study" and values["name"] is not None and values["output"] is None:
        paths.append(f"{STUDIES}/{Path(values['name']).stem}")
    return paths


def test_the_table_names_every_output_with_its_destination() -> None:
    expected = {}
    for path, flags in _outputs().items():
        in_git = not flags.get("cache", True)
        expected[path] = "leaves: Git" if in_git else "leaves: dvc push" if flags.get("push", True) else "stays"
    table = _table()
    assert {path: table.get(path) for path in expected} == expected
    assert set(table.values()) == DESTINATIONS


@pytest.mark.parametrize(("path", "destination"), _table().items())
def test_git_ignores_what_does_not_leave_with_git(
    path: str, destination: str, is_ignored: Callable[[str], bool]
) -> None:
    assert is_ignored(path) is (destination != "leaves: Git")


def _opened_paths() -> set[str]:
    """Return the paths that other code in the documents writes to: after `>`, by an option, or opened by Python."""
    blocks, _ = _code()
    found = re.findall(r"(?<=[^\n-])> (\S+)|--scheduler-file (\S+)|open\(\"(.+?)\", \"w\"\)", blocks)
    return {path for groups in found for path in groups if path}


def test_git_ignores_what_other_code_of_the_documents_writes(is_ignored: Callable[[str], bool]) -> None:
    paths = {Path(path).name for path in _opened_paths() if not path.startswith("~")}
    assert {"scheduler.address", "scheduler.json", "measured.json"} < paths
    assert {path for path in paths if not is_ignored(path)} == set()
    assert is_ignored("slurm-1234_5.out")  # which SLURM writes in the folder of `sbatch`


def test_git_ignores_what_the_commands_of_the_documents_write(is_ignored: Callable[[str], bool]) -> None:
    paths = {path for command in _commands() for path in _written_paths(command)}
    assert {"estimates.json", "out", "model.onnx", "report.html", "saliency-compared.png"} < paths
    assert {"studies/depth", "dvc_plots", "/data/faces/list.txt"} < paths
    inside = {path for path in paths if not Path(path).is_absolute()}
    assert {path for path in inside if not is_ignored(path)} == set()
