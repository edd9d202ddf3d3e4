"""Runs that a study starts at the same time share the processors."""

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.studies import queue


@pytest.mark.parametrize(
    ("jobs", "own", "expected"), [(1, "", "6"), (2, "", "3"), (4, "", "1"), (9, "", "1"), (2, "5", "5")]
)
def test_each_run_gets_its_share_of_workers(
    jobs: int, own: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments: list[dict[str, str]] = []

    def run(command: list[str], *, env: dict[str, str], **_: Any) -> SimpleNamespace:
        environments.append(env)
        return SimpleNamespace(returncode=0)

    monkeypatch.setenv("MSN_WORKERS", own)
    monkeypatch.setattr(queue, "worker_count", lambda: 6)
    monkeypatch.setattr(subprocess, "run", run)
    queue.start(jobs)
    assert [environment["MSN_WORKERS"] for environment in environments] == [expected]
