"""The dense detector: the full MTCNN cascade on every frame, after a survey that selects the person to follow."""

from collections.abc import Iterator

from pipeline.faces.face_crop import CropSettings, Face
from pipeline.faces.mtcnn import Faces
from pipeline.faces.similarity import Picture
from pipeline.tracking.followed import followed_first
from pipeline.tracking.frame_reader import FrameReader
from pipeline.tracking.linking import choose_face
from pipeline.tracking.tracks import Track, observe, survey_faces


def detect_densely(
    reader: FrameReader, survey_step: float, settings: CropSettings
) -> tuple[list[Track], Iterator[tuple[Picture, Face | None]]]:
    """Follow one person with the full cascade on every picture.

    Args:
        reader: reads the pictures of the recording.
        survey_step: seconds between two rows of the survey.
        settings: of face detection.

    Returns:
        The tracks of the survey, the followed person's first; and every picture with that person's face, if any.
    """
    rows = [step[0] for step in reader.steps(survey_step)]
    surveyed = zip(rows, reader.detect(rows, settings), strict=True)
    tracks = followed_first([survey_faces(row, picture, faces) for row, (picture, faces) in surveyed], reader.time)
    return tracks, _follow(reader, tracks[0] if tracks else None, settings)


def _follow(reader: FrameReader, track: Track | None, settings: CropSettings) -> Iterator[tuple[Picture, Face | None]]:
    """Yield every picture with the face of the track, if any."""
    if track is None:
        yield from ((picture, None) for picture in reader.read_all())
        return
    for row, (picture, faces) in enumerate(reader.detect(range(len(reader)), settings)):
        yield picture, face_of_track(track, row, picture, faces)


def face_of_track(track: Track, row: int, picture: Picture, faces: Faces) -> Face | None:
    """Return the face of a picture that belongs to the track, or None if there is none."""
    number = choose_face(track, observe(row, picture, faces))
    if number is None:
        return None
    return Face(faces.boxes[number], faces.landmarks[number], float(faces.confidence[number]), "detected")
