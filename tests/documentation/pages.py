"""The documents of the project: their files, their code blocks, and the built site."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A fence begins a line, also an indented one of a list; the language follows it.
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block of a document.

    Attributes:
        place: file and line, for messages.
        language: the word after the fence; may be empty.
        text: its content.
    """

    place: str
    language: str
    text: str


def pages() -> list[Path]:
    """Return README and all pages of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def documents() -> list[Path]:
    """Return all files that people read: the pages, and the others of the root."""
    return [*pages(), *sorted(set(ROOT.glob("*.md")) - {ROOT / "README.md"})]


def code_blocks(path: Path) -> list[CodeBlock]:
    """Return the fenced blocks of a document."""
    text = path.read_text(encoding="utf-8")
    return [
        CodeBlock(f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}", match[2], match[3])
        for match in FENCE.finditer(text)
    ]


def build_site(folder: Path) -> Path:
    """Build the site in `folder`, with warnings as errors, and return its root."""
    shutil.copytree(ROOT / "docs", folder / "docs")
    (folder / "pipeline").symlink_to(ROOT / "pipeline")
    (folder / "zensical.toml").write_text((ROOT / "zensical.toml").read_text(encoding="utf-8"), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"
