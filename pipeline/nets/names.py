"""How networks are called in tables and figures."""

from pipeline.params import Model


def name_of(model: Model) -> str:
    """A network's name for people; depth and kernels are MSN's alone, and a width of 1 is not told.

    Example:
        >>> name_of(model)
        'MSN-69 (3, 5, 7) x 0.25'
    """
    width = "" if model.width == 1 else f" x {model.width:g}"
    if model.name != "msn":
        return f"{model.name.upper()}{width}"
    return f"MSN-{model.depth} ({', '.join(map(str, model.kernels))}){width}"
