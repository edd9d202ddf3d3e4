"""Selection of the clips in figure 6: for each severity band one recording of the test partition, and one of its clips.

The selection depends on true scores alone, never on estimates. So two models are compared on the same recordings, and
recordings cannot be picked because a model happens to estimate them well.
"""

from pipeline.data.clips.face_sequence import FaceSequence
from pipeline.records.predictions import ScoredEstimate
from pipeline.severity.scale import SeverityScale


def choose_recordings(recordings: list[ScoredEstimate], scale: SeverityScale) -> dict[str, ScoredEstimate]:
    """Choose the median recording of each severity band, by the name of the band.

    Candidates are the recordings of the band that have a clip, sorted by score and then by id; of an even number, the
    lower of the two in the middle is chosen. Bands without a candidate are left out.
    """
    chosen = {}
    for band in scale.bands:
        candidates = [item for item in recordings if item.clips and scale.band_of(item.score) == band]
        if candidates:
            chosen[band.name] = sorted(candidates, key=lambda item: (item.score, item.recording))[
                (len(candidates) - 1) // 2
            ]
    return chosen


def middle_clip(sequence: FaceSequence, length: int, shortest: int) -> tuple[int, int, int]:
    """Return (phase, start, length) of the middle clip of the first phase that has clips.

    Without a clip of `length` frames it is one of half as many, and so on, down to the `shortest` that is allowed.

    Raises:
        ValueError: if the recording has no clip.
    """
    clips = sequence.covering_clips(length, len(sequence.phases))
    if not clips and length > shortest:
        return middle_clip(sequence, max(length // 2, shortest), shortest)
    if not clips:
        raise ValueError(
            f"{sequence.recording}: no clip of {length} frames, although evaluate found one; run evaluate again"
        )
    starts = [start for phase, start, _ in clips if phase == clips[0][0]]
    return clips[0][0], starts[(len(starts) - 1) // 2], length
