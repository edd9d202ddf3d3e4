"""dvc.yaml lists exactly the parameters that each stage reads; a run of all stages at the smallest scale shows them."""

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.params.section import Section
from pipeline.params.whole import Params
from pipeline.runtime.code_guard import run_guarded

ROOT = Path(__file__).parents[1]
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def _leaves(section: type[Section], prefix: str) -> Iterator[tuple[type[Section], str, str]]:
    """Yield (section class, field, dotted key) of every single parameter below `section`."""
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from _leaves(inner, f"{prefix}{name}.")
        else:
            yield section, name, f"{prefix}{name}"


LEAVES = list(_leaves(Params, ""))
KEYS = {(section, name): key for section, name, key in LEAVES}


def _listed(stage: str) -> set[str]:
    """Return the single parameters that dvc.yaml lists for a stage, by name or as a whole section."""
    entries = STAGES[stage]["params"]
    return {key for _, _, key in LEAVES if any(key == entry or key.startswith(f"{entry}.") for entry in entries)}


@pytest.fixture(scope="module")
def keys_read(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> dict[str, set[str]]:
    """The single parameters that the `main` of each stage, and the library that it calls, read in a real run."""
    folder = tmp_path_factory.mktemp("chain")
    (folder / "params.yaml").write_text(yaml.safe_dump(smallest))
    keys: set[str] = set()
    params_ids: set[int] = set()  # of the sections of params.yaml, not of those that describe a model on disk
    plain_get, plain_dump = Section.__getattribute__, Section.model_dump

    def get(self: Section, name: str) -> Any:
        if id(self) in params_ids and (type(self), name) in KEYS:
            keys.add(KEYS[type(self), name])
        return plain_get(self, name)

    def dump(self: Section, *args: Any, **kwargs: Any) -> dict[str, Any]:
        excluded = set(kwargs.get("exclude") or ())
        if id(self) in params_ids:
            keys.update(key for _, name, key in _leaves(type(self), _prefix(type(self))) if name not in excluded)
        return plain_dump(self, *args, **kwargs)

    keys_by_stage: dict[str, set[str]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MSN_WORK", str(folder / "work"))
        patch.setenv("MSN_WORKERS", "1")  # in this process, where reads are recorded
        patch.setenv("MSN_DEVICE", "cpu")
        patch.setattr(Section, "__getattribute__", get)
        patch.setattr(Section, "model_dump", dump)
        for stage, definition in STAGES.items():
            module = importlib.import_module(f"stages.{stage}")
            paths = [Path(argument) for argument in definition["cmd"].split()[4:]]

            def main(params: Params, *paths: Path, stage_main: Any = module.main) -> None:
                params_ids.clear()
                params_ids.update(map(id, _sections(params)))
                keys.clear()  # of reads by the check of the whole file
                stage_main(params, *paths)

            run_guarded(main, f"stages.{stage}", paths)
            keys_by_stage[stage] = set(keys)
    shutil.rmtree(folder)
    return keys_by_stage


def _sections(section: Section) -> Iterator[Section]:
    yield section
    for name in type(section).model_fields:
        if isinstance(inner := getattr(section, name), Section):
            yield from _sections(inner)


def _prefix(section: type[Section]) -> str:
    key = next((key for owner, _, key in LEAVES if owner is section), "")  # a section may be empty
    return key.rpartition(".")[0] + "."


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_lists_exactly_the_parameters_it_reads(stage: str, keys_read: dict[str, set[str]]) -> None:
    if stage == "estimator":  # it checks the whole section, and writes the settings of the chosen estimator
        assert keys_read[stage] <= _listed(stage) == {key for key in KEYS.values() if key.startswith("estimator.")}
    else:
        assert keys_read[stage] == _listed(stage)


def test_every_parameter_is_read_by_a_stage() -> None:
    assert set().union(*map(_listed, STAGES)) == set(KEYS.values())
