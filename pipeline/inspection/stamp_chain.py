"""The time stamps of a recording that fit together: a chain without the wrong ones.

A stamp is dropped only if those around it agree without it. A jump that all later stamps share is no error of a stamp:
forward it is a pause, backward a clock that was set anew (files joined to one, counters that ran over).
"""

from enum import Enum

import numpy as np
from jaxtyping import Float, Int

from pipeline.records.frame_steps import longest_step

ROOM = 0.25  # usual steps that a frame between two stamps needs at least; else the clock was set back between them
UNSTEADY = 0.01  # dropped stamps: the most that an unusual step costs; it decides between equal chains


class Link(Enum):
    """How a stamp follows on the one before; the value is what it costs to believe this, in dropped stamps.

    A pause is believed where dropping one stamp does not avoid it. A clock that was set back is believed where dropping
    16 stamps in a row, as many as share a wrong one in a group of pictures, does not avoid it.
    """

    STEADY = 0.0
    PAUSE = 0.75
    RESTART = 16.0


def link(frames: int, seconds: float, usual: float) -> Link:
    """Return how a stamp follows on another one `frames` frames and `seconds` seconds before.

    Examples:
        >>> link(1, 0.04, 0.04), link(1, 600.0, 0.04), link(1, -9.96, 0.04)
        (<Link.STEADY: 0.0>, <Link.PAUSE: 0.75>, <Link.RESTART: 16.0>)
        >>> link(9, 0.08, 0.04)  # no room for nine frames
        <Link.RESTART: 16.0>
    """
    if seconds > longest_step(usual) + (frames - 1) * usual:
        return Link.PAUSE
    if seconds > 0 and (frames == 1 or seconds >= ROOM * frames * usual):
        return Link.STEADY
    return Link.RESTART


def best_chain(
    frames: Int[np.ndarray, " stamps"], stamps: Float[np.ndarray, " stamps"], usual: float
) -> Int[np.ndarray, " kept"]:
    """Return the positions of the stamps that are kept: the fewest are dropped, the fewest jumps are left.

    It is the cheapest path through the stamps: 1 for each that is dropped, and the cost of each `Link`; of equal paths
    the one with the steadier steps. The first or last stamp is dropped, too, if a pause parts it from all others.

    Args:
        frames: numbers of the frames that have a stamp, rising.
        stamps: their stamps in seconds, in the order in which the frames are shown.
        usual: the usual step in seconds.

    Examples:
        >>> best_chain(np.arange(6), np.array([0.0, 1.0, 2.0, 9568.0, 4.0, 5.0]), 1.0).tolist()
        [0, 1, 2, 4, 5]
        >>> best_chain(np.arange(6), np.array([0.0, 1.0, 2.0, 600.0, 601.0, 602.0]), 1.0).tolist()  # a pause
        [0, 1, 2, 3, 4, 5]
    """
    numbers, seconds, count = frames.tolist(), stamps.tolist(), len(frames)

    def follows(start: int, end: int) -> Link:
        return link(numbers[end] - numbers[start], seconds[end] - seconds[start], usual)

    def cost(start: int, end: int) -> float:
        steps = (seconds[end] - seconds[start]) / usual - (numbers[end] - numbers[start])  # more than usual
        return (end - start - 1) + follows(start, end).value + UNSTEADY * min(abs(steps), 1.0)

    costs = [float(dropped) for dropped in range(count)]  # of the cheapest chain that ends at each stamp
    previous: list[int | None] = [None] * count
    for end in range(1, count):
        for start in range(max(end - int(Link.RESTART.value) - 1, 0), end):  # to drop more costs more than a restart
            if (total := costs[start] + cost(start, end)) < costs[end]:
                costs[end], previous[end] = total, start
    position = min(range(count), key=lambda last: costs[last] + (count - 1 - last), default=None)
    chain: list[int] = []
    while position is not None:
        chain.append(position)
        position = previous[position]
    chain.reverse()
    alone = [len(chain) > 1 and follows(*pair) is Link.PAUSE for pair in (chain[:2], chain[-2:])]
    return np.array(chain[alone[0] : len(chain) - alone[1]], np.int64)
