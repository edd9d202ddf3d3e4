"""People who take turns at one place: only the followed one's faces are kept, and the rows of change are noted."""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pipeline.tracking.appearance import texture_of
from pipeline.tracking.gaps import Row
from pipeline.tracking.identity import MAX_LIKENESS, People, Signature, signature, tell_apart
from pipeline.tracking.tracks import Liveness, Track, box_proximity

SAME_PLACE = 0.5  # proximity of a face to the followed person's expected place from which on it is at that place
SUDDEN = 8  # faces before a change that the face after it is unlike, if a doubtful change is a break


class Turns:
    """Separates the followed person from others who are seen at the same place at other times.

    Attributes:
        people: the people seen there; None for one person, whose rows cost nothing then.
        other_tracks: numbers of the tracks, beside the followed one, whose faces are of `people`.
        breaks: the rows before which the person changes, rising; filled as the rows are followed.
    """

    def __init__(self, tracks: list[Track], shots: Sequence[int]) -> None:
        """Tell people apart by the survey.

        Args:
            tracks: of the survey, the followed one first; the one with most observations of it is the followed person.
            shots: the rows at which a shot begins, rising, without the first row.
        """
        self.breaks: list[int] = []
        self.people: People | None = None
        self.other_tracks: set[int] = set()
        if not tracks:
            return
        pool, others = tracks[0], set()
        for number, track in enumerate(tracks[1:], start=1):
            if track.liveness is not Liveness.STILL and not pool.shares_frame(track) and _is_at_place(track, tracks[0]):
                pool = pool.merge(track)
                others.add(number)
        textures = [texture for texture in pool.textures if texture is not None]
        self.people = tell_apart(textures, [bisect_right(shots, row) for row in pool.surveyed])
        if self.people is None:
            return
        self.other_tracks = others
        self._rows = pool.surveyed
        self._persons = [self.people.recognise(signature(texture)) for texture in textures]
        own = set(tracks[0].surveyed)
        counts = np.bincount([person for row, person in zip(self._rows, self._persons, strict=True) if row in own])
        self._followed = int(np.argmax(counts))

    def separate(self, rows: Iterable[Row], numbers: Iterable[int]) -> Iterator[Row]:
        """Yield the rows with the followed person's faces alone, and note the breaks.

        Where the people are not told apart with certainty, the faces of all remain, and only a sudden change is a
        break.

        Args:
            rows: pictures with their faces.
            numbers: the number of each picture in the survey's count of rows.
        """
        if self.people is None:
            yield from rows
        elif self.people.certain:
            yield from self._separate(self.people, rows, numbers)
        else:
            yield from self._note_sudden_changes(self.people, rows)

    def _separate(self, people: People, rows: Iterable[Row], numbers: Iterable[int]) -> Iterator[Row]:
        """Yield the rows with the followed person's faces alone; every change of person is a break."""
        before: int | None = None
        for index, ((picture, face), number) in enumerate(zip(rows, numbers, strict=True)):
            person = before
            if face is not None:
                person = people.recognise(signature(texture_of(picture, face.landmarks)))
            elif before is not None and (nearest := self._nearest_person(number)) != self._followed:
                person = nearest
            if before is not None and person != before:
                self.breaks.append(index)
            before = person
            yield picture, face if person == self._followed else None

    def _note_sudden_changes(self, people: People, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows as they are; a change is a break if the new face is unlike all of the last ones.

        The face of one person changes by degrees, or is hard to recognise in a poor picture and changes to and fro.
        """
        before: int | None = None
        last: deque[Signature] = deque(maxlen=SUDDEN)
        for index, (picture, face) in enumerate(rows):
            if face is not None:
                look = signature(texture_of(picture, face.landmarks))
                person = people.recognise(look)
                if person != before and last and max(look @ earlier for earlier in last) < MAX_LIKENESS:
                    self.breaks.append(index)
                before = person
                last.append(look)
            yield picture, face

    def _nearest_person(self, row: int) -> int:
        """Return the person whom the survey observed nearest to a row without a face."""
        after = bisect_left(self._rows, row)
        around = [position for position in (after - 1, after) if 0 <= position < len(self._rows)]
        return self._persons[min(around, key=lambda position: abs(self._rows[position] - row))]


def _is_at_place(track: Track, followed: Track) -> bool:
    """Whether most faces of a track are where the followed one is expected."""
    proximity = [box_proximity(followed.box_at(row), box) for row, box in zip(track.rows, track.boxes, strict=True)]
    return float(np.median(proximity)) >= SAME_PLACE
