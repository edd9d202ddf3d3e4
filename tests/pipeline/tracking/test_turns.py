"""People who take turns: whose faces remain, where it breaks, and who is no rival."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.faces.face_crop import Face
from pipeline.faces.halving import Picture
from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import Expression
from pipeline.simulation.random_streams import random_stream
from pipeline.tracking.appearance import look_of, texture_of
from pipeline.tracking.doubts import doubts
from pipeline.tracking.tracks import Observation, Track
from pipeline.tracking.turns import Turns

BOX = np.array([60.0, 20.0, 180.0, 160.0])
A, B = 1, 6  # two drawn people


def _look(person: int, row: int) -> tuple[Picture, np.ndarray]:
    """Draw a person in one row; return the picture and the landmarks."""
    look, grain = draw_appearance(random_stream(person, "look")), random_stream(person, "grain", str(row))
    expression = Expression(smile=np.sin(row), sway=np.cos(row))
    picture, points = draw_frame(look, expression, FacePose(120, 90, 60), 240, 180, grain)
    return picture, np.asarray(points, np.float64)


def _track(persons: dict[int, int], box: np.ndarray = BOX) -> Track:
    """Return the track of a survey that sees a person in each of some rows."""
    track = Track()
    for row, person in persons.items():
        picture, landmarks = _look(person, row)
        track.add(Observation(row, box, look_of(picture, landmarks), 1.0, texture_of(picture, landmarks)))
    return track


def _separate(turns: Turns, looks: Sequence[tuple[Picture, np.ndarray]]) -> list[bool]:
    """Follow rows with a face each; return for each whether the face remains."""
    rows = [(picture, Face(BOX, landmarks, 1.0, "detected")) for picture, landmarks in looks]
    return [face is not None for _, face in turns.separate(rows, range(len(rows)))]


def _survey(persons: str) -> Track:
    """Return a survey of every fourth row; the letters say who is seen."""
    return _track({4 * number: A if person == "A" else B for number, person in enumerate(persons)})


@pytest.mark.parametrize(
    ("persons", "shots", "certain"),
    [
        ("AAAAABB", [], False),
        ("AAABBB", [], False),
        ("ABAABB", [4, 8], False),
        ("AAAABBBB", [], True),
        ("AAAAABB", [20], True),
        ("ABABB", [4, 7, 12], True),
        ("AAABBB", [4, 11], True),
    ],
)
def test_few_faces_are_certain_only_if_shots_part_them(persons: str, shots: list[int], certain: bool) -> None:
    turns = Turns([_survey(persons)], shots)
    assert turns.people is not None
    assert (turns.people.count, turns.people.certain) == (2, certain)


def test_where_it_is_certain_one_person_remains_and_every_change_breaks() -> None:
    turns = Turns([_survey("AAAABBBB")], [])
    persons = [A] * 5 + [B] * 3 + [A] * 2 + [B] * 2
    assert _separate(turns, [_look(person, row) for row, person in enumerate(persons)]) in (
        [person == A for person in persons],
        [person == B for person in persons],
    )
    assert turns.breaks == [5, 8, 10]


def test_in_doubt_all_faces_remain_and_sudden_changes_break() -> None:
    turns = Turns([_survey("AAAAABB")], [])
    persons = [A] * 10 + [B] * 12 + [A] * 8
    assert all(_separate(turns, [_look(person, row) for row, person in enumerate(persons)]))
    assert turns.breaks == [10, 22]


def test_in_doubt_faces_that_change_to_and_fro_break_once() -> None:
    """After the first change both faces are among the last eight."""
    turns = Turns([_survey("AAAAABB")], [])
    assert all(_separate(turns, [_look((A, B)[row // 3 % 2], row) for row in range(24)]))
    assert turns.breaks == [3]


def test_in_doubt_a_face_that_changes_by_degrees_does_not_break() -> None:
    turns = Turns([_survey("AAAAABB")], [])
    (first, landmarks), (last, _) = _look(A, 0), _look(B, 0)
    shares = np.linspace(0, 1, 24)
    pictures = [np.round((1 - share) * first + share * last).astype(np.uint8) for share in shares]
    assert all(_separate(turns, [(picture, landmarks) for picture in pictures]))
    assert turns.breaks == []


def test_rows_without_a_face_are_no_change_in_doubt() -> None:
    turns = Turns([_survey("AAAAABB")], [])
    rows = [(_look(A, row)[0], None) for row in range(28)]
    assert list(turns.separate(rows, range(28))) == rows
    assert turns.breaks == []


@pytest.mark.parametrize(("shift", "rivals", "people"), [(0, 0, 2), (300, 1, 1)], ids=["by turns", "elsewhere"])
def test_a_person_seen_by_turns_is_no_rival(shift: float, rivals: int, people: int) -> None:
    followed = _track(dict.fromkeys(range(0, 40, 8), A))
    other = _track(dict.fromkeys(range(4, 36, 8), B), BOX + np.array([shift, 0, shift, 0]))
    attributes = doubts([followed, other], Turns([followed, other], []), None)
    assert (attributes["rivals"], attributes["people"]) == (rivals, people)
