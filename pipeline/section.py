"""The base of all sections of params.yaml, and the types of their values."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def to_number(value: Any) -> Any:
    """Convert text such as `1e-05`, which DVC writes and PyYAML reads as text, to a number."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def to_tuple(value: Any) -> Any:
    """Convert a YAML list to a tuple, so that a checked section is immutable."""
    return tuple(value) if isinstance(value, list) else value


Real = Annotated[float, BeforeValidator(to_number)]

Count = Annotated[int, Field(ge=1)]

Share = Annotated[Real, Field(gt=0, lt=1)]


class Section(BaseModel):
    """One section of params.yaml: frozen, typed, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
