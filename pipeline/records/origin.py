"""The origin of a made corpus: whether it is drawn or planted, and what its scores change. A recorded corpus has none.

Stage simulate writes it beside the corpus, ingest passes it on, and finetune puts it into the model folder, so that a
model which was fitted to scores that nobody has says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

DRAWN, PLANTED = "drawn", "planted"


@dataclass(frozen=True)
class Origin:
    """How a corpus was made.

    Attributes:
        kind: `drawn` (all of it) or `planted` (recordings of people whose speed was changed).
        cue: how strongly the score changes the recordings; 0 if not at all.
        cue_in: what the score changes: `dynamics` or `appearance`.
        footage: the digest of the recordings that a planted corpus is made from; empty for a drawn one.
    """

    kind: str
    cue: float
    cue_in: str
    footage: str = ""

    def __post_init__(self) -> None:
        if self.kind not in (DRAWN, PLANTED):
            raise ValueError(f"a corpus of the kind {self.kind!r}; allowed: {DRAWN}, {PLANTED}")

    @property
    def controls(self) -> tuple[str, ...]:
        """What makes every model of the corpus a control, in words; empty if its dynamics show the score."""
        if not self.cue:
            return (f"fitted to a {self.kind} corpus that does not show the score (simulate.cue is 0)",)
        if self.cue_in == "appearance":
            return (f"fitted to a {self.kind} corpus that shows the score at rest (simulate.cue_in)",)
        return ()

    @property
    def demonstration(self) -> str:
        """The sentence that a model of the corpus is a demonstration."""
        made = (
            "drawn faces and knows nothing of people"
            if self.kind == DRAWN
            else "recordings whose speed was changed by made-up scores, and knows nothing of depression"
        )
        return f"A DEMONSTRATION: the model is fitted to {made}; its number stands for no severity"

    def to_json(self) -> dict[str, Any]:
        """Return the origin as JSON values."""
        return {name: value for name, value in asdict(self).items() if value != ""}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Origin | None":
        """Return the origin that `to_json` wrote; None for an empty object.

        Raises:
            KeyError, TypeError, ValueError: if `values` are no origin.
        """
        if not values:
            return None
        return cls(str(values["kind"]), float(values["cue"]), str(values["cue_in"]), str(values.get("footage", "")))


def origin_to_json(origin: Origin | None) -> dict[str, Any]:
    """Return an origin as JSON values; an empty object for a recorded corpus."""
    return {} if origin is None else origin.to_json()
