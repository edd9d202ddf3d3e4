"""People at one place are told apart by their faces, and one person stays one."""

import numpy as np
import pytest

from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import Expression
from pipeline.simulation.random_streams import random_stream
from pipeline.tracking.appearance import Texture, texture_of
from pipeline.tracking.identity import signature, tell_apart


def _texture(person: int, frame: int, smile: float = 0.0, sway: float = 0.0) -> Texture:
    """Draw a person, and cut out the texture of the face."""
    look, grain = draw_appearance(random_stream(person, "look")), random_stream(person, "grain", str(frame))
    expression = Expression(smile=smile, sway=sway)
    picture, points = draw_frame(look, expression, FacePose(120, 90, 60), 240, 180, grain)
    return texture_of(picture, np.asarray(points, np.float64))


def _faces(person: int, count: int) -> list[Texture]:
    return [_texture(person, number, np.sin(number), np.cos(number)) for number in range(count)]


def test_signatures_have_length_one_and_are_most_like_those_of_the_same_person() -> None:
    first, second, other = signature(_texture(1, 0)), signature(_texture(1, 1)), signature(_texture(2, 0))
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert first @ first == pytest.approx(1, abs=1e-5)
    assert first @ second > first @ other + 0.1


@pytest.mark.parametrize("turn", [1, 2, 6])
def test_two_people_by_turns_are_told_apart(turn: int) -> None:
    faces = {1: _faces(1, 6), 6: _faces(6, 6)}
    order = [person for _ in range(6 // turn) for person in (1, 6) for _ in range(turn)]
    remaining = {person: iter(textures) for person, textures in faces.items()}
    people = tell_apart([next(remaining[person]) for person in order], [0] * 12)
    assert people is not None
    assert people.certain
    assert people.count == 2
    labels = dict(zip(order, people.person.tolist(), strict=True))
    assert [labels[person] for person in order] == people.person.tolist()
    assert people.recognise(signature(_texture(1, 99, 0.5))) == labels[1]
    assert people.recognise(signature(_texture(6, 99, 0.5))) == labels[6]


def test_three_people_are_told_apart() -> None:
    people = tell_apart([texture for number in (1, 5, 6) for texture in _faces(number, 5)], [0] * 15)
    assert people is not None
    assert people.count == 3
    assert people.person.reshape(3, 5).std(axis=1).max() == 0


@pytest.mark.parametrize("person", range(1, 9))
def test_one_person_with_many_expressions_stays_one(person: int) -> None:
    wide = [
        _texture(person, n, smile, sway) for n, (smile, sway) in enumerate([(-2, -2), (-2, 2), (2, -2), (2, 2)] * 3)
    ]
    assert tell_apart(wide, [0] * 12) is None


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_faces_are_one_person(count: int) -> None:
    assert tell_apart([_texture(number, 0) for number in range(count)], range(count)) is None
