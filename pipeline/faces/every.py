"""Detection in every frame: the full cascade everywhere, after a survey that finds whom to follow."""

from collections.abc import Iterator

from pipeline.faces.aligned import Face, Settings
from pipeline.faces.cascade import Faces
from pipeline.faces.film import Film
from pipeline.faces.follow import Person, choose, people, sightings
from pipeline.faces.similarity import Picture


def every_row(
    film: Film, survey: int, settings: Settings
) -> tuple[list[Person], Iterator[tuple[Picture, Face | None]]]:
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
    found = people([sightings(row, picture, faces) for row, (picture, faces) in looks])
    return found, _followed(film, found[0] if found else None, settings)


def _followed(film: Film, person: Person | None, settings: Settings) -> Iterator[tuple[Picture, Face | None]]:
    if person is None:
        yield from ((picture, None) for picture in film.pictures())
        return
    for row, (picture, faces) in enumerate(film.detected(range(len(film)), settings)):
        yield picture, chosen(person, row, picture, faces)


def chosen(person: Person, row: int, picture: Picture, faces: Faces) -> Face | None:
    """The face among those of a picture that is the person's."""
    number = choose(person, sightings(row, picture, faces))
    if number is None:
        return None
    return Face(faces.boxes[number], faces.landmarks[number], float(faces.confidence[number]), "detected")
