"""Errors of training."""


class TrainingError(ValueError):
    """Training cannot continue; the message says at which step it stopped and what to change."""


class StoppedError(SystemExit):
    """Training was asked to stop; its checkpoint stays, and the process ends with the message and status 1."""
