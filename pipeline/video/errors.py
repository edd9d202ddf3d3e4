"""The error of a video that cannot be used."""


class BrokenVideoError(ValueError):
    """A video cannot be used; the message says why."""
