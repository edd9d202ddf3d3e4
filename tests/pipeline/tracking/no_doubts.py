"""What an aligned recording says of its person where nothing is doubtful."""

from typing import Any

NO_DOUBTS: dict[str, Any] = {
    "rivals": 0,
    "still_faces": 0,
    "follows_still": False,
    "people": 1,
    "people_certain": True,
    "person_changes": 0,
    "turned": None,
}
