"""The times of stages: noted in DVC's temporary folder, unless finished work was reused."""

import json
from pathlib import Path

import pytest

from pipeline.runtime import stage_times
from pipeline.runtime.stage_times import KEPT, StageTime, machine_name, note_reuse, note_time, times_here

NOTE = Path(".dvc/tmp/msn_stage_times/align.json")


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stage_times, "_reused", False)
    for name in ("DVC_ROOT", "RANK", "SLURM_PROCID", "MSN_DEVICE"):
        monkeypatch.delenv(name, raising=False)
    Path(".dvc/tmp").mkdir(parents=True)


def test_a_run_is_noted_with_the_age_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_times.time, "time", lambda: stage_times.psutil.Process().create_time() + 12.5)
    note_time("align", {"a": 1})
    note_time("align", {"a": 2})
    times = times_here("align")
    assert times == [StageTime(machine_name(), item.seconds, {"a": n}) for n, item in enumerate(times, start=1)]
    assert [item.seconds for item in times] == pytest.approx([12.5, 12.5])
    assert times_here("decode") == []


def test_a_run_that_reused_finished_work_is_not_noted() -> None:
    note_reuse()
    note_time("align", {})
    assert not NOTE.exists()


def test_only_the_first_of_several_processes_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    note_time("align", {})
    assert not NOTE.exists()


def test_the_main_repository_holds_the_notes_of_temporary_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.chdir(temporary)
    note_time("align", {})
    assert not (tmp_path / NOTE).exists()  # outside a repository: nothing
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    note_time("align", {})
    assert (tmp_path / NOTE).exists()


def test_other_machines_and_damaged_notes_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    note_time("align", {})
    monkeypatch.setenv("MSN_DEVICE", "cpu")
    assert times_here("align") == []
    monkeypatch.delenv("MSN_DEVICE")
    assert len(times_here("align")) == 1
    NOTE.write_text(NOTE.read_text()[:-9])
    assert times_here("align") == []
    note_time("align", {})
    assert len(times_here("align")) == 1


def test_the_oldest_notes_go() -> None:
    NOTE.parent.mkdir()
    NOTE.write_text(json.dumps([{"machine": "m", "seconds": 1.0, "params": {"n": n}} for n in range(KEPT)]))
    note_time("align", {"n": KEPT})
    assert [item["params"]["n"] for item in json.loads(NOTE.read_text())] == list(range(1, KEPT + 1))
