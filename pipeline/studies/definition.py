"""The definition of a study: grids of parameter values, in a small YAML file in studies/ or elsewhere."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from pipeline.params.check import check_params
from pipeline.places import hide_path
from pipeline.records.text import read_text

STUDIES = Path("studies")
NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"  # names of experiments begin with it, and Git must accept them


class StudyError(ValueError):
    """A study cannot be read or run; the message says which key or grid point is wrong, and what is allowed."""


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class Grid(BaseModel):
    """All combinations of some values of some parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str | None = Field(None, description="name of its rows; by default the values that vary")
    only: dict[str, Any] = Field({}, description="values that params.yaml must have, else the grid is left out")
    values: dict[str, Annotated[list[Any], BeforeValidator(_as_list)]] = Field(
        {}, description="dotted keys of params.yaml, each with a list of values"
    )


class Study(BaseModel):
    """The content of a study file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME, description="small letters, digits and hyphens, up to 40")
    title: str = Field(min_length=1, description="a line above its table")
    x: str | None = Field(None, description="the dotted key along the figure's x axis; without it, a line per row")
    repeats: list[str] = Field(
        [], description="dotted keys whose values share a row: seeds and permutations are averaged, folds are pooled"
    )
    table: Literal["figure4", "table2", "tables34"] | None = Field(
        None, description="the table of the paper that it fills: figure4, table2 or tables34"
    )
    observed: str | None = Field(
        None, description="the label of the grid that is placed among the repeats of the others: a permutation test"
    )
    draws: str | None = Field(
        None,
        description="the dotted key whose values draw a planted corpus anew: what cue, along x, is found how often",
    )
    ranked: bool = Field(True, description="false if the rows are no alternatives, as controls are not")
    values: dict[str, Any] = Field({}, description="dotted keys of params.yaml with a value for all grids")
    grids: list[Grid] = Field(min_length=1, description="a list of grids")

    @model_validator(mode="after")
    def _draws_have_an_axis(self) -> "Study":
        if self.draws is not None and (self.draws not in self.repeats or self.x is None):
            raise ValueError(f"draws is {self.draws!r}; allowed: one of the repeats, in a study with x")
        return self

    @model_validator(mode="after")
    def _observed_exists(self) -> "Study":
        labels = [grid.label for grid in self.grids if grid.label]
        if self.observed is not None and self.observed not in labels:
            raise ValueError(f"observed is {self.observed!r}; allowed: the label of a grid ({', '.join(labels)})")
        return self


@dataclass(frozen=True)
class Point:
    """One grid point of a study, which is one run.

    Attributes:
        row: label of its row in the table; points that differ only in the repeats share a row.
        values: dotted keys and their values.
        varying: those of the values that are not the same everywhere in the study.
        repeat: the values of the repeats, as part of a message; empty without repeats.
        params: the whole of params.yaml with the values in it.
        grid: label of its grid; empty if it has none.
    """

    row: str
    values: Mapping[str, Any]
    varying: Mapping[str, Any]
    repeat: str
    params: Mapping[str, Any]
    grid: str = ""


def list_studies(folder: Path = STUDIES) -> list[str]:
    """Return the names of the studies in `folder`."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def read_study(name: str, folder: Path = STUDIES) -> Study:
    """Read a study.

    Args:
        name: of a study in `folder`, or the path of a YAML file.
        folder: with the study files.

    Raises:
        StudyError: if there is no such study, or a key of it is wrong.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    try:
        content = yaml.safe_load(read_text(path))
        return Study.model_validate(content)
    except FileNotFoundError:
        names = ", ".join(list_studies(folder)) or "none"
        raise StudyError(f"{path}: no such study; allowed: {names}, or the path of a YAML file") from None
    except yaml.YAMLError as error:
        raise StudyError(f"{path}: not valid YAML: {error}") from None
    except ValidationError as error:
        lines = (f"{path}: {'.'.join(map(str, item['loc'])) or 'the whole'}: {item['msg']}" for item in error.errors())
        raise StudyError("\n".join([*lines, f"allowed: {_allowed_keys()}"])) from None


def points(study: Study, base: Mapping[str, Any], changes: Mapping[str, Any]) -> list[Point]:
    """Return the grid points of a study, each with checked parameters; points with equal parameters occur once.

    Args:
        study: the study.
        base: the content of params.yaml.
        changes: further values for all points, by dotted keys.

    Raises:
        StudyError: if a key does not exist in params.yaml.
        ParamsError: if a point has a value that is not allowed.
    """
    changed_base = _change(base, changes, "what is set for all points")
    shared = {key: value for key, value in study.values.items() if key not in changes}
    changed_base = _change(changed_base, shared, study.name)
    varying_keys = _varying_keys(study)
    grid_points: list[Point] = []
    for number, grid in enumerate(study.grids, start=1):
        source = f"{study.name}, grid {number}"
        if any(_get(changed_base, key, source) != value for key, value in grid.only.items()):
            continue
        for combination in itertools.product(*grid.values.values()):
            values = {**shared, **dict(zip(grid.values, combination, strict=True))}
            params = _change(changed_base, values, source)
            check_params(params, f"{source}, {_format_values(values) or 'params.yaml as it is'}")
            varying = {key: value for key, value in values.items() if key in varying_keys}
            row_values = {key: value for key, value in varying.items() if key not in study.repeats}
            row = _row_label(study, grid, row_values)
            repeat = _format_values({key: values[key] for key in study.repeats if key in values})
            if all(params != point.params for point in grid_points):
                grid_points.append(Point(row, values, varying, repeat, params, grid.label or ""))
    if not grid_points:
        raise StudyError(f"{study.name}: no grid fits params.yaml (`only`), so there is nothing to run")
    return grid_points


def format_value(value: Any) -> str:
    """Format the value of a parameter for tables and names; a path of this machine is not shown.

    Examples:
        >>> format_value([3, 5, 7]), format_value(True), format_value(None), format_value("/home/ann")
        ('3 5 7', 'true', 'null', 'path b4d9dc52')
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(map(format_value, value))
    return hide_path(value) if isinstance(value, str) else str(yaml.safe_dump(value).splitlines()[0])


def parse_changes(assignments: Sequence[str]) -> dict[str, Any]:
    """Parse assignments `key=value`, as `dvc exp run -S` takes them, into values by dotted keys.

    Raises:
        StudyError: if one is no assignment.
    """
    changes = {}
    for assignment in assignments:
        key, sign, value = assignment.partition("=")
        if not (key and sign):
            raise StudyError(f"-S {assignment}; allowed: key=value, as finetune.validation=subjects")
        changes[key] = yaml.safe_load(value)
    return changes


def _row_label(study: Study, grid: Grid, values: Mapping[str, Any]) -> str:
    """Return the label of a grid point's row: that of the grid, with the place on the x axis, or else its values."""
    if grid.label is None:
        return _format_values(values) or "as it is"
    place = {key: value for key, value in values.items() if key == study.x}
    return ", ".join([grid.label, *([_format_values(place)] if place else [])])


def _format_values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {format_value(value)}" for key, value in values.items())


def _varying_keys(study: Study) -> set[str]:
    """Return the keys that do not have the same value in all grid points of a study."""
    keys = {key for grid in study.grids for key in grid.values}
    texts = {key: {format_value(v) for grid in study.grids for v in grid.values.get(key, [None])} for key in keys}
    return {key for key, values in texts.items() if len(values) > 1}


def _get(params: Mapping[str, Any], key: str, source: str) -> Any:
    """Return the value of a dotted key; the StudyError for an unknown key names its `source`."""
    value: Any = params
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise StudyError(f"{source}: {key} is not a known key of params.yaml")
        value = value[part]
    return value


def _change(base: Mapping[str, Any], values: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return a copy of params with the values of some dotted keys changed."""
    changed = dict(base)
    for key, value in values.items():
        _get(base, key, source)
        *sections, last = key.split(".")
        section = changed
        for part in sections:
            section[part] = dict(section[part])
            section = section[part]
        section[last] = value
    return changed


def _allowed_keys() -> str:
    grid = "; ".join(f"{name} ({field.description})" for name, field in Grid.model_fields.items())
    study = "; ".join(f"{name} ({field.description})" for name, field in Study.model_fields.items())
    return f"{study}; of a grid: {grid}"
