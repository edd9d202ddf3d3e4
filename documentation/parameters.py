"""The page of params.yaml, made from the parameter classes, the profiles and dvc.yaml."""

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from documentation.tables import code, table
from pipeline.params.section import Section
from pipeline.params.whole import Params

INTRODUCTION = """# Parameters

`params.yaml` holds every number that changes a result. Every stage checks the whole file before any work: an unknown
key, a wrong type or a value that is not allowed stops it, and the message names the key, the value and what is allowed.
Settings that change speed alone are [environment variables](environment.md).

The column *demo* has the values of `params.yaml`, which fit the simulated corpus. The columns of the profiles have the
values that `msn profile avec2013` and `msn profile avec2014` write there. A dash means that a profile leaves the value
as it is. The reasons for the values are in the comments of `params.yaml` and of the files in `profiles/`; settings that
the paper omits are in [what the paper leaves open](../explanation/open-questions.md).

A change of a key reruns the stages that read it, and the stages that depend on their outputs.
"""


def parameters_page() -> str:
    """Return the page: a table for each section of params.yaml."""
    demo = _yaml("params.yaml")
    profiles = {path.stem: _yaml(path) for path in sorted(Path("profiles").glob("*.yaml"))}
    stages = _yaml("dvc.yaml")["stages"]
    parts = [INTRODUCTION]
    for name, field in Params.model_fields.items():
        section = field.annotation
        assert isinstance(section, type) and issubclass(section, Section)
        rows = [
            (
                code(key),
                code(json.dumps(_value(demo, key))),
                *(_profile_value(profile, key) for profile in profiles.values()),
                allowed,
                ", ".join(_readers(stages, key)),
            )
            for key, allowed in _keys(section, name)
        ]
        parts += [f"## {name}", inspect.cleandoc(section.__doc__ or "")]
        parts.append(table(("key", "demo", *profiles, "allowed", "read by"), rows))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _keys(section: type[Section], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the dotted key of every parameter of a section, and what is allowed for it."""
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from _keys(inner, f"{prefix}.{name}")
        else:
            yield f"{prefix}.{name}", field.description or ""


def has_key(values: Any, key: str) -> bool:
    """Whether nested mappings hold a dotted key."""
    for part in key.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True


def _value(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values[part]
    return values


def _profile_value(profile: Mapping[str, Any], key: str) -> str:
    return code(json.dumps(_value(profile, key))) if has_key(profile, key) else "-"


def _readers(stages: Mapping[str, Any], key: str) -> list[str]:
    """Return the stages of which dvc.yaml lists the key, or a section that holds it."""
    listed = {name: stage.get("params", []) for name, stage in stages.items()}
    return [name for name, entries in listed.items() if any(f"{key}.".startswith(f"{entry}.") for entry in entries)]


def _yaml(path: str | Path) -> Any:
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
