"""Detection in every frame: the full cascade everywhere, after a survey that finds whom to follow."""

from collections.abc import Iterator

from pipeline.faces.face_crop import CropSettings, Face
from pipeline.faces.mtcnn import Faces
from pipeline.faces.similarity import Picture
from pipeline.tracking.frame_reader import FrameReader
from pipeline.tracking.linking import choose_face, link_tracks
from pipeline.tracking.tracks import Track, observe


def detect_densely(
    film: FrameReader, survey: int, settings: CropSettings
) -> tuple[list[Track], Iterator[tuple[Picture, Face | None]]]:
    """Look at every picture in full.

    Args:
        film: the pictures.
        survey: rows between two looks of the survey.
        settings: how faces are found.

    Returns:
        The people in the film, the one to follow first; and every picture with the face of that one.
    """
    rows = range(0, len(film), survey)
    looks = zip(rows, film.detected(rows, settings), strict=True)
    found = link_tracks([observe(row, picture, faces) for row, (picture, faces) in looks])
    return found, _followed(film, found[0] if found else None, settings)


def _followed(film: FrameReader, person: Track | None, settings: CropSettings) -> Iterator[tuple[Picture, Face | None]]:
    if person is None:
        yield from ((picture, None) for picture in film.pictures())
        return
    for row, (picture, faces) in enumerate(film.detected(range(len(film)), settings)):
        yield picture, face_of_track(person, row, picture, faces)


def face_of_track(person: Track, row: int, picture: Picture, faces: Faces) -> Face | None:
    """The face among those of a picture that is the person's."""
    number = choose_face(person, observe(row, picture, faces))
    if number is None:
        return None
    return Face(faces.boxes[number], faces.landmarks[number], float(faces.confidence[number]), "detected")
