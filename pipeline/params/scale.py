"""The value of `corpus.scale`: the name of a severity scale, or a scale of one's own."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, PlainValidator, ValidationError, model_validator

from pipeline.params.section import Section

# The definitions are data, so that they can be checked here and stay a dependency of the stages that use them.
DEFINITIONS = Path(__file__).parents[1] / "severity" / "scales.yaml"
NAME = r"^\w[\w .+-]{0,39}$"  # what a figure, a folder and a table can show as it is
IN_WORDS = "1 to 40 letters, digits, blanks, points, plus signs and hyphens, beginning with a letter or digit"

Name = Annotated[str, Field(pattern=NAME)]


class OwnScale(Section):
    """A severity scale of one's own; scores are whole numbers or lie between them."""

    name: Name = Field(description=IN_WORDS)
    lowest: int = Field(description="a whole number: the lowest score")
    highest: int = Field(description="a whole number: the highest score")
    bands: dict[Name, int] = Field(
        min_length=2, description=f"at least two, each with its first score; names of {IN_WORDS}"
    )

    @model_validator(mode="after")
    def _bands_share_the_range(self) -> "OwnScale":
        firsts = sorted(self.bands.values())
        if firsts[0] != self.lowest or firsts[-1] > self.highest or len(set(firsts)) < len(firsts):
            raise ValueError(
                f"corpus.scale.bands begin at {', '.join(map(str, firsts))}; allowed: different scores, the first of "
                f"them corpus.scale.lowest ({self.lowest}), none above corpus.scale.highest ({self.highest})"
            )
        return self


@cache
def _definitions() -> dict[str, OwnScale]:
    values = yaml.safe_load(DEFINITIONS.read_text(encoding="utf-8"))
    return {name: OwnScale.model_validate(value) for name, value in values.items()}


def scale_names() -> list[str]:
    """Return the names of the scales that need not be written out."""
    return list(_definitions())


def written_out(scale: str | dict[str, Any]) -> OwnScale:
    """Return a checked value of `corpus.scale` with its range and bands, whether it is named or written out."""
    return _definitions()[scale] if isinstance(scale, str) else OwnScale.model_validate(scale)


def _check(value: Any) -> str | dict[str, Any]:
    if isinstance(value, str) and value in _definitions():
        return value
    if not isinstance(value, dict):
        raise ValueError  # the description says what is allowed
    try:
        return OwnScale.model_validate(value).model_dump()
    except ValidationError as error:
        raise ValueError("; ".join(dict.fromkeys(_explain(detail, value) for detail in error.errors()))) from None


def _explain(detail: Any, value: dict[str, Any]) -> str:
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    key = str(detail["loc"][0])
    if key not in OwnScale.model_fields:
        return f"corpus.scale.{key} is not a known key; corpus.scale has the keys {', '.join(OwnScale.model_fields)}"
    allowed = OwnScale.model_fields[key].description
    if key not in value:
        return f"corpus.scale.{key} is missing; allowed: {allowed}"
    return f"corpus.scale.{key} is {value[key]!r}; allowed: {allowed}"


ScaleValue = Annotated[str | dict[str, Any], PlainValidator(_check)]
"""The name of a scale in scales.yaml, or a scale that is written out."""
