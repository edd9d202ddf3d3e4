"""DVCLive's tables: cut back, gone on with, summed up."""

import json
import os
from pathlib import Path

import pytest

from pipeline.training.curves import LearningCurves, published_curves, truncate_after, write_summary


def _draw(folder: Path, steps: range, after: int = 0, shown: Path | None = None) -> None:
    logger = LearningCurves(folder, after, shown)
    for step in steps:
        logger.log_metrics({"train/loss": 1 / step}, step)
        if step % 2 == 0:
            logger.log_metrics({"validation/rmse": float(step)}, step)
    logger.finalize("success")


def _tables(folder: Path) -> dict[str, list[str]]:
    return {path.stem: path.read_text().splitlines() for path in sorted(folder.rglob("*.tsv"))}


def test_going_on_repeats_no_step(tmp_path: Path) -> None:
    _draw(tmp_path / "once", range(1, 7))
    _draw(tmp_path / "twice", range(1, 6))  # killed after step 5, with a checkpoint of step 3
    _draw(tmp_path / "twice", range(4, 7), after=3)
    assert _tables(tmp_path / "twice") == _tables(tmp_path / "once")
    assert _tables(tmp_path / "once")["rmse"] == ["step\trmse", "2\t2.0", "4\t4.0", "6\t6.0"]


def test_starting_anew_forgets_what_was_drawn(tmp_path: Path) -> None:
    _draw(tmp_path, range(1, 9))
    _draw(tmp_path, range(1, 3))
    assert _tables(tmp_path)["loss"] == ["step\tloss", "1\t1.0", "2\t0.5"]


def test_a_row_cut_short_by_a_kill_is_dropped(tmp_path: Path) -> None:
    _draw(tmp_path, range(1, 5))
    with (tmp_path / "plots/metrics/train/loss.tsv").open("a") as table:
        table.write("1")  # of 11
    truncate_after(tmp_path, 4)
    assert len(_tables(tmp_path)["loss"]) == 5


def test_the_summary_has_the_last_row_of_every_table(tmp_path: Path) -> None:
    _draw(tmp_path, range(1, 6))
    write_summary(tmp_path)
    found = json.loads((tmp_path / "metrics.json").read_text())
    assert found == {"step": 5, "train": {"loss": 0.2}, "validation": {"rmse": 4.0}}


def test_nothing_is_written_outside_its_folder(tmp_path: Path) -> None:
    _draw(tmp_path / "curves", range(1, 3))
    assert [path.name for path in tmp_path.iterdir()] == ["curves"]
    assert sorted(path.name for path in (tmp_path / "curves").iterdir()) == ["metrics.json", "plots"]


def test_no_file_stays_open(tmp_path: Path) -> None:
    def opened() -> list[str]:
        names = [os.path.realpath(path) for path in Path("/proc/self/fd").iterdir()]
        return sorted(name for name in names if name.startswith("/") and "/proc/" not in name)

    _draw(tmp_path, range(1, 3))
    before = opened()
    _draw(tmp_path, range(1, 3))
    assert opened() == before


def test_what_is_drawn_is_shown_at_once(tmp_path: Path) -> None:
    logger = LearningCurves(tmp_path / "kept", 0, tmp_path / "shown" / "finetune")
    for step in (1, 2):
        logger.log_metrics({"train/loss": 1 / step}, step)
        assert _tables(tmp_path / "shown") == _tables(tmp_path / "kept")
        summary = json.loads((tmp_path / "shown/finetune/metrics.json").read_text())
        assert summary == {"step": step, "train": {"loss": 1 / step}}
    assert {path.suffix for path in (tmp_path / "shown").rglob("*") if path.is_file()} == {".tsv", ".json"}


def test_rows_of_before_are_shown_again(tmp_path: Path) -> None:
    _draw(tmp_path / "kept", range(1, 6))
    _draw(tmp_path / "kept", range(4, 6), after=3, shown=tmp_path / "shown")  # where DVC had taken them away
    assert _tables(tmp_path / "shown") == _tables(tmp_path / "kept")


def test_a_training_that_fails_shows_nothing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), published_curves(tmp_path / "shown") as folder:
        _draw(tmp_path / "kept", range(1, 3), shown=folder)
        assert folder.is_dir()
        raise SystemExit
    assert not (tmp_path / "shown").exists()
