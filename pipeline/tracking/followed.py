"""Which track is followed: that of a living person before that of a face that never moves."""

import numpy as np
from jaxtyping import Float

from pipeline.tracking.liveness import judge_liveness, movement
from pipeline.tracking.tracks import Liveness, Track


def followed_first(tracks: list[Track], time: Float[np.ndarray, " rows"]) -> list[Track]:
    """Judge the liveness of the tracks of a whole survey, and return them with the followed person's first.

    It is the track with most observations, but a still face (a photograph, a poster) comes after all others if a living
    one is among them. The followed track remembers the still faces, so that none is taken for the person.

    Args:
        tracks: by falling number of observations, with textures.
        time: of all rows of the recording, in seconds.
    """
    movements = [movement([texture for texture in track.textures if texture is not None]) for track in tracks]
    judged = judge_liveness(movements, [time[track.surveyed].tolist() for track in tracks])
    for track, verdict in zip(tracks, judged, strict=True):
        track.liveness = verdict
    if any(track.liveness is Liveness.LIVING for track in tracks):
        tracks.sort(key=lambda track: track.liveness is Liveness.STILL)  # stable: by observations otherwise
    if tracks:
        tracks[0].still_tracks = [track for track in tracks[1:] if track.liveness is Liveness.STILL]
    return tracks
