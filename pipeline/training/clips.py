"""Which frames a clip holds: pure integer functions."""


def wrapped(start: int, length: int, frames: int) -> list[tuple[int, int]]:
    """The spans (first, past the last) that a clip of `length` frames from `start` reads, going round at the end.

    A video shorter than the clip is looped.

        frames      0 1 2 3 4 5 6 7
        start 6     2 3         0 1    (numbers in the clip)

    >>> wrapped(6, length=4, frames=8)
    [(6, 8), (0, 2)]
    >>> wrapped(2, length=4, frames=8)
    [(2, 6)]
    >>> wrapped(1, length=8, frames=3)
    [(1, 3), (0, 3), (0, 3)]

    Raises:
        ValueError: where there are no frames, or `start` is not one of them.
    """
    if not 0 <= start < frames:
        raise ValueError(f"a clip from frame {start} of {frames}; allowed: 0 to {frames - 1}")
    spans = []
    while length:
        stop = min(start + length, frames)
        spans.append((start, stop))
        length -= stop - start
        start = 0
    return spans


def covering(frames: int, length: int) -> list[tuple[int, int]]:
    """The clips (start, weight) that cover a video in testing; weights are the frames that no earlier clip covered.

    Clips do not overlap. A remainder is covered by one last clip that ends at the last frame; a video shorter than a
    clip is looped. The weights add up to `frames`.

        frames 10, length 4     0 1 2 3 4 5 6 7 8 9
                                [-----] [-----]
                                            [-----]    weight 2

    >>> covering(10, length=4)
    [(0, 4), (4, 4), (6, 2)]
    >>> covering(8, length=4)
    [(0, 4), (4, 4)]
    >>> covering(3, length=4)
    [(0, 3)]
    >>> covering(0, length=4)
    []
    """
    if frames < length:
        return [(0, frames)] if frames else []
    clips = [(start, length) for start in range(0, frames - length + 1, length)]
    if remainder := frames % length:
        clips.append((frames - length, remainder))
    return clips
