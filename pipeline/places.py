"""Paths of this machine in parameters, and the one rule by which they are shown: a path may name a person or a place.

docs/how-to/privacy.md says where the rule is applied.
"""

import hashlib
from pathlib import PurePath

INPUTS = (  # parameters that are paths, of what the stages after simulate read
    *("corpus.root", "corpus.labels_root", "corpus.external.root", "corpus.external.labels_root"),
    *("identities.root", "identities.list"),
)
ROOTS = (*INPUTS, "simulate.footage")  # all parameters that are paths

EXTERNAL = "corpus.external."


def roots_read(external_layout: str) -> list[str]:
    """Return the keys of `INPUTS` whose folders a run reads.

    Args:
        external_layout: corpus.external.layout; with none there is no external corpus.

    Examples:
        >>> len(roots_read("videos")), roots_read("none")
        (6, ['corpus.root', 'corpus.labels_root', 'identities.root', 'identities.list'])
    """
    return [key for key in INPUTS if external_layout != "none" or not key.startswith(EXTERNAL)]


def hide_path(text: str) -> str:
    """Replace a path that leads out of the project by the first digits of its SHA-256; return other text as it is.

    Two paths stay apart, and neither is named.

    Examples:
        >>> hide_path("/home/ann/weights.safetensors"), hide_path("../ann"), hide_path("data/mine"), hide_path("train")
        ('path 28160d9c', 'path 2a8c40f7', 'data/mine', 'train')
    """
    path = PurePath(text)
    if not (path.is_absolute() or text.startswith("~") or ".." in path.parts):
        return text
    return f"path {hashlib.sha256(text.encode()).hexdigest()[:8]}"
