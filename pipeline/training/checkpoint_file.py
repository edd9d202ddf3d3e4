"""The file of a checkpoint: its name, and whether it agrees with its checksums. This module does not import PyTorch."""

import errno
import zipfile
from pathlib import Path

CHECKPOINT = "last.ckpt"


def agrees_with_checksums(path: Path) -> bool:
    """Whether every part of a checkpoint, which is a ZIP archive, has its checksum, which PyTorch ignores.

    Raises:
        OSError: if the file cannot be read now.
    """
    with path.open("rb") as stream:
        try:
            return zipfile.ZipFile(stream).testzip() is None
        except (OSError, MemoryError) as error:
            if isinstance(error, OSError) and error.errno in (errno.EINVAL, errno.EIO):
                return False  # an impossible position in the file; a failing disk
            raise
        except Exception:  # of many types: whatever cannot be read is damaged
            return False


def set_aside(path: Path) -> Path:
    """Rename a damaged checkpoint, so that the training starts again; return its new path."""
    return path.rename(path.with_name(f"{path.name}.damaged"))
