"""dvc.yaml and the code agree: the `deps` of a stage are the project code that it imports, in the fewest entries."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

from pipeline.estimators.registry import module_name
from pipeline.params.estimator import estimator_names
from pipeline.runtime.project_code import reachable_modules

ROOT = Path(__file__).parents[1]
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
# Checks of parameters, which never change an output.
NOT_LISTED = {f"pipeline/params/{path.name}" for path in (ROOT / "pipeline/params").glob("*.py")}
CHOSEN = "pipeline/estimators/${estimator.name}.py"  # imported by name, not by a statement
ESTIMATORS = estimator_names()

IMPORT_EACH = """
import json, pathlib, sys
import distributed, lightning, sklearn.svm, torch, torchvision  # slow libraries: loaded once for all modules
root = pathlib.Path.cwd()
files_by_module = {}
for module in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] in ("pipeline", "stages")]:
        del sys.modules[name]
    __import__(module)
    files = [sys.modules[n].__file__ for n in sys.modules if n.split(".")[0] in ("pipeline", "stages")]
    files_by_module[module] = sorted(str(pathlib.Path(f).relative_to(root)) for f in files if f)
print(json.dumps(files_by_module))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """The project files that Python loads for each stage and estimator, by module.

    Package files and the checks of parameters are left out.
    """
    modules = [*(f"stages.{stage}" for stage in STAGES), *map(module_name, ESTIMATORS)]
    command = [sys.executable, "-c", IMPORT_EACH, *modules]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files_by_module = json.loads(output.splitlines()[-1])
    return {
        module: {file for file in files if not file.endswith("__init__.py")} - NOT_LISTED
        for module, files in files_by_module.items()
    }


def _code_deps(stage: str) -> list[str]:
    return [dep for dep in STAGES[stage]["deps"] if dep.startswith(("pipeline/", "stages/"))]


def _reached(stage: str, imported: dict[str, set[str]]) -> dict[str, set[str]]:
    """The files that a stage reaches with each estimator; by name, or by an empty name if it uses none."""
    own = imported[f"stages.{stage}"]
    if "pipeline/estimators/registry.py" not in own:
        return {"": own}
    return {name: own | imported[module_name(name)] for name in ESTIMATORS}


def _files_of(dep: str) -> list[str]:
    """Return the project files that an entry of `deps` covers, without package files."""
    paths = [ROOT / dep] if dep.endswith(".py") else (ROOT / dep).rglob("*.py")
    return [str(path.relative_to(ROOT)) for path in paths if path.name != "__init__.py"]


def _covers(dep: str, file: str, estimator: str = "") -> bool:
    dep = dep.replace("${estimator.name}", estimator)
    return file == dep or file.startswith(f"{dep}/")


@pytest.mark.parametrize("stage", STAGES)
def test_deps_cover_all_code_that_a_stage_imports(stage: str, imported: dict[str, set[str]]) -> None:
    for estimator, files in _reached(stage, imported).items():
        uncovered = {file for file in files if not any(_covers(dep, file, estimator) for dep in _code_deps(stage))}
        assert uncovered == set(), estimator


@pytest.mark.parametrize("stage", STAGES)
def test_deps_list_no_file_that_a_stage_does_not_import(stage: str, imported: dict[str, set[str]]) -> None:
    """A stage that lists a file without importing it reruns after changes that cannot affect its output.

    What the stage imports for one of the estimators is listed for all: DVC lists can depend on a name, not on code.
    """
    files = {dep: set(_files_of(dep)) for dep in _code_deps(stage) if dep != CHOSEN}
    assert [dep for dep in files if not files[dep]] == []
    assert set().union(*files.values()) - set().union(*_reached(stage, imported).values()) == set()


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_file_of_the_chosen_estimator_alone(stage: str, imported: dict[str, set[str]]) -> None:
    uses_estimators = len(_reached(stage, imported)) > 1
    assert (CHOSEN in _code_deps(stage)) == uses_estimators
    listed = {file for dep in _code_deps(stage) if dep != CHOSEN for file in _files_of(dep)}
    assert not listed & {f"pipeline/estimators/{name}.py" for name in ESTIMATORS}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_reaches_neither_the_training_engine_nor_another_estimator(
    name: str, imported: dict[str, set[str]]
) -> None:
    files = imported[module_name(name)]
    others = {f"pipeline/estimators/{other}.py" for other in ESTIMATORS if other != name}
    assert [file for file in files if file.startswith(("pipeline/training/", "pipeline/finetuning/"))] == []
    assert files & others == set()


def test_settings_of_estimators_load_no_slow_library() -> None:
    code = "import sys, pipeline.params.check; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    output = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"numpy", "scipy", "sklearn", "torch"} & set(output.split())


@pytest.mark.parametrize("stage", STAGES)
def test_deps_have_as_few_entries_as_possible(stage: str, imported: dict[str, set[str]]) -> None:
    """A folder of which a stage imports all files is one entry, and no file is covered twice."""
    deps, reached = _code_deps(stage), set().union(*_reached(stage, imported).values())
    assert [dep for dep in deps if any(_covers(other, dep) for other in deps if other != dep)] == []
    assert len(set(deps)) == len(deps)
    folders = {str(parent) for dep in deps for parent in Path(dep).parents} - {".", "pipeline", "stages"}
    whole = [folder for folder in sorted(folders - {"pipeline/estimators"}) if set(_files_of(folder)) <= reached]
    assert whole == []


@pytest.mark.parametrize("module", [*(f"stages.{stage}" for stage in STAGES), *map(module_name, ESTIMATORS)])
def test_reachable_modules_are_those_that_python_loads(module: str, imported: dict[str, set[str]]) -> None:
    walked = {str(path.relative_to(ROOT)) for path in reachable_modules(module).values()}
    assert walked == imported[module]


def test_stage_section_and_module_have_one_name() -> None:
    sections = yaml.safe_load((ROOT / "params.yaml").read_text())
    modules = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__"}
    assert set(STAGES) == modules
    for stage, definition in STAGES.items():
        assert definition["cmd"].split()[:4] == ["exec", "python", "-m", f"stages.{stage}"]
        listed = {key.split(".")[0] for key in definition["params"]}
        section = "corpus" if stage == "ingest" else stage
        assert section in listed or stage == "complexity"  # it has no parameters of its own
        assert listed <= set(sections)


def test_no_command_contains_a_parameter() -> None:
    """DVC puts parameters into a command unquoted, and the shell runs a folder that is called $(command)."""
    assert [stage for stage, definition in STAGES.items() if "${" in definition["cmd"]] == []


def test_sections_with_a_key_that_the_run_cache_ignores_are_listed_key_by_key() -> None:
    """DVC leaves every key called size or nfiles out of the keys of its run cache, even inside parameters."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text())

    def keys(values: object) -> set[str]:
        if not isinstance(values, dict):
            return set()
        return set(values).union(*(keys(value) for value in values.values()))

    def value_of(entry: str) -> object:
        value: Any = params
        for part in entry.replace("${estimator.name}", params["estimator"]["name"]).split("."):
            value = value[part]
        return value

    wrong = [
        (stage, entry)
        for stage, definition in STAGES.items()
        for entry in definition["params"]
        if keys(value_of(entry)) & {"size", "nfiles"}
    ]
    assert wrong == []


def test_stages_that_must_not_read_labels_do_not_depend_on_them() -> None:
    for stage in ("decode", "align", "detection", "subsample", "identities", "pretrain"):
        assert not [dep for dep in STAGES[stage]["deps"] if "labels" in dep]
    assert "data/corpus/labels_testing.csv" not in STAGES["finetune"]["deps"]


def test_package_files_are_empty() -> None:
    """But for the one that sets how threads wait, which changes no result and imports no project code."""
    files = [path for package in ("pipeline", "stages") for path in (ROOT / package).rglob("__init__.py")]
    assert [path for path in files if path.read_text().strip()] == [ROOT / "pipeline" / "__init__.py"]
    assert list(reachable_modules("pipeline")) == []


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("av", ["pipeline/video/"]),
        ("zarr", ["pipeline/zarr_store.py"]),
        ("facenet_pytorch", ["pipeline/faces/"]),
        ("distributed", ["pipeline/parallel/"]),
        ("sklearn", ["pipeline/regressors/"]),
        ("captum", ["pipeline/saliency/relevance.py"]),
    ],
)
def test_a_library_is_imported_in_one_module_or_package(library: str, allowed: list[str]) -> None:
    files = [path for package in ("pipeline", "stages") for path in (ROOT / package).rglob("*.py")]
    importers = [
        str(path.relative_to(ROOT))
        for path in files
        if any(
            line.strip().startswith((f"import {library}", f"from {library}")) for line in path.read_text().splitlines()
        )
    ]
    assert [file for file in importers if not file.startswith(tuple(allowed))] == []
    assert importers


def test_the_library_imports_no_stage() -> None:
    assert [
        path
        for path in (ROOT / "pipeline").rglob("*.py")
        if "import stages" in path.read_text() or "from stages" in path.read_text()
    ] == []


def test_trained_models_are_dvc_artifacts() -> None:
    with Repo(str(ROOT)) as repo:
        (artifacts,) = repo.artifacts.read().values()
    outs = {
        path
        for stage in STAGES.values()
        for out in stage.get("outs", [])
        for path in ({out: {}} if isinstance(out, str) else out)
    }
    assert {name: (artifact.path, artifact.type) for name, artifact in artifacts.items()} == {
        "pretrained": ("models/pretrained", "model"),
        "finetuned": ("models/finetuned", "model"),
    }
    assert {artifact.path for artifact in artifacts.values()} <= outs
