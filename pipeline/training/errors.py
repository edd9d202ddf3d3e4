"""Errors of training."""


class TrainingError(ValueError):
    """Training cannot continue; the message says at which step it stopped and what to change."""


class StoppedError(SystemExit):
    """A signal asked training to stop, and its checkpoint is written; the process ends with status 1."""
