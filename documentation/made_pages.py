"""The pages that are made from the code. They are in Git, so that they can be read without building the site."""

from pathlib import Path

from documentation.api import api_pages
from documentation.commands import commands_page
from documentation.parameters import parameters_page

REFERENCE = Path("docs/reference")


def made_pages() -> dict[Path, str]:
    """Return the text of each page by its path; the working directory is the root of the repository."""
    return {
        REFERENCE / "commands.md": commands_page(),
        REFERENCE / "parameters.md": parameters_page(),
        **{REFERENCE / "api" / f"{name}.md": text for name, text in api_pages().items()},
    }
