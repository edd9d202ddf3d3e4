"""What a study is: a grid over parameters, as a small YAML file of studies/ or of one's own."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.params_check import check_params

STUDIES = Path("studies")
NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"  # it begins the names of experiments, which Git must accept


class StudyError(ValueError):
    """A study cannot be read or run; the message says which key or grid point is wrong, and what is allowed."""


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class Grid(BaseModel):
    """Every combination of some values of some parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str | None = Field(None, description="what its points are called; by default by the values that vary")
    only: dict[str, Any] = Field({}, description="values that params.yaml must have, else the grid is left out")
    values: dict[str, Annotated[list[Any], BeforeValidator(_as_list)]] = Field(
        {}, description="dotted keys of params.yaml, each with a list of values"
    )


class Study(BaseModel):
    """A study as its file has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME, description="small letters, digits and hyphens, up to 40")
    title: str = Field(min_length=1, description="a line above its table")
    x: str | None = Field(None, description="the dotted key along the figure's x axis; without it, points are rows")
    repeats: list[str] = Field([], description="dotted keys over which points are summed up: seeds, folds")
    table: Literal["figure4", "table2", "tables34"] | None = Field(
        None, description="what of the paper it fills: figure4, table2 or tables34"
    )
    ranked: bool = Field(True, description="false where rows are no alternatives, as controls are")
    grids: list[Grid] = Field(min_length=1, description="a list of grids")


@dataclass(frozen=True)
class Point:
    """One run of a study.

    Attributes:
        row: what its row in the table is called: all but the repeats.
        values: dotted keys and their values.
        apart: those of them that are not the same in all of the study.
        repeat: the values of the repeats, as told in names; empty without any.
        params: the whole of params.yaml with the values in it.
    """

    row: str
    values: Mapping[str, Any]
    apart: Mapping[str, Any]
    repeat: str
    params: Mapping[str, Any]


def known_studies(folder: Path = STUDIES) -> list[str]:
    """The names of the studies in `folder`."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def read_study(name: str, folder: Path = STUDIES) -> Study:
    """Read the study `name` of `folder`, or the file that `name` is the path of.

    Raises:
        StudyError: where there is none, or a key of it is wrong.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Study.model_validate(found)
    except FileNotFoundError:
        known = ", ".join(known_studies(folder)) or "none"
        raise StudyError(f"{path}: no such study; allowed: {known}, or the path of a YAML file") from None
    except yaml.YAMLError as error:
        raise StudyError(f"{path}: not valid YAML: {error}") from None
    except ValidationError as error:
        lines = (f"{path}: {'.'.join(map(str, item['loc'])) or 'the whole'}: {item['msg']}" for item in error.errors())
        raise StudyError("\n".join([*lines, f"allowed: {_allowed()}"])) from None


def points(study: Study, base: Mapping[str, Any], changes: Mapping[str, Any]) -> list[Point]:
    """Every run of a study, each checked as a stage would check it; equal ones once.

    Args:
        study: the study.
        base: the content of params.yaml.
        changes: further values for all points, by dotted keys.

    Raises:
        StudyError: where a key is none of params.yaml's.
        ParamsError: where a point holds a value that is not allowed.
    """
    begun = _with(base, changes, "what is set for all points")
    varying = _varying(study)
    found: list[Point] = []
    for number, grid in enumerate(study.grids, start=1):
        place = f"{study.name}, grid {number}"
        if any(_get(begun, key, place) != value for key, value in grid.only.items()):
            continue
        for combination in itertools.product(*grid.values.values()):
            values = dict(zip(grid.values, combination, strict=True))
            params = _with(begun, values, place)
            check_params(params, f"{place}, {_told(values) or 'params.yaml as it is'}")
            apart = {key: value for key, value in values.items() if key in varying}
            shown = {key: value for key, value in apart.items() if key not in study.repeats}
            row = grid.label or _told(shown) or "as it is"
            repeat = _told({key: values[key] for key in study.repeats if key in values})
            if all(params != other.params for other in found):
                found.append(Point(row, values, apart, repeat, params))
    if not found:
        raise StudyError(f"{study.name}: no grid fits params.yaml (`only`), so there is nothing to run")
    return found


def value_at(params: Mapping[str, Any], key: str) -> Any:
    """The value of a dotted key; None where there is none."""
    value: Any = params
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def told(value: Any) -> str:
    """A value as tables show it.

    >>> told([3, 5, 7]), told(0.5), told(True), told(None)
    ('3 5 7', '0.5', 'true', 'null')
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(map(told, value))
    return value if isinstance(value, str) else str(yaml.safe_dump(value).splitlines()[0])


def parse_changes(assignments: Sequence[str]) -> dict[str, Any]:
    """Read `key=value` as `dvc exp run -S` takes it, for one value.

    Raises:
        StudyError: where one is no assignment.
    """
    found = {}
    for assignment in assignments:
        key, sign, value = assignment.partition("=")
        if not (key and sign):
            raise StudyError(f"-S {assignment}; allowed: key=value, as finetune.validation=subjects")
        found[key] = yaml.safe_load(value)
    return found


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {told(value)}" for key, value in values.items())


def _varying(study: Study) -> set[str]:
    """Keys that do not have one and the same value everywhere."""
    keys = {key for grid in study.grids for key in grid.values}
    one = {key: {told(v) for grid in study.grids for v in grid.values.get(key, [None])} for key in keys}
    return {key for key, values in one.items() if len(values) > 1}


def _get(params: Mapping[str, Any], key: str, place: str) -> Any:
    value: Any = params
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise StudyError(f"{place}: {key} is not a known key of params.yaml")
        value = value[part]
    return value


def _with(base: Mapping[str, Any], values: Mapping[str, Any], place: str) -> dict[str, Any]:
    """A copy of params with some values changed."""
    changed = dict(base)
    for key, value in values.items():
        _get(base, key, place)
        *sections, last = key.split(".")
        owner = changed
        for part in sections:
            owner[part] = dict(owner[part])
            owner = owner[part]
        owner[last] = value
    return changed


def _allowed() -> str:
    grid = "; ".join(f"{name} ({field.description})" for name, field in Grid.model_fields.items())
    study = "; ".join(f"{name} ({field.description})" for name, field in Study.model_fields.items())
    return f"{study}; of a grid: {grid}"
