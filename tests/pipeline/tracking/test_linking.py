"""Linking: the person who is seen most is followed; passers-by, printed faces and larger faces are not."""

import numpy as np

from pipeline.tracking.linking import Linker, choose_face, competing_tracks
from pipeline.tracking.tracks import Observation, Track

TEXTURE = np.zeros((64, 64), np.uint8)


def _appearance(person: int) -> np.ndarray:
    """Return the appearance of a person; those of two people are nearly uncorrelated."""
    values = np.random.default_rng(person).normal(size=1728)
    values -= values.mean()
    return values / np.linalg.norm(values)


def _look(values: np.ndarray) -> np.ndarray:
    """Return a picture whose appearance are these values of mean 0, but for the rounding to whole grey levels."""
    return np.round(128 + 120 * values / np.abs(values).max()).astype(np.uint8).reshape(24, 24, 3)


def link_tracks(survey: list[list[Observation]]) -> list[Track]:
    """Link the observations of surveyed frames."""
    linker = Linker()
    for frame in survey:
        linker.add(frame)
    return linker.tracks()


def _observation(
    row: int, person: int, x: float, y: float = 50, size: float = 40, noise_level: float = 0.3
) -> Observation:
    """Return an observation of a person with some noise on the appearance."""
    noise = np.random.default_rng([row, person]).normal(size=1728) * noise_level / np.sqrt(1728)
    appearance = _appearance(person) + noise
    box = np.array([x, y, x + size, y + size], float)
    return Observation(row, box, _look(appearance - appearance.mean()), texture=TEXTURE)


def test_the_person_who_is_seen_most_is_first_not_the_larger_one() -> None:
    survey = [
        [_observation(row, 1, 100)] + ([_observation(row, 2, 220, size=90)] if 3 <= row <= 5 else [])
        for row in range(10)
    ]
    tracks = link_tracks(survey)
    assert [len(track.rows) for track in tracks] == [10, 3]
    assert competing_tracks(tracks) == 0


def test_a_person_who_was_away_continues_the_same_track() -> None:
    survey = [[] if 4 <= row <= 7 else [_observation(row, 1, 100 + 2 * row)] for row in range(12)]
    assert [len(track.rows) for track in link_tracks(survey)] == [8]


def test_a_passer_by_in_the_same_position_is_not_chosen() -> None:
    track = link_tracks([[_observation(row, 1, 100)] for row in range(0, 40, 8)])[0]
    assert choose_face(track, [_observation(13, 1, 108)]) == 0
    assert choose_face(track, [_observation(13, 2, 92, size=80)]) is None  # a larger person in front
    assert choose_face(track, [_observation(13, 2, 92, size=80), _observation(13, 1, 104)]) == 1
    assert choose_face(track, []) is None


def test_a_face_printed_on_clothing_is_second() -> None:
    survey = [[_observation(row, 2, 105, y=140, size=20), _observation(row, 1, 100)] for row in range(6)]
    tracks = link_tracks(survey)
    assert tracks[0].boxes[0][1] == 50
    assert competing_tracks(tracks) == 1
    assert choose_face(tracks[0], survey[2]) == 1


def test_one_of_two_equal_faces_is_followed_throughout() -> None:
    survey = [[_observation(row, 2, 200), _observation(row, 1, 40)] for row in range(6)]
    tracks = link_tracks(survey)
    assert competing_tracks(tracks) == 1
    assert {float(box[0]) for box in tracks[0].boxes} == {40.0}  # equally often and equally large: the left one
    assert [choose_face(tracks[0], frame) for frame in survey] == [1] * 6


def test_a_person_moving_through_the_picture_is_one_track() -> None:
    survey = [[_observation(row, 1, 12 * row)] for row in range(15)]
    tracks = link_tracks(survey)
    assert len(tracks) == 1
    np.testing.assert_allclose(tracks[0].box_at(3)[:2], [36, 50])


def test_a_person_who_first_looks_down_is_one_track() -> None:
    """Two poses in succession that correlate by 0.35 start two tracks; the poses between them merge the tracks.

    The poses lie on an arc: down, up (correlation 0.35), then halfway, which correlates with both (0.82).
    """
    down, orthogonal = _appearance(1), _appearance(2)
    orthogonal = orthogonal - (orthogonal @ down) * down
    orthogonal /= np.linalg.norm(orthogonal)
    up = 0.35 * down + np.sqrt(1 - 0.35**2) * orthogonal
    halfway = (down + up) / np.linalg.norm(down + up)
    poses = [down, up, up, halfway, halfway, down]
    box = np.array([100.0, 50.0, 140.0, 90.0])
    tracks = link_tracks([[Observation(row, box, _look(pose), texture=TEXTURE)] for row, pose in enumerate(poses)])
    assert [track.rows for track in tracks] == [[0, 1, 2, 3, 4, 5]]
    assert [choose_face(tracks[0], [Observation(2, box, _look(pose))]) for pose in (down, up, halfway)] == [0, 0, 0]


def test_two_similar_people_in_the_same_frames_are_two_tracks() -> None:
    survey = [[_observation(row, 1, 100), _observation(row, 1, 130)] for row in range(4)]
    assert [track.rows for track in link_tracks(survey)] == [[0, 1, 2, 3]] * 2


def test_tracks_stay_as_they_were_when_the_survey_goes_on() -> None:
    linker = Linker()
    for row in range(4):
        linker.add([_observation(row, 1, 100)])
    before = linker.tracks()
    linker.add([_observation(4, 1, 100), _observation(4, 2, 200)])
    assert [track.rows for track in before] == [[0, 1, 2, 3]]
    assert [track.rows for track in linker.tracks()] == [[0, 1, 2, 3, 4], [4]]
