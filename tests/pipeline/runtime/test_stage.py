"""The guards of every stage: parameters are checked first, outputs are atomic, changed code is an error."""

import shutil
from pathlib import Path

import pytest

from pipeline.params.errors import ParamsError
from pipeline.params.whole import Params
from pipeline.runtime import project_code
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.code_guard import run_guarded
from pipeline.runtime.errors import CodeChangedError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the project's params.yaml and a stage `stages.idle` of its own."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "idle.py").write_text("WORK = 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(project_code, "project_root", lambda: tmp_path)
    return tmp_path


def test_a_wrong_parameter_of_any_section_stops_the_stage_before_it_runs(folder: Path) -> None:
    text = (folder / "params.yaml").read_text().replace("depth: 27", "depth: 68")
    (folder / "params.yaml").write_text(text)
    calls = []
    with pytest.raises(ParamsError, match=r"model\.depth is 68; allowed: 27, 36, 51, 69 or 99"):
        run_guarded(lambda params: calls.append(params), "stages.idle", [])
    assert calls == []


def test_paths_are_passed_to_the_stage_in_order(folder: Path) -> None:
    arguments = []

    def main(params: Params, first: Path, second: Path) -> None:
        arguments.append((params.model.depth, first, second))

    run_guarded(main, "stages.idle", [Path("a"), Path("b")])
    assert arguments == [(27, Path("a"), Path("b"))]


def test_code_that_changes_while_the_stage_runs_is_an_error(folder: Path) -> None:
    def main(params: Params) -> None:
        (folder / "stages" / "idle.py").write_text("WORK = 1\n")

    with pytest.raises(CodeChangedError, match=r"stages\.idle changed while it ran"):
        run_guarded(main, "stages.idle", [])


def test_an_output_is_replaced_only_by_a_complete_one(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with atomic_folder(output) as folder:
        (folder / "a").write_text("1")
    with pytest.raises(RuntimeError), atomic_folder(output) as folder:
        (folder / "b").write_text("2")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert sorted(path.name for path in output.iterdir()) == [".sha256sums", "a"]
    with atomic_folder(output) as folder:
        (folder / "c").write_text("3")
    assert sorted(path.name for path in output.iterdir()) == [".sha256sums", "c"]
