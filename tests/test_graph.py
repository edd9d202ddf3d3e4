"""dvc.yaml against the code: every stage's `deps` are exactly the project code it reaches, in the fewest entries."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

from pipeline.runtime.project_code import reachable_modules

ROOT = Path(__file__).parents[1]
STORY: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
NOT_LISTED = {"pipeline/params.py", "pipeline/params_check.py"}  # can refuse a value but never change an output
UNREACHED: dict[str, str] = {}  # files that stages may list without reaching them, each with the reason

IMPORT_EACH = """
import json, pathlib, sys
import distributed, lightning, torch  # slow, and none of ours: loaded once for all stages
root = pathlib.Path.cwd()
found = {}
for stage in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] in ("pipeline", "stages")]:
        del sys.modules[name]
    __import__(f"stages.{stage}")
    files = [sys.modules[n].__file__ for n in sys.modules if n.split(".")[0] in ("pipeline", "stages")]
    found[stage] = sorted(str(pathlib.Path(f).relative_to(root)) for f in files if f)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """Project files that importing each stage really loads, package files and params.py aside."""
    command = [sys.executable, "-c", IMPORT_EACH, *STORY]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = json.loads(output.splitlines()[-1])
    return {
        stage: {file for file in files if not file.endswith("__init__.py")} - NOT_LISTED
        for stage, files in found.items()
    }


def _code_deps(stage: str) -> list[str]:
    return [dep for dep in STORY[stage]["deps"] if dep.startswith(("pipeline/", "stages/"))]


def _files_of(dep: str) -> list[str]:
    """The project files that an entry of `deps` stands for, package files aside."""
    paths = [ROOT / dep] if dep.endswith(".py") else (ROOT / dep).rglob("*.py")
    return [str(path.relative_to(ROOT)) for path in paths if path.name != "__init__.py"]


def _covers(dep: str, file: str) -> bool:
    return file == dep or file.startswith(f"{dep}/")


@pytest.mark.parametrize("stage", STORY)
def test_deps_cover_all_code_that_a_stage_loads(stage: str, imported: dict[str, set[str]]) -> None:
    uncovered = {file for file in imported[stage] if not any(_covers(dep, file) for dep in _code_deps(stage))}
    assert uncovered == set()


@pytest.mark.parametrize("stage", STORY)
def test_deps_list_no_file_that_a_stage_does_not_load(stage: str, imported: dict[str, set[str]]) -> None:
    """A stage that lists a file it does not reach reruns for a change that cannot change its output."""
    listed = {file for dep in _code_deps(stage) for file in _files_of(dep)}
    assert sorted(listed - imported[stage] - UNREACHED.keys()) == []


@pytest.mark.parametrize("stage", STORY)
def test_deps_are_as_few_as_tightness_allows(stage: str, imported: dict[str, set[str]]) -> None:
    """A folder that a stage reaches as a whole stands as one entry, and no entry stands twice."""
    deps = _code_deps(stage)
    assert [dep for dep in deps if any(_covers(other, dep) for other in deps if other != dep)] == []
    assert len(set(deps)) == len(deps)
    folders = {str(parent) for dep in deps for parent in Path(dep).parents} - {".", "pipeline", "stages"}
    whole = [folder for folder in sorted(folders) if set(_files_of(folder)) <= imported[stage] | UNREACHED.keys()]
    assert whole == []


def test_every_exception_to_tightness_is_listed_somewhere() -> None:
    listed = {file for stage in STORY for dep in _code_deps(stage) for file in _files_of(dep)}
    assert UNREACHED.keys() <= listed


@pytest.mark.parametrize("stage", STORY)
def test_the_import_walk_finds_what_python_loads(stage: str, imported: dict[str, set[str]]) -> None:
    walked = {str(path.relative_to(ROOT)) for path in reachable_modules(f"stages.{stage}").values()}
    assert walked == imported[stage]


def test_one_name_serves_stage_section_and_module() -> None:
    sections = yaml.safe_load((ROOT / "params.yaml").read_text())
    modules = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__"}
    assert set(STORY) == modules
    for stage, about in STORY.items():
        assert about["cmd"].split()[:4] == ["exec", "python", "-m", f"stages.{stage}"]
        listed = {key.split(".")[0] for key in about["params"]}
        named = "corpus" if stage == "ingest" else stage
        assert named in listed or stage == "complexity"  # which has no number of its own
        assert listed <= set(sections)


def test_no_section_is_listed_whole_that_holds_a_key_which_the_run_cache_passes_over() -> None:
    """DVC leaves every key called size or nfiles out of what it knows a run by, inside parameters too."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text())

    def keys(values: object) -> set[str]:
        if not isinstance(values, dict):
            return set()
        return set(values).union(*(keys(value) for value in values.values()))

    def value_of(entry: str) -> object:
        value: Any = params
        for part in entry.split("."):
            value = value[part]
        return value

    wrong = [
        (stage, entry)
        for stage, about in STORY.items()
        for entry in about["params"]
        if keys(value_of(entry)) & {"size", "nfiles"}
    ]
    assert wrong == []


def test_labels_reach_no_stage_that_must_not_read_them() -> None:
    for stage in ("decode", "align", "detection", "subsample", "identities", "pretrain"):
        assert not [dep for dep in STORY[stage]["deps"] if "labels" in dep]
    assert "data/corpus/labels_testing.csv" not in STORY["finetune"]["deps"]


def test_package_files_are_empty() -> None:
    filled = [path for package in ("pipeline", "stages") for path in (ROOT / package).rglob("__init__.py")]
    assert [path for path in filled if path.read_text().strip()] == []


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("av", ["pipeline/video.py"]),
        ("zarr", ["pipeline/zarr_store.py"]),
        ("facenet_pytorch", ["pipeline/faces/"]),
        ("distributed", ["pipeline/parallel/dask_cluster.py"]),
        ("captum", ["pipeline/saliency/relevance.py"]),
    ],
)
def test_a_library_is_imported_in_one_place(library: str, places: list[str]) -> None:
    files = [path for package in ("pipeline", "stages") for path in (ROOT / package).rglob("*.py")]
    importers = [
        str(path.relative_to(ROOT))
        for path in files
        if any(
            line.strip().startswith((f"import {library}", f"from {library}")) for line in path.read_text().splitlines()
        )
    ]
    assert [file for file in importers if not file.startswith(tuple(places))] == []
    assert importers


def test_the_library_imports_no_stage() -> None:
    assert [
        path
        for path in (ROOT / "pipeline").rglob("*.py")
        if "import stages" in path.read_text() or "from stages" in path.read_text()
    ] == []


def test_trained_models_are_artifacts_that_dvc_finds() -> None:
    with Repo(str(ROOT)) as repo:
        (found,) = repo.artifacts.read().values()
    outs = {path for stage in STORY.values() for path in stage.get("outs", []) if isinstance(path, str)}
    assert {name: (artifact.path, artifact.type) for name, artifact in found.items()} == {
        "pretrained": ("models/pretrained", "model"),
        "finetuned": ("models/finetuned", "model"),
    }
    assert {artifact.path for artifact in found.values()} <= outs
