"""Following one person: who persists is followed; passers-by, prints and larger faces do not take over."""

import numpy as np

from pipeline.tracking.linking import choose_face, competing_tracks, link_tracks
from pipeline.tracking.tracks import Observation, Track, box_proximity


def _look(number: int) -> np.ndarray:
    values = np.random.default_rng(number).normal(size=64)
    values -= values.mean()
    return values / np.linalg.norm(values)


def _seen(row: int, who: int, x: float, y: float = 50, size: float = 40, blur: float = 0.3) -> Observation:
    noise = np.random.default_rng([row, who]).normal(size=64) * blur / 8
    look = _look(who) + noise
    return Observation(row, np.array([x, y, x + size, y + size], float), look / np.linalg.norm(look))


def test_closeness_falls_with_distance_and_size() -> None:
    box = np.array([0.0, 0.0, 40.0, 40.0])
    assert box_proximity(box, box) == 1
    assert box_proximity(box, box + 30) == np.float64(1 - 30 * np.sqrt(2) / 60)
    assert box_proximity(box, np.array([-20.0, -20.0, 60.0, 60.0])) == 0.5
    assert box_proximity(box, box + 200) == 0


def test_who_persists_is_followed_not_who_is_larger_for_a_while() -> None:
    survey = [[_seen(row, 1, 100)] + ([_seen(row, 2, 220, size=90)] if 3 <= row <= 5 else []) for row in range(10)]
    found = link_tracks(survey)
    assert [len(person.rows) for person in found] == [10, 3]
    assert competing_tracks(found) == 0


def test_a_person_who_was_away_is_taken_up_again() -> None:
    survey = [[] if 4 <= row <= 7 else [_seen(row, 1, 100 + 2 * row)] for row in range(12)]
    assert [len(person.rows) for person in link_tracks(survey)] == [8]


def test_a_passer_by_in_the_same_place_does_not_take_over() -> None:
    person = link_tracks([[_seen(row, 1, 100)] for row in range(0, 40, 8)])[0]
    assert choose_face(person, [_seen(13, 1, 108)]) == 0
    assert choose_face(person, [_seen(13, 2, 92, size=80)]) is None  # someone larger before them
    assert choose_face(person, [_seen(13, 2, 92, size=80), _seen(13, 1, 104)]) == 1
    assert choose_face(person, []) is None


def test_a_print_on_clothing_stays_second() -> None:
    survey = [[_seen(row, 2, 105, y=140, size=20), _seen(row, 1, 100)] for row in range(6)]
    found = link_tracks(survey)
    assert found[0].boxes[0][1] == 50
    assert competing_tracks(found) == 1
    assert choose_face(found[0], survey[2]) == 1


def test_two_equal_faces_one_of_them_throughout() -> None:
    survey = [[_seen(row, 2, 200), _seen(row, 1, 40)] for row in range(6)]
    found = link_tracks(survey)
    assert competing_tracks(found) == 1
    assert {float(box[0]) for box in found[0].boxes} == {40.0}  # equally often and equally large: the left one
    assert [choose_face(found[0], frame) for frame in survey] == [1] * 6


def test_a_person_moving_through_the_picture_is_one_person() -> None:
    survey = [[_seen(row, 1, 12 * row)] for row in range(15)]
    found = link_tracks(survey)
    assert len(found) == 1
    np.testing.assert_allclose(found[0].place(3)[:2], [36, 50])
    assert Track().rows == []


def test_a_person_who_first_looks_down_is_one_person() -> None:
    """Two poses that correlate by 0.35 are too far apart one after the other; those in between tell that they are one.

    The poses lie on an arc: down, up (35 % alike), then halfway, which is alike to both (82 %).
    """
    down, aside = _look(1), _look(2)
    aside = aside - (aside @ down) * down
    aside /= np.linalg.norm(aside)
    up = 0.35 * down + np.sqrt(1 - 0.35**2) * aside
    halfway = (down + up) / np.linalg.norm(down + up)
    poses = [down, up, up, halfway, halfway, down]
    box = np.array([100.0, 50.0, 140.0, 90.0])
    found = link_tracks([[Observation(row, box, pose)] for row, pose in enumerate(poses)])
    assert [person.rows for person in found] == [[0, 1, 2, 3, 4, 5]]
    assert [choose_face(found[0], [Observation(2, box, pose)]) for pose in (down, up, halfway)] == [0, 0, 0]


def test_two_alike_people_who_are_seen_together_stay_two() -> None:
    survey = [[_seen(row, 1, 100), _seen(row, 1, 130)] for row in range(4)]
    assert [person.rows for person in link_tracks(survey)] == [[0, 1, 2, 3]] * 2
