"""The inputs of a stage are compared with what DVC recorded, before the stage runs."""

import hashlib
import os
from pathlib import Path

import pytest
import yaml

from pipeline.runtime.damage import DamagedError
from pipeline.runtime.inputs import check_inputs
from pipeline.runtime.output_checksums import complete_checksums

TABLE, RESULTS, MODEL = Path("data/table.csv"), Path("results/predictions.csv"), Path("models/finetuned")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with outputs of other stages: a file, a folder of tables and a model folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    for path in (TABLE, RESULTS, MODEL / "description.json"):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"a table of two\nrows\n")
    for folder in (RESULTS.parent, MODEL):
        complete_checksums(folder)
    outs = [{"path": str(TABLE), "hash": "md5", "md5": hashlib.md5(TABLE.read_bytes()).hexdigest()}]
    outs.append({"path": "models/finetuned", "hash": "md5", "md5": "0" * 32 + ".dir"})
    lock = {"schema": "2.0", "stages": {"ingest": {"cmd": "x", "outs": outs}, "simulate": {"cmd": "y"}}}
    Path("dvc.lock").write_text(yaml.safe_dump(lock))
    return tmp_path


@pytest.mark.parametrize(
    ("path", "argument", "problem"),
    [
        (TABLE, TABLE, "damaged, or changed by hand: other content than dvc.lock says"),
        (RESULTS, RESULTS, "damaged: other content than when it was made"),
        (MODEL / "description.json", MODEL, "damaged: other content than when it was made"),
    ],
)
def test_damaged_inputs_are_named_and_shown_to_dvc(workplace: Path, path: Path, argument: Path, problem: str) -> None:
    check_inputs("evaluate", [TABLE, RESULTS, MODEL, Path("not yet made")])
    os.truncate(path, 15)
    os.utime(path, ns=(5, 5))
    with pytest.raises(DamagedError, match=f"{path}: {problem}; `dvc repro` makes it again"):
        check_inputs("evaluate", [argument])
    assert path.stat().st_mtime_ns > 5


def test_what_a_stage_made_before_is_not_compared(workplace: Path) -> None:
    TABLE.write_text("other")
    check_inputs("ingest", [TABLE])


def test_stages_that_are_run_by_hand_and_first_runs_are_not_compared(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    TABLE.write_text("other")
    with monkeypatch.context() as patch:
        patch.delenv("DVC_ROOT")
        check_inputs("evaluate", [TABLE])
    Path("dvc.lock").unlink()
    check_inputs("evaluate", [TABLE])
