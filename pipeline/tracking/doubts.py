"""What is doubtful about the person who is followed through a recording, in a form for machines."""

from pipeline.tracking.linking import competing_tracks
from pipeline.tracking.tracks import Liveness, Track
from pipeline.tracking.turns import Turns

Doubts = dict[str, int | bool | None]


def doubts(tracks: list[Track], turns: Turns, turned: int | None) -> Doubts:
    """Return the attributes of an aligned recording that say how certain the choice of its person is.

    Args:
        tracks: of the survey, the followed person's first.
        turns: after all rows have been followed.
        turned: see `pipeline.tracking.upright.turned_degrees`.

    Returns:
        `rivals`: number of people seen nearly as often as the followed one, without those of `people`; `still_faces`:
        of faces that never move and were passed over; `follows_still`: whether the followed face never moves; `people`:
        number of people seen at the followed one's place, by turns; `people_certain`: whether they are told apart with
        certainty; `person_changes`: number of rows at which the person changes, without certainty suddenly; `turned`:
        degrees, counter-clockwise, by which the pictures must be turned for faces to be upright, None if they are.
    """
    elsewhere = [track for number, track in enumerate(tracks) if number not in turns.other_tracks]
    return {
        "rivals": competing_tracks(elsewhere),
        "still_faces": len(tracks[0].still_tracks) if tracks else 0,
        "follows_still": bool(tracks) and tracks[0].liveness is Liveness.STILL,
        "people": turns.people.count if turns.people else min(len(tracks), 1),
        "people_certain": turns.people is None or turns.people.certain,
        "person_changes": len(turns.breaks),
        "turned": turned,
    }
