"""Errors that end a stage with a message instead of a traceback."""


class ItemsFailedError(RuntimeError):
    """Some items could not be made; the message names each. All others are finished and stay in the artifact store."""


class CodeChangedError(RuntimeError):
    """The code of a stage changed while it ran, so DVC would record its outputs under code that did not make them."""
