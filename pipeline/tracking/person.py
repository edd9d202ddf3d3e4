"""The followed person, as far as the survey tells, and the questions of tracking about that person's faces."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from pipeline.tracking.linking import choose_face
from pipeline.tracking.tracks import Observation, Track, box_proximity


class Person:
    """The person whom the first of some tracks shows."""

    def __init__(self, tracks: list[Track], time: Float[np.ndarray, " rows"], survey_step: float) -> None:
        """Describe the person by a survey.

        Args:
            tracks: of the survey, the person's first; none if nobody has been seen.
            time: of all rows, in seconds.
            survey_step: seconds between two rows of the survey.
        """
        self.tracks, self._time, self._survey_step = tracks, time, survey_step

    def choose(self, frame: list[Observation]) -> int | None:
        """Return the index of the person's face among those of a row, or None if it is not there."""
        return choose_face(self.tracks[0], frame) if self.tracks else None

    def has_company(self, row: int) -> bool:
        """Whether the survey observed another person near this one around the time of a row."""
        if not self.tracks:
            return False
        box, time = self.tracks[0].box_at(row), self._time
        return any(
            box_proximity(box, track.box_at(row)) > 0
            for track in self.tracks[1:]
            if time[track.rows[0]] - self._survey_step < time[row] < time[track.rows[-1]] + self._survey_step
        )


@dataclass
class Questions:
    """Asks the person as the survey shows that person so far, and remembers what was asked and answered.

    Attributes:
        person: replaced as the survey goes on.
    """

    person: Person
    _chosen: list[tuple[list[Observation], int | None]] = field(default_factory=list)
    _company: dict[int, bool] = field(default_factory=dict)
    _unasked: list[int] = field(default_factory=list)

    def choose(self, frame: list[Observation]) -> int | None:
        """Return the index of the person's face among those of a row, or None if it is not there."""
        answer = self.person.choose(frame)
        if frame:
            self._chosen.append((frame, answer))
        return answer

    def has_company(self, row: int) -> bool:
        """Whether the survey observed another person near this one around the time of a row."""
        self._company[row] = self.person.has_company(row)
        return self._company[row]

    def pass_over(self, rows: list[int]) -> None:
        """Note rows that were not searched because nobody had been seen yet."""
        self._unasked += rows

    def changed(self, person: Person) -> set[int]:
        """Return the rows about which another description of the person gives another answer."""
        rows = {frame[0].row for frame, answer in self._chosen if person.choose(frame) != answer}
        rows |= {row for row, answer in self._company.items() if person.has_company(row) != answer}
        return rows | set(self._unasked) if person.tracks else rows
