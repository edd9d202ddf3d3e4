"""People who take turns at one place: only the followed one's faces are kept, and the rows of change are noted."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

import numpy as np

from pipeline.tracking.appearance import texture_of
from pipeline.tracking.gaps import Row
from pipeline.tracking.identity import People, tell_apart
from pipeline.tracking.tracks import Liveness, Track, box_proximity

SAME_PLACE = 0.5  # proximity of a face to the followed person's expected place from which on it is at that place


class Turns:
    """Separates the followed person from others who are seen at the same place at other times.

    Attributes:
        people: the people seen there; None for one person, whose rows cost nothing then.
        breaks: the rows before which the person changes, rising; filled as the rows are followed.
    """

    def __init__(self, tracks: list[Track]) -> None:
        """Tell people apart by the survey.

        Args:
            tracks: of the survey, the followed one first; the one with most observations of it is the followed person.
        """
        self.breaks: list[int] = []
        self.people: People | None = None
        if not tracks:
            return
        pool = tracks[0]
        for track in tracks[1:]:
            if track.liveness is not Liveness.STILL and not pool.shares_frame(track) and _is_at_place(track, tracks[0]):
                pool = pool.merge(track)
        textures = [texture for texture in pool.textures if texture is not None]
        self.people = tell_apart(textures)
        if self.people is None:
            return
        self._rows = pool.rows
        self._persons = [self.people.recognise(texture) for texture in textures]
        own = set(tracks[0].rows)
        counts = np.bincount([person for row, person in zip(pool.rows, self._persons, strict=True) if row in own])
        self._followed = int(np.argmax(counts))

    def separate(self, rows: Iterable[Row], numbers: Iterable[int]) -> Iterator[Row]:
        """Yield the rows with the followed person's faces alone, and note the breaks.

        Where the people are not told apart with certainty, the faces of all remain, with breaks between them.

        Args:
            rows: pictures with their faces.
            numbers: the number of each picture in the survey's count of rows.
        """
        if self.people is None:
            yield from rows
            return
        before: int | None = None
        for index, ((picture, face), number) in enumerate(zip(rows, numbers, strict=True)):
            person = before
            if face is not None:
                person = self.people.recognise(texture_of(picture, face.landmarks))
            elif before is not None and (nearest := self._nearest_person(number)) != self._followed:
                person = nearest
            if before is not None and person != before:
                self.breaks.append(index)
            before = person
            yield picture, face if person == self._followed or not self.people.certain else None

    def _nearest_person(self, row: int) -> int:
        """Return the person whom the survey observed nearest to a row without a face."""
        after = bisect_left(self._rows, row)
        around = [position for position in (after - 1, after) if 0 <= position < len(self._rows)]
        return self._persons[min(around, key=lambda position: abs(self._rows[position] - row))]


def _is_at_place(track: Track, followed: Track) -> bool:
    """Whether most faces of a track are where the followed one is expected."""
    proximity = [box_proximity(followed.box_at(row), box) for row, box in zip(track.rows, track.boxes, strict=True)]
    return float(np.median(proximity)) >= SAME_PLACE
