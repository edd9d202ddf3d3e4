"""Errors of training."""


class TrainingError(ValueError):
    """Training cannot continue; the message says at which step it stopped and what to change."""


class StoppedError(SystemExit):
    """Training was asked to stop; its checkpoint stays, and the process ends with the message and status 1."""


class DivergedError(TrainingError):
    """A loss or a weight is not finite; the message says at which step, with what learning rate, and what to try."""

    def __init__(self, what: str, learning_rate: float) -> None:
        """Add the advice to `what`, which says what is not finite, and after which step."""
        super().__init__(
            f"{what}: lower the learning rate ({learning_rate:g} in this step), scale the pixels (model.scale, "
            "0.0078125 brings them between about -1 and 1) if the network has no batch norm, or set precision to "
            "32-true"
        )
