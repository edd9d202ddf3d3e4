"""Short gaps in a track: rows without a face are filled by interpolation between the rows around them."""

from collections.abc import Container, Iterable, Iterator

from pipeline.faces.face_crop import Face, interpolate_face
from pipeline.faces.halving import Picture

Row = tuple[Picture, Face | None]


def fill_gaps(
    rows: Iterable[Row], max_gap: int, cuts: Container[int] = (), breaks: Container[int] = ()
) -> Iterator[Row]:
    """Interpolate boxes and landmarks over gaps of at most `max_gap` rows between rows with a face.

    The rows of a gap are buffered until its length is known: at most `max_gap` + 1 pictures are in the buffer.

    Args:
        rows: pictures with their faces.
        max_gap: length of the longest gap that is filled.
        cuts: indices of the rows at which a shot or a stretch after a break begins; nothing is interpolated over them.
        breaks: indices of the rows at which the person changes, likewise; it may fill up as the rows are read.
    """
    previous: Face | None = None
    gap: list[Picture] = []
    for number, (picture, face) in enumerate(rows):
        if number in cuts or number in breaks or len(gap) > max_gap:
            previous = None  # do not interpolate from the face before to the next one
        if previous is None:
            yield from ((missing, None) for missing in gap)
            gap.clear()
        if face is None:
            gap.append(picture.copy())  # the next block of pictures may overwrite this one
            continue
        if previous is not None:
            steps = len(gap) + 1
            yield from (
                (missing, interpolate_face(previous, face, n / steps)) for n, missing in enumerate(gap, start=1)
            )
            gap.clear()
        previous = face
        yield picture, face
    yield from ((missing, None) for missing in gap)
