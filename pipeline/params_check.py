"""TODO docstring."""

import json
from pathlib import Path
from typing import Any, TypeGuard

import yaml
from pydantic import ValidationError

from pipeline.params import Model, Params, ParamsError, Section


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check the whole of `path`.

    Raises:
        ParamsError: naming every key that is unknown, missing, of the wrong type or out of range, with the value
            found and what is allowed.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run in the root of the repository") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {error}") from None
    return check_params(found, str(path))


def check_params(found: Any, source: str = "params.yaml") -> Params:
    """Check what a params.yaml held; see `load_params`."""
    try:
        return Params.model_validate(found)
    except ValidationError as error:
        lines = dict.fromkeys(f"{source}: {_explain(detail, found)}" for detail in error.errors())
        raise ParamsError("\n".join(lines)) from None


def check_model(found: dict[str, Any], source: str) -> Model:
    """Check a section `model` by itself; see `load_params`."""
    try:
        return Model.model_validate(found)
    except ValidationError as error:
        details = ({**detail, "loc": ("model", *detail["loc"])} for detail in error.errors())
        raise ParamsError("\n".join(f"{source}: {_explain(detail, {'model': found})}" for detail in details)) from None


def _explain(detail: Any, found: Any) -> str:
    """One line for one of pydantic's findings: the key, what was found, what is allowed."""
    if detail["type"] == "value_error" and (written := str(detail["ctx"]["error"])):
        return written  # by a check between keys, which names them and their values itself
    section, names = _locate(detail["loc"])
    name = ".".join(names)
    if detail["type"] in ("extra_forbidden", "invalid_key"):
        owner = ".".join(names[:-1]) or "params.yaml"
        return f"{name} is not a known key; {owner} has the keys {', '.join(section.model_fields)}"
    for part in names:
        if part not in found:
            return f"{name} is missing; allowed: {_allowed(section, names)}"
        found = found[part]
    return f"{name or 'the whole'} is {json.dumps(found, default=str)}; allowed: {_allowed(section, names)}"


def _locate(location: tuple[int | str, ...]) -> tuple[type[Section], list[str]]:
    """The names that lead to the key of a finding, and the section that has the last of them.

    What pydantic says beyond, as the place in a list, is left out: the whole key is named.
    """
    section: type[Section] = Params
    names: list[str] = []
    for part in location:
        if names:
            field = section.model_fields.get(names[-1])
            if field is None or not _is_section(field.annotation):
                break
            section = field.annotation
        names.append(str(part))
    return section, names


def _is_section(kind: Any) -> TypeGuard[type[Section]]:
    return isinstance(kind, type) and issubclass(kind, Section)


def _allowed(section: type[Section], names: list[str]) -> str:
    if not names:
        return f"the sections {', '.join(section.model_fields)}"
    field = section.model_fields[names[-1]]
    if _is_section(field.annotation):
        return f"a section with the keys {', '.join(field.annotation.model_fields)}"
    return field.description or str(field.annotation)
