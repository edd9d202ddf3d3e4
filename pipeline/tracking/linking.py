"""Linking of survey observations into tracks, and the choice of the followed person's face in every frame.

The survey detects faces in some frames, the key rows, and links them into tracks. The person with the most observations
is followed: not the person with the largest face in a single frame. The followed person's face is chosen in every
frame, if it is there, by the boxes that the survey observed around this time and by appearance. No choice depends on
the choice in the frame before, so the track cannot drift to a passer-by, and a person who was away is found again.
"""

import numpy as np

from pipeline.tracking.tracks import MIN_CORRELATION, Liveness, Observation, Track, box_proximity

MIN_AFFINITY = 0.45  # minimum affinity of two observations of one person

COMPETING_SHARE = 0.8  # share of the followed person's observations from which on another track competes with it


class Linker:
    """Links the observations of surveyed frames into tracks, frame by frame in order of time."""

    def __init__(self) -> None:
        """Begin without tracks."""
        self._tracks: list[Track] = []

    def add(self, frame: list[Observation]) -> None:
        """Add the observations of the next frame.

        Pairs of track and observation are matched greedily by falling affinity, one observation a track. An observation
        without a match starts a new track.
        """
        pairs = []
        for i, track in enumerate(self._tracks):
            for j, face in enumerate(frame):
                affinity, correlation = track.compare(face)
                if affinity >= MIN_AFFINITY and correlation >= MIN_CORRELATION:
                    pairs.append((-affinity, i, j))
        matches: dict[int, int] = {}
        for _, i, j in sorted(pairs):
            if i not in matches.values() and j not in matches:
                matches[j] = i
        for j, observation in enumerate(frame):
            if j not in matches:
                matches[j] = len(self._tracks)
                self._tracks.append(Track())
            self._tracks[matches[j]].add(observation)

    def tracks(self, most: int | None = None) -> list[Track]:
        """Return the tracks so far, which later frames do not change; the one most often seen is first.

        Only rows of the even survey count. Tracks with equally many of them are ordered by the size of their face, then
        from left to right; tracks without any are left out.

        Args:
            most: of the longest tracks that are merged, so that the cost does not grow with their number; None for all.
        """
        longest = sorted(self._tracks, key=lambda track: -len(track.rows))[:most]
        seen = [track for track in _merge_tracks([track.copy() for track in longest]) if track.surveyed]
        return sorted(seen, key=lambda track: (-len(track.surveyed), -track.area, float(track.boxes[0][0])))


def _merge_tracks(tracks: list[Track]) -> list[Track]:
    """Merge tracks whose affinity is that of one person and that have no frame in common.

    A person who first looks down and then up may begin as two tracks, because `Linker.add` compares an observation
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
    """Return the affinity of two tracks, as in `Track.compare`; -1 if their appearances are those of two people."""
    assert longer.mean_appearance is not None and shorter.mean_appearance is not None
    correlation = float(longer.mean_appearance @ shorter.mean_appearance)
    if correlation < MIN_CORRELATION:
        return -1.0
    proximity = [box_proximity(longer.box_at(row), box) for row, box in zip(shorter.rows, shorter.boxes, strict=True)]
    return (float(np.mean(proximity)) + correlation) / 2


def competing_tracks(tracks: list[Track]) -> int:
    """Count the tracks that are seen nearly as often as the first, without still faces."""
    people = [track for track in tracks[1:] if track.liveness is not Liveness.STILL]
    return sum(len(track.surveyed) >= COMPETING_SHARE * len(tracks[0].surveyed) for track in people)


def choose_face(track: Track, frame: list[Observation]) -> int | None:
    """Return the index of the observation of a frame that belongs to the track, or None if there is none.

    A face that belongs more to a still track, such as a photograph of the person, is not the person's.
    """
    candidates = []
    for number, face in enumerate(frame):
        affinity, correlation = track.compare(face)
        if (
            affinity >= MIN_AFFINITY
            and correlation >= track.min_correlation
            and all(still.compare(face)[0] <= affinity for still in track.still_tracks)
        ):
            candidates.append((-affinity, number))
    return min(candidates)[1] if candidates else None
