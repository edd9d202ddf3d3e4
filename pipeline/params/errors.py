"""The error of all checks of parameters."""


class ParamsError(ValueError):
    """params.yaml holds something that is not allowed; the message names every key, its value and what is allowed."""
