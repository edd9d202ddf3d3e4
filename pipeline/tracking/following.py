"""Following one person through a recording while the survey that tells who it is goes on.

A picture is decoded once, and is gone when the next ones come. So the first pass follows the person whom the survey
shows up to then, and remembers what it asked about that person. At the end, when the survey is complete, it asks
again. Where all answers are the same, as for a recording of one person, the faces are those that a survey of the whole
recording before would have given. The rows between two key rows of which an answer changed are followed once more, in
a second pass.
"""

from collections.abc import Iterator
from itertools import pairwise

from pipeline.faces.mtcnn import Faces
from pipeline.faces.similarity import Picture
from pipeline.tracking.followed import followed_first
from pipeline.tracking.frame_reader import FrameReader
from pipeline.tracking.full_search import Asked, FacesByRow, FullSearch, detected_face
from pipeline.tracking.gaps import Row
from pipeline.tracking.linking import Linker
from pipeline.tracking.person import Person, Questions
from pipeline.tracking.tracks import Observation, Track, survey_faces

BISECTIONS = 3  # of the rows between two key rows with other numbers of faces: down to an eighth of the step


class Following:
    """Follows one person through a recording, in one pass or two.

    Attributes:
        tracks: of the survey, the followed person's first; filled by the first pass.
    """

    def __init__(self, reader: FrameReader, survey_step: float, search: FullSearch) -> None:
        """Prepare to follow.

        Args:
            reader: reads the pictures of the recording.
            survey_step: seconds between the key rows.
            search: how the rows between key rows are searched.
        """
        self.tracks: list[Track] = []
        self._reader, self._survey_step, self._search = reader, survey_step, search
        self._keys, self._shots = reader.key_rows(survey_step), frozenset(reader.shots())
        self._surveyed: dict[int, tuple[Faces, list[Observation]]] = {}  # by key row
        self._faces: FacesByRow = {}
        self._changed: set[int] = set()  # the key rows from which on, to the next, an answer changed

    @property
    def stands(self) -> bool:
        """Whether the faces of the first pass are those of the person whom the whole survey shows."""
        return not self._changed

    def first_pass(self) -> Iterator[Row]:
        """Yield every picture with the face of the person whom the survey shows up to there, if any."""
        linker, questions = Linker(), Questions(self._person([]))
        for ends, pictures in self._reader.blocks(self._keys):
            ends = self._survey(ends, pictures, linker)
            questions.person = self._person(linker.tracks())
            if questions.person.tracks:
                faces = self._follow(ends, pictures, questions)
            else:
                faces = dict.fromkeys(range(ends[0], ends[-1]))
                questions.pass_over(list(faces))
            self._faces |= faces
            yield from ((pictures[row], face) for row, face in faces.items())
        self._keys = sorted(self._surveyed)
        self.tracks = followed_first(linker.tracks(), self._reader.time)
        changed = questions.changed(self._person(self.tracks))
        self._changed = {
            first
            for first, last in pairwise([*self._keys, len(self._reader)])
            if any(row in changed for row in range(first, last + 1))
        }

    def second_pass(self) -> Iterator[Row]:
        """Yield every picture with the person's face, if any, after the first pass."""
        person = self._person(self.tracks)
        for ends, pictures in self._reader.blocks(self._keys):
            for gap in pairwise(ends):
                if gap[0] in self._changed:
                    self._faces |= self._follow(list(gap), pictures, person)
            yield from ((pictures[row], self._faces[row]) for row in range(ends[0], ends[-1]))

    def _person(self, tracks: list[Track]) -> Person:
        return Person(tracks, self._reader.time, self._survey_step)

    def _survey(self, ends: list[int], pictures: dict[int, Picture], linker: Linker) -> list[int]:
        """Detect all faces in the key rows of a block, and link them.

        Where the number of faces differs from one key row to the next within a shot, somebody comes or goes, and the
        survey is finer: the row in the middle becomes a key row as well, and so on for the halves.

        Returns:
            The ends of the block with the added key rows.
        """
        before = set(self._surveyed)
        self._detect([row for row in ends if row in pictures and row not in before], pictures)
        gaps = [(a, b) for a, b in pairwise(ends) if b in self._surveyed and b not in self._shots]
        for _ in range(BISECTIONS):
            gaps = [(a, b) for a, b in gaps if b - a > 1 and self._count(a) != self._count(b)]
            self._detect([(a + b) // 2 for a, b in gaps], pictures)
            gaps = [half for a, b in gaps for half in ((a, (a + b) // 2), ((a + b) // 2, b))]
        for row in sorted(set(self._surveyed) - before):
            linker.add(self._surveyed[row][1])
        return sorted({*ends, *(row for row in self._surveyed if ends[0] < row < ends[-1])})

    def _detect(self, rows: list[int], pictures: dict[int, Picture]) -> None:
        for row, faces in zip(rows, self._search.detect(pictures[row] for row in rows), strict=True):
            self._surveyed[row] = faces, survey_faces(row, pictures[row], faces)

    def _count(self, row: int) -> int:
        return len(self._surveyed[row][0])

    def _follow(self, ends: list[int], pictures: dict[int, Picture], person: Asked) -> FacesByRow:
        """Return the person's face in every row from the first of some key rows to the last, which is left out."""
        faces: FacesByRow = dict.fromkeys(ends)
        for row in ends:
            if row in self._surveyed:
                detected, observations = self._surveyed[row]
                faces[row] = detected_face(detected, person.choose(observations))
        faces = self._search.find(pictures, faces, person)
        return {row: faces[row] for row in range(ends[0], ends[-1])}
