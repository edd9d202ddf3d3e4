"""Function calls in workers: results in order, failures reported after all calls, the number of workers."""

from pathlib import Path

import pytest

from pipeline.artifacts.hashing import folder_digest
from pipeline.parallel.progress import WorkProgress
from pipeline.parallel.worker_count import worker_count
from pipeline.parallel.workers import ANYWHERE, map_items, map_outcomes
from pipeline.runtime.errors import ItemsFailedError
from pipeline.runtime.file_digest import file_digest


def _files(folder: Path, count: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.txt" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(f"content {number}")
    return paths


@pytest.mark.parametrize("workers", ["1", "2"])
def test_results_are_in_the_order_of_the_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str) -> None:
    monkeypatch.setenv("MSN_WORKERS", workers)
    paths = _files(tmp_path / "files", 7)
    assert map_items(file_digest, paths, "hashing") == [file_digest(path) for path in paths]


def test_a_failed_item_is_reported_after_all_others_are_finished(tmp_path: Path) -> None:
    paths = _files(tmp_path / "files", 3)
    paths[1].unlink()
    with pytest.raises(ItemsFailedError, match=r"1 of 3 failed:\n .*1\.txt: FileNotFoundError"):
        map_items(file_digest, paths, "hashing")


def test_the_exception_of_a_failed_call_takes_the_place_of_its_result(tmp_path: Path) -> None:
    paths = _files(tmp_path / "files", 3)
    paths[1].unlink()
    outcomes = map_outcomes(file_digest, [(path,) for path in paths], WorkProgress("hashing", [1] * 3), ANYWHERE)
    assert isinstance(outcomes[1], FileNotFoundError)
    assert [outcomes[0], outcomes[2]] == [file_digest(paths[0]), file_digest(paths[2])]


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_workers_is_rejected(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MSN_WORKERS", value)
    with pytest.raises(ValueError, match=r"MSN_WORKERS is .* whole number from 1"):
        worker_count()


def test_a_folder_digest_depends_on_names_and_bytes(tmp_path: Path) -> None:
    _files(tmp_path / "a", 2)
    _files(tmp_path / "b", 2)
    assert folder_digest(tmp_path / "a") == folder_digest(tmp_path / "b")
    (tmp_path / "b" / "1.txt").write_text("content 2")
    assert folder_digest(tmp_path / "a") != folder_digest(tmp_path / "b")
    (tmp_path / "b" / "1.txt").write_text("content 1")
    (tmp_path / "b" / "1.txt").rename(tmp_path / "b" / "2.txt")
    assert folder_digest(tmp_path / "a") != folder_digest(tmp_path / "b")


def test_a_missing_folder_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere"):
        folder_digest(tmp_path / "nowhere")
