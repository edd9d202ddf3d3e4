"""Calls to Git."""

import os
import subprocess
from collections.abc import Mapping


class GitError(ValueError):
    """A Git command failed; the message holds the command and what Git printed."""


def git(*words: str, stdin: str | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Run a Git command and return what it prints.

    Args:
        *words: the command, without `git`.
        stdin: the text that the command reads.
        environment: variables added to those of this process.

    Raises:
        GitError: if the command fails.
    """
    result = subprocess.run(
        ["git", *words], capture_output=True, text=True, input=stdin, env={**os.environ, **(environment or {})}
    )
    if result.returncode:
        raise GitError(f"git {' '.join(words[:2])} failed: {result.stderr.strip()}")
    return result.stdout


def git_or(default: str, *words: str) -> str:
    """Run a Git command and return what it prints, without surrounding white space; `default` if it fails."""
    try:
        return git(*words).strip()
    except GitError:
        return default


def git_blob(revision: str, path: str) -> bytes | None:
    """Return the content of a file at a revision; None if the revision has no such file."""
    result = subprocess.run(["git", "cat-file", "blob", f"{revision}:{path}"], capture_output=True)
    return result.stdout if result.returncode == 0 else None
