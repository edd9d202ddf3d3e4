"""The followed person, as far as the survey tells, and the questions of tracking about that person's faces."""

import pickle
from collections.abc import Iterator
from tempfile import TemporaryFile

import numpy as np
from jaxtyping import Float

from pipeline.tracking.linking import choose_face
from pipeline.tracking.tracks import Observation, Track, box_proximity

IN_MEMORY = 2000  # questions; earlier ones are in a temporary file


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


class QuestionedPerson(Person):
    """The person as the survey so far describes them; each question and its answer is remembered.

    The small pictures of the faces that were asked about take 1.7 KB each, so those of a long recording are in a
    temporary file, which no other account can open.
    """

    def __init__(self, time: Float[np.ndarray, " rows"], survey_step: float) -> None:
        """Begin before anybody has been seen."""
        super().__init__([], time, survey_step)
        self._chosen: list[tuple[list[Observation], int | None]] = []
        self._earlier = TemporaryFile()  # noqa: SIM115  removed with this object
        self._company: dict[int, bool] = {}
        self._passed_over: list[int] = []

    def choose(self, frame: list[Observation]) -> int | None:
        """Return the index of the person's face among those of a row, or None if it is not there."""
        answer = super().choose(frame)
        if frame:
            self._chosen.append((frame, answer))
        if len(self._chosen) >= IN_MEMORY:
            pickle.dump(self._chosen, self._earlier, pickle.HIGHEST_PROTOCOL)
            self._chosen = []
        return answer

    def has_company(self, row: int) -> bool:
        """Whether the survey observed another person near this one around the time of a row."""
        self._company[row] = super().has_company(row)
        return self._company[row]

    def pass_over(self, rows: list[int]) -> None:
        """Note rows that are not searched because nobody has been seen yet."""
        self._passed_over += rows

    def changed(self, person: Person) -> set[int]:
        """Return the rows about which another description of the person gives another answer."""
        rows = {frame[0].row for frame, answer in self._questions() if person.choose(frame) != answer}
        rows |= {row for row, answer in self._company.items() if person.has_company(row) != answer}
        return rows | set(self._passed_over) if person.tracks else rows

    def _questions(self) -> Iterator[tuple[list[Observation], int | None]]:
        """Yield the faces of each question to `choose` with its answer."""
        end = self._earlier.tell()
        self._earlier.seek(0)
        while self._earlier.tell() < end:
            yield from pickle.load(self._earlier)
        yield from self._chosen
