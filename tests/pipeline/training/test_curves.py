"""Learning curves are truncated, continued, summarised and published."""

import json
import os
from pathlib import Path

import pytest

from pipeline.training.curves import LearningCurves, published_curves, truncate_after, write_summary


def _log_steps(folder: Path, steps: range, after: int = 0, published: Path | None = None) -> None:
    curves = LearningCurves(folder, after, published)
    for step in steps:
        curves.log({"train/loss": 1 / step}, step)
        if step % 2 == 0:
            curves.log({"validation/rmse": float(step)}, step)
    curves.close()


def _tables(folder: Path) -> dict[str, list[str]]:
    return {path.stem: path.read_text().splitlines() for path in sorted(folder.rglob("*.tsv"))}


def test_resumed_curves_repeat_no_step(tmp_path: Path) -> None:
    _log_steps(tmp_path / "once", range(1, 7))
    _log_steps(tmp_path / "twice", range(1, 6))  # killed after step 5, with a checkpoint of step 3
    _log_steps(tmp_path / "twice", range(4, 7), after=3)
    assert _tables(tmp_path / "twice") == _tables(tmp_path / "once")
    assert _tables(tmp_path / "once")["rmse"] == ["step\trmse", "2\t2.0", "4\t4.0", "6\t6.0"]


def test_new_curves_replace_old_ones(tmp_path: Path) -> None:
    _log_steps(tmp_path, range(1, 9))
    _log_steps(tmp_path, range(1, 3))
    assert _tables(tmp_path)["loss"] == ["step\tloss", "1\t1.0", "2\t0.5"]


def test_a_row_cut_short_by_a_kill_is_dropped(tmp_path: Path) -> None:
    _log_steps(tmp_path, range(1, 5))
    with (tmp_path / "plots/metrics/train/loss.tsv").open("a") as table:
        table.write("1")  # of 11
    truncate_after(tmp_path, 4)
    assert len(_tables(tmp_path)["loss"]) == 5


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"step\tloss\nfirst\t1\n", b"other\n1\n"])
def test_a_damaged_table_is_named_and_begins_anew(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    _log_steps(tmp_path, range(1, 5))
    table = tmp_path / "plots/metrics/train/loss.tsv"
    table.write_bytes(content)
    _log_steps(tmp_path, range(5, 7), after=4)
    assert f"{table} is damaged: it is removed, and this learning curve begins after step 4" in caplog.text
    tables = _tables(tmp_path)
    assert [row.split("\t")[0] for row in tables["loss"]] == ["step", "5", "6"]
    assert tables["rmse"] == ["step\trmse", "2\t2.0", "4\t4.0", "6\t6.0"]


def test_the_summary_has_the_last_row_of_every_table(tmp_path: Path) -> None:
    _log_steps(tmp_path, range(1, 6))
    write_summary(tmp_path)
    summary = json.loads((tmp_path / "metrics.json").read_text())
    assert summary == {"step": 5, "train": {"loss": 0.2}, "validation": {"rmse": 4.0}}


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    _log_steps(tmp_path / "curves", range(1, 3))
    assert [path.name for path in tmp_path.iterdir()] == ["curves"]
    assert sorted(path.name for path in (tmp_path / "curves").iterdir()) == ["metrics.json", "plots"]


def test_no_file_stays_open(tmp_path: Path) -> None:
    def open_files() -> list[str]:
        names = [os.path.realpath(path) for path in Path("/proc/self/fd").iterdir()]
        return sorted(name for name in names if name.startswith("/") and "/proc/" not in name)

    _log_steps(tmp_path, range(1, 3))
    before = open_files()
    _log_steps(tmp_path, range(1, 3))
    assert open_files() == before


def test_every_row_is_published_at_once(tmp_path: Path) -> None:
    curves = LearningCurves(tmp_path / "progress", 0, tmp_path / "published" / "finetune")
    for step in (1, 2):
        curves.log({"train/loss": 1 / step}, step)
        assert _tables(tmp_path / "published") == _tables(tmp_path / "progress")
        summary = json.loads((tmp_path / "published/finetune/metrics.json").read_text())
        assert summary == {"step": step, "train": {"loss": 1 / step}}
    assert {path.suffix for path in (tmp_path / "published").rglob("*") if path.is_file()} == {".tsv", ".json"}


def test_earlier_rows_are_published_again_on_resumption(tmp_path: Path) -> None:
    _log_steps(tmp_path / "progress", range(1, 6))
    _log_steps(tmp_path / "progress", range(4, 6), after=3, published=tmp_path / "published")  # DVC had removed them
    assert _tables(tmp_path / "published") == _tables(tmp_path / "progress")


def test_a_failed_training_publishes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), published_curves(tmp_path / "published") as folder:
        _log_steps(tmp_path / "progress", range(1, 3), published=folder)
        assert folder.is_dir()
        raise SystemExit
    assert not (tmp_path / "published").exists()
