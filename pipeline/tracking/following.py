"""Following one person through a recording while the survey that tells who it is goes on.

A picture is decoded once, and is gone when the next ones come. So the first pass follows the person whom the survey
shows up to then, and remembers what it asked about that person. At the end, when the survey is complete, it asks
again. Where all answers are the same, as for a recording of one person, the faces are those that a survey of the whole
recording before would have given. A gap between two key rows in which an answer changed is searched once more, in a
second pass.
"""

from collections.abc import Iterator
from itertools import pairwise

from pipeline.faces.halving import Picture
from pipeline.faces.mtcnn import Faces
from pipeline.tracking.followed import followed_first
from pipeline.tracking.frame_reader import FrameReader
from pipeline.tracking.full_search import FacesByRow, FullSearch, detected_face
from pipeline.tracking.gaps import Row
from pipeline.tracking.linking import Linker
from pipeline.tracking.person import Person, QuestionedPerson
from pipeline.tracking.tracks import Observation, Track, observe, survey_faces

BISECTIONS = 3  # of the rows between two key rows with different numbers of faces: down to an eighth of the step
MOST_TRACKS = 16  # that describe the person while the survey goes on


class Following:
    """Follows one person through a recording, in one pass or two.

    Attributes:
        tracks: of the survey, the followed person's first; filled by the first pass.
        is_final: whether the faces of the first pass are those of the person whom the whole survey shows; known at the
            end of that pass.
    """

    def __init__(self, reader: FrameReader, survey_step: float, search: FullSearch) -> None:
        """Prepare to follow.

        Args:
            reader: reads the pictures of the recording.
            survey_step: seconds between the key rows.
            search: how the rows between key rows are searched.
        """
        self.tracks: list[Track] = []
        self.is_final = False
        self._reader, self._survey_step, self._search = reader, survey_step, search
        self._keys, self._shots = reader.key_rows(survey_step), frozenset(reader.shots())
        self._surveyed: dict[int, tuple[Faces, list[Observation]]] = {}  # by key row
        self._faces: FacesByRow = {}
        self._changed: set[int] = set()  # key rows that begin a gap with a changed answer

    def first_pass(self) -> Iterator[Row]:
        """Yield every picture with the face of the person whom the survey shows up to there, if any."""
        linker, person = Linker(), QuestionedPerson(self._reader.time, self._survey_step)
        for even_keys, pictures in self._reader.blocks(self._keys):
            keys = self._survey(even_keys, pictures, linker)
            person.tracks = linker.tracks(MOST_TRACKS)
            if person.tracks:
                faces = self._follow(keys, pictures, person)
            else:
                faces = dict.fromkeys(range(keys[0], keys[-1]))
                person.pass_over(list(faces))
            self._faces |= faces
            yield from ((pictures[row], face) for row, face in faces.items())
        self._keys = sorted(self._surveyed)
        self.tracks = followed_first(linker.tracks(), self._reader.time)
        rows = person.changed(self._described(self.tracks))
        gaps = pairwise([*self._keys, len(self._reader)])
        self._changed = {a for a, b in gaps if any(row in rows for row in range(a, b + 1))}
        self.is_final = not self._changed

    def second_pass(self) -> Iterator[Row]:
        """Yield every picture with the person's face, if any; only the gaps with a changed answer are searched."""
        person = self._described(self.tracks)
        for keys, pictures in self._reader.blocks(self._keys):
            for gap in pairwise(keys):
                if gap[0] in self._changed:
                    self._faces |= self._follow(list(gap), pictures, person)
            yield from ((pictures[row], self._faces[row]) for row in range(keys[0], keys[-1]))

    def _described(self, tracks: list[Track]) -> Person:
        return Person(tracks, self._reader.time, self._survey_step)

    def _survey(self, keys: list[int], pictures: dict[int, Picture], linker: Linker) -> list[int]:
        """Detect all faces in the key rows of a block, and link them.

        Where the number of faces differs from one key row to the next within a shot, the survey is finer: the row in
        the middle becomes a key row as well, and so on for the halves. The faces of such rows say where a person is,
        but do not count as further rows in which the person was seen.

        Returns:
            The key rows of the block with the added ones.
        """
        even = [row for row in keys if row in pictures and row not in self._surveyed]
        for row, faces in self._detect(even, pictures).items():
            self._surveyed[row] = faces, survey_faces(row, pictures[row], faces)
        added: list[int] = []
        gaps = [(a, b) for a, b in pairwise(keys) if b in self._surveyed and b not in self._shots]
        for _ in range(BISECTIONS):
            gaps = [(a, b) for a, b in gaps if b - a > 1 and self._count(a) != self._count(b)]
            middles = [(a + b) // 2 for a, b in gaps]
            for row, faces in self._detect(middles, pictures).items():
                self._surveyed[row] = faces, observe(row, pictures[row], faces)
            added += middles
            gaps = [half for a, b in gaps for half in ((a, (a + b) // 2), ((a + b) // 2, b))]
        for row in sorted([*even, *added]):
            linker.add(self._surveyed[row][1])
        return sorted([*keys, *added])

    def _detect(self, rows: list[int], pictures: dict[int, Picture]) -> dict[int, Faces]:
        return dict(zip(rows, self._search.detect(pictures[row] for row in rows), strict=True))

    def _count(self, row: int) -> int:
        return len(self._surveyed[row][0])

    def _follow(self, keys: list[int], pictures: dict[int, Picture], person: Person) -> FacesByRow:
        """Return the person's face in every row from the first key row up to, not including, the last."""
        key_faces: FacesByRow = dict.fromkeys(keys)
        for row in keys:
            if row in self._surveyed:
                faces, observations = self._surveyed[row]
                key_faces[row] = detected_face(faces, person.choose(observations))
        found = self._search.find(pictures, key_faces, person)
        return {row: found[row] for row in range(keys[0], keys[-1])}
