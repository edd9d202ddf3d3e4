"""Output of the layout readers: one entry for each video, and a report of the problems."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One video of a corpus as its layout describes it, not yet checked.

    Attributes:
        recording: the id of the video.
        path: the video file.
        subject: the name of the subject.
        session: the session; empty if unknown.
        task: the task of the subject; empty if unknown.
        partition: training, development or test.
        score: the score as written in the label; None if there is none.
        source: the file, and the row if it is a table, that error messages name.
        sex: as written in the corpus; empty if unknown.
        age: in years, as written in the corpus; empty if unknown.
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
    """The problems of a corpus: errors stop the stage, warnings are logged."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
