"""Linking of survey observations into tracks, and the choice of the followed person's face in every frame.

The survey, a sparse first pass, detects faces in some frames and links them into tracks. The person with the most
observations is followed: not the person with the largest face in a single frame. In the second pass the followed
person's face is chosen in every frame, if it is there, by the boxes that the survey observed around this time and by
appearance. No choice depends on the choice in the frame before, so the track cannot drift to a passer-by, and a person
who was away is found again.
"""

import numpy as np

from pipeline.tracking.tracks import MIN_CORRELATION, Liveness, Observation, Track, box_proximity

MIN_AFFINITY = 0.45  # minimum affinity of two observations of one person

COMPETING_SHARE = 0.8  # share of the followed person's observations from which on another track competes with it


def link_tracks(survey: list[list[Observation]]) -> list[Track]:
    """Link the observations of surveyed frames, in order of time, into tracks; the one with most observations is first.

    Within a frame, pairs of track and observation are matched greedily by falling affinity, one observation a track.
    An observation without a match starts a new track. Tracks with equally many observations are ordered by the size of
    their face, then from left to right.
    """
    tracks: list[Track] = []
    for frame in survey:
        pairs = [(track.affinity(face), i, j) for i, track in enumerate(tracks) for j, face in enumerate(frame)]
        matches: dict[int, int] = {}
        for affinity, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
            if (
                affinity >= MIN_AFFINITY
                and i not in matches.values()
                and j not in matches
                and tracks[i].correlation(frame[j]) >= MIN_CORRELATION
            ):
                matches[j] = i
        for j, observation in enumerate(frame):
            if j not in matches:
                matches[j] = len(tracks)
                tracks.append(Track())
            tracks[matches[j]].add(observation)
    return sorted(_merge_tracks(tracks), key=lambda track: (-len(track.rows), -track.area, float(track.boxes[0][0])))


def _merge_tracks(tracks: list[Track]) -> list[Track]:
    """Merge tracks whose affinity is that of one person and that have no frame in common.

    A person who first looks down and then up may begin as two tracks, because `link_tracks` compares an observation
    only with the observations before it.
    """
    merged: list[Track] = []
    for track in sorted(tracks, key=lambda track: -len(track.rows)):
        affinities = [-1.0 if longer.shares_frame(track) else _track_affinity(longer, track) for longer in merged]
        best = int(np.argmax(affinities)) if affinities else 0
        if affinities and affinities[best] >= MIN_AFFINITY:
            merged[best] = merged[best].merge(track)
        else:
            merged.append(track)
    return merged


def _track_affinity(longer: Track, shorter: Track) -> float:
    """Return the affinity of two tracks, as in `Track.affinity`; -1 if their appearances are those of two people."""
    assert longer.mean_appearance is not None and shorter.mean_appearance is not None
    correlation = float(longer.mean_appearance @ shorter.mean_appearance)
    if correlation < MIN_CORRELATION:
        return -1.0
    proximity = [box_proximity(longer.box_at(row), box) for row, box in zip(shorter.rows, shorter.boxes, strict=True)]
    return (float(np.mean(proximity)) + correlation) / 2


def competing_tracks(tracks: list[Track]) -> int:
    """Count the tracks that have nearly as many observations as the first, without still faces."""
    people = [track for track in tracks[1:] if track.liveness is not Liveness.STILL]
    return sum(len(track.rows) >= COMPETING_SHARE * len(tracks[0].rows) for track in people)


def choose_face(track: Track, frame: list[Observation]) -> int | None:
    """Return the index of the observation of a frame that belongs to the track, or None if there is none.

    A face that belongs more to a still track, such as a photograph of the person, is not the person's.
    """
    affinities = {
        number: track.affinity(face)
        for number, face in enumerate(frame)
        if track.correlation(face) >= track.min_correlation
        and all(still.affinity(face) <= track.affinity(face) for still in track.still_tracks)
    }
    best = max(affinities, key=lambda number: affinities[number], default=None)
    return best if best is not None and affinities[best] >= MIN_AFFINITY else None
