"""TODO docstring."""

from collections.abc import Container, Iterable, Iterator

from pipeline.faces.face_crop import Face, interpolate_face
from pipeline.faces.similarity import Picture

Row = tuple[Picture, Face | None]


def fill_gaps(rows: Iterable[Row], max_gap: int, cuts: Container[int] = ()) -> Iterator[Row]:
    """Interpolate boxes and landmarks over gaps of at most `max_gap` rows between ones with a face.

    Rows of a gap are held back until it is known how long it is: at most one more than `max_gap` pictures wait.

    Args:
        rows: pictures with their faces.
        max_gap: the longest gap that is bridged.
        cuts: numbers of the rows with which a shot begins: nothing is bridged from one shot to the next.
    """
    before: Face | None = None
    gap: list[Picture] = []
    for number, (picture, face) in enumerate(rows):
        if number in cuts or len(gap) > max_gap:
            before = None  # what follows is not joined to what was
        if before is None:
            yield from ((missing, None) for missing in gap)
            gap.clear()
        if face is None:
            gap.append(picture)
            continue
        if before is not None:
            steps = len(gap) + 1
            yield from ((missing, interpolate_face(before, face, n / steps)) for n, missing in enumerate(gap, start=1))
            gap.clear()
        before = face
        yield picture, face
    yield from ((missing, None) for missing in gap)
