"""Follow one person through a recording.

A sparse first pass (the survey) looks at some frames, links the faces it finds into people, and takes the person who
is seen most often: not the largest in a single frame. In the second pass every frame asks which of its faces, if any,
is that person, by where the survey saw them around this time and by their look. No frame depends on the choice made
in the frame before, so a passer-by cannot take over, and a person who was away is taken up again.
"""

import numpy as np

from pipeline.tracking.tracks import MIN_CORRELATION, Observation, Track, box_proximity

MIN_RESEMBLANCE = 0.45  # least resemblance of two sightings of one person

COMPETING_SHARE = 0.8  # share of the followed person's sightings from which another counts as a rival


def link_tracks(survey: list[list[Observation]]) -> list[Track]:
    """Link the faces of surveyed frames, in order of time, into people; the most often seen comes first.

    Within a frame the most alike pairs are joined first, one face a person; a face like nobody starts a person.
    Equally often seen people are ordered by the size of their face, then by their place from left to right.
    """
    found: list[Track] = []
    for frame in survey:
        pairs = [(person.resemblance(s), i, j) for i, person in enumerate(found) for j, s in enumerate(frame)]
        joined: dict[int, int] = {}
        for alike, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
            if (
                alike >= MIN_RESEMBLANCE
                and i not in joined.values()
                and j not in joined
                and found[i].likeness(frame[j]) >= MIN_CORRELATION
            ):
                joined[j] = i
        for j, sighting in enumerate(frame):
            if j not in joined:
                joined[j] = len(found)
                found.append(Track())
            found[joined[j]].add(sighting)
    return sorted(_merge_tracks(found), key=lambda p: (-len(p.rows), -p.area, float(p.boxes[0][0])))


def _merge_tracks(found: list[Track]) -> list[Track]:
    """Join people who are one by the measure that joins faces, and were never seen together.

    Who first looks down and then up may begin as two people, for a face is compared with what was seen until then.
    """
    whole: list[Track] = []
    for person in sorted(found, key=lambda one: -len(one.rows)):
        alike = [-1.0 if one.met(person) else _track_resemblance(one, person) for one in whole]
        best = int(np.argmax(alike)) if alike else 0
        if alike and alike[best] >= MIN_RESEMBLANCE:
            whole[best] = whole[best].joined(person)
        else:
            whole.append(person)
    return whole


def _track_resemblance(often: Track, seldom: Track) -> float:
    """How much two people are one, as `Track.resemblance`; below 0 where their looks say that they are not."""
    assert often.look is not None and seldom.look is not None
    look = float(often.look @ seldom.look)
    if look < MIN_CORRELATION:
        return -1.0
    near = [box_proximity(often.place(row), box) for row, box in zip(seldom.rows, seldom.boxes, strict=True)]
    return (float(np.mean(near)) + look) / 2


def competing_tracks(found: list[Track]) -> int:
    """How many others are seen nearly as often as the first person."""
    return sum(len(person.rows) >= COMPETING_SHARE * len(found[0].rows) for person in found[1:]) if found else 0


def choose_face(person: Track, frame: list[Observation]) -> int | None:
    """The number of the face in a frame that is the person's, or None where none is."""
    alike = {number: person.resemblance(s) for number, s in enumerate(frame) if person.likeness(s) >= person.least}
    best = max(alike, key=lambda number: alike[number], default=None)
    return best if best is not None and alike[best] >= MIN_RESEMBLANCE else None
