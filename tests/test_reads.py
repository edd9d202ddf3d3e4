"""Every stage, run for real at the smallest scale in one chain: dvc.yaml lists exactly the parameters that it reads."""

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.params import Params, Section
from pipeline.runtime.code_guard import run_guarded

ROOT = Path(__file__).parents[1]
STORY: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def _leaves(kind: type[Section], prefix: str) -> Iterator[tuple[type[Section], str, str]]:
    """(section class, field, dotted key) of every single parameter below `kind`."""
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from _leaves(inner, f"{prefix}{name}.")
        else:
            yield kind, name, f"{prefix}{name}"


LEAVES = list(_leaves(Params, ""))
KEYS = {(kind, name): key for kind, name, key in LEAVES}


def _listed(stage: str) -> set[str]:
    """The single parameters that dvc.yaml lists for a stage, by name or as a whole section."""
    entries = STORY[stage]["params"]
    return {key for _, _, key in LEAVES if any(key == entry or key.startswith(f"{entry}.") for entry in entries)}


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> dict[str, set[str]]:
    """The single parameters that each stage's `main` and the library below it looked at in a real run."""
    folder = tmp_path_factory.mktemp("chain")
    (folder / "params.yaml").write_text(yaml.safe_dump(smallest))
    seen: set[str] = set()
    checked_ids: set[int] = set()  # sections of params.yaml, not those that describe a model on disk
    plain_get, plain_dump = Section.__getattribute__, Section.model_dump

    def get(self: Section, name: str) -> Any:
        if id(self) in checked_ids and (type(self), name) in KEYS:
            seen.add(KEYS[type(self), name])
        return plain_get(self, name)

    def dump(self: Section, *args: Any, **kwargs: Any) -> dict[str, Any]:
        left_out = set(kwargs.get("exclude") or ())
        if id(self) in checked_ids:
            seen.update(key for kind, name, key in _leaves(type(self), _prefix(type(self))) if name not in left_out)
        return plain_dump(self, *args, **kwargs)

    found: dict[str, set[str]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MSN_WORK", str(folder / "work"))
        patch.setenv("MSN_WORKERS", "1")  # in this process, where reads are seen
        patch.setenv("MSN_DEVICE", "cpu")
        patch.setattr(Section, "__getattribute__", get)
        patch.setattr(Section, "model_dump", dump)
        for stage, about in STORY.items():
            module = importlib.import_module(f"stages.{stage}")
            paths = [Path(word) for word in _filled(about["cmd"], smallest).split()[4:]]

            def main(checked: Params, *paths: Path, stage_main: Any = module.main) -> None:
                checked_ids.clear()
                checked_ids.update(map(id, _sections(checked)))
                seen.clear()  # what checking the whole file looked at
                stage_main(checked, *paths)

            run_guarded(main, f"stages.{stage}", paths)
            found[stage] = set(seen)
    shutil.rmtree(folder)
    return found


def _sections(section: Section) -> Iterator[Section]:
    yield section
    for name in type(section).model_fields:
        if isinstance(inner := getattr(section, name), Section):
            yield from _sections(inner)


def _prefix(kind: type[Section]) -> str:
    key = next(key for owner, _, key in LEAVES if owner is kind)
    return key.rpartition(".")[0] + "."


def _filled(command: str, values: dict[str, Any]) -> str:
    """A command of dvc.yaml with its ${section.key} filled in."""
    for section, key in (("corpus", "root"), ("corpus", "labels_root"), ("identities", "root"), ("identities", "list")):
        command = command.replace(f"${{{section}.{key}}}", values[section][key])
    assert "${" not in command
    return command


@pytest.mark.parametrize("stage", STORY)
def test_a_stage_lists_exactly_the_parameters_it_reads(stage: str, read: dict[str, set[str]]) -> None:
    assert read[stage] == _listed(stage)


def test_every_parameter_belongs_to_a_stage() -> None:
    by_command = {"corpus.root", "corpus.labels_root", "identities.root", "identities.list"}
    assert set().union(*map(_listed, STORY)) | by_command == set(KEYS.values())
