"""What the reader of a layout gives: one entry a video, and a report of what is wrong."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One video as its layout names it, not yet checked.

    Attributes:
        recording: the id of the video.
        path: where it lies.
        subject: who is seen.
        session: which visit; empty where unknown.
        task: what the subject did; empty where unknown.
        partition: training, development or test.
        score: the BDI-II score as written in the label; None where there is none.
        source: the file, and row where there is one, to name in an error.
        sex: as the corpus writes it; empty where unknown.
        age: in years, as written; empty where unknown.
    """

    recording: str
    path: Path
    subject: str
    session: str
    task: str
    partition: str
    score: str | None
    source: str
    sex: str = ""
    age: str = ""


@dataclass
class Report:
    """Everything that is wrong with a corpus: errors stop, warnings are shown."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
