"""Reads params.yaml and reports every wrong key: its value and what is allowed."""

import json
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

import yaml
from pydantic import ValidationError

from pipeline.params.errors import ParamsError
from pipeline.params.faces import Align
from pipeline.params.network import Model
from pipeline.params.section import Section
from pipeline.params.whole import Params

S = TypeVar("S", bound=Section)


RENAMED = {  # keys of earlier versions, and what has taken their place
    "align.survey": "align.survey_step, in seconds: frames divided by frames per second, as 30 at 30 frames/s: 1.0",
    "finetune.labels": "corpus.labels, which permutes fitted and tested scores; permuted: permuted_sessions",
}


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check all of `path`.

    Raises:
        ParamsError: naming every key that is unknown, missing, of the wrong type or out of range, with its value and
            what is allowed.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file; run in the root of the repository") from None
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {error}") from None
    return check_params(values, str(path))


def check_params(values: Any, source: str = "params.yaml") -> Params:
    """Check the content of a params.yaml; see `load_params`."""
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        lines = dict.fromkeys(f"{source}: {_explain(detail, values)}" for detail in error.errors())
        raise ParamsError("\n".join(lines)) from None


def check_model(values: dict[str, Any], source: str) -> Model:
    """Check a section `model` by itself; see `load_params`."""
    return _check_section("model", Model, values, source)


def check_align(values: dict[str, Any], source: str) -> Align:
    """Check a section `align` by itself; see `load_params`."""
    return _check_section("align", Align, values, source)


def _check_section(name: str, section: type[S], values: dict[str, Any], source: str) -> S:
    try:
        return section.model_validate(values)
    except ValidationError as error:
        details = ({**detail, "loc": (name, *detail["loc"])} for detail in error.errors())
        raise ParamsError("\n".join(f"{source}: {_explain(detail, {name: values})}" for detail in details)) from None


def _explain(detail: Any, values: Any) -> str:
    """Return one line about one of pydantic's error details: the key, its value, what is allowed."""
    if detail["type"] == "value_error" and (message := str(detail["ctx"]["error"])):
        return message  # of a check between keys, which names them and their values itself
    section, names = _locate(detail["loc"])
    name = ".".join(names)
    if detail["type"] in ("extra_forbidden", "invalid_key"):
        if name in RENAMED:
            return f"{name} is now {RENAMED[name]}"
        owner = ".".join(names[:-1]) or "params.yaml"
        return f"{name} is not a known key; {owner} has the keys {', '.join(section.model_fields)}"
    for part in names:
        if part not in values:
            return f"{name} is missing; allowed: {_allowed(section, names)}"
        values = values[part]
    return f"{name or 'the whole'} is {json.dumps(values, default=str)}; allowed: {_allowed(section, names)}"


def _locate(location: tuple[int | str, ...]) -> tuple[type[Section], list[str]]:
    """Return the section class of an error location, and the names that lead to the key, from the root.

    The rest of pydantic's location, such as an index in a list, is left out, because the whole key is named.
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


def _is_section(annotation: Any) -> TypeGuard[type[Section]]:
    return isinstance(annotation, type) and issubclass(annotation, Section)


def _allowed(section: type[Section], names: list[str]) -> str:
    """Return what is allowed as the value of the last of `names`."""
    if not names:
        return f"the sections {', '.join(section.model_fields)}"
    field = section.model_fields[names[-1]]
    if _is_section(field.annotation):
        return f"a section with the keys {', '.join(field.annotation.model_fields)}"
    return field.description or str(field.annotation)
