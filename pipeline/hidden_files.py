"""Files that operating systems and storage devices leave among those of users; nobody means them."""

from pathlib import Path

SYSTEM_FOLDERS = ("@eadir", "#recycle", "$recycle.bin", "__macosx", "lost+found", "system volume information")


def is_hidden(path: Path, root: Path) -> bool:
    """Whether the name of `path`, or of a folder between it and `root`, is hidden or that of a system's own folder.

    Examples:
        >>> is_hidden(Path("faces/ann/._1.jpg"), Path("faces")), is_hidden(Path(".cache/ann/1.jpg"), Path(".cache"))
        (True, False)

    Args:
        path: below `root`.
        root: the folder that is searched; its own name does not matter.
    """
    return any(map(is_hidden_name, path.relative_to(root).parts))


def is_hidden_name(name: str) -> bool:
    """Whether a file or folder of this name is hidden or a system's own."""
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS
