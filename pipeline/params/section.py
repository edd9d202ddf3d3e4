"""The base of all sections of params.yaml, and the types of their values."""

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


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


def _taken_literally(path: str) -> str:
    if "${" in path or any(unicodedata.category(character) in ("Cc", "Cs") for character in path):
        raise ValueError
    return path


Real = Annotated[float, BeforeValidator(to_number)]

Count = Annotated[int, Field(ge=1)]

Share = Annotated[Real, Field(gt=0, lt=1)]

# DVC would replace ${x} in a path by the value of a parameter, whenever an experiment changes any other one.
PlainPath = Annotated[str, Field(min_length=1), AfterValidator(_taken_literally)]

PLAIN = "without ${ and control characters; a link with a plain name may lead there"


class Section(BaseModel):
    """One section of params.yaml: frozen, typed, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
