"""Notices about an aligned recording: what is doubtful about the person who is followed."""

from collections.abc import Mapping
from typing import Any


def following_notices(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a sentence for each doubt about who is followed.

    Args:
        attributes: of an aligned recording, as `pipeline.tracking.doubts` writes them.
    """
    people, changes = attributes["people"], attributes["person_changes"]
    notices = []
    if turned := attributes["turned"]:
        notices.append(
            f"the faces are upright if the picture is turned by {turned} degrees counter-clockwise: turn the file, or "
            "correct its rotation metadata"
        )
    if attributes["follows_still"]:
        notices.append("the followed face never moves: a photograph, or a frozen recording")
    if still := attributes["still_faces"]:
        faces = "a face that never moves was" if still == 1 else f"{still} faces that never move were"
        notices.append(f"{faces} passed over, as photographs are")
    if people > 1 and attributes["people_certain"]:
        notices.append(f"{people} people take turns in one place ({changes} changes): the one seen most is followed")
    elif people > 1:
        notices.append(
            f"perhaps {people} people take turns in one place ({changes} sudden changes): all are followed as one"
        )
    if rivals := attributes["rivals"]:
        other = "another person is" if rivals == 1 else f"{rivals} other people are"
        notices.append(f"{other} seen nearly as often as the followed one")
    return tuple(notices)
