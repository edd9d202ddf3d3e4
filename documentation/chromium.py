"""The browser in which pages are pictured and tested."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Return the path of the system's Chromium, or None if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)
