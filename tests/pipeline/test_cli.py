"""The command `msn`, as people meet it: what it prints, what it leaves, how it fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline import pruning
from pipeline.artifacts.artifact_store import ArtifactStore
from pipeline.cli import app
from pipeline.pruning import Named

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with params.yaml and profiles."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _msn(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, words, input=answer)


def _make(key: str, text: str) -> None:
    def maker(folder: Path) -> None:
        (folder / "faces").write_text(text)

    ArtifactStore("align").make(key, maker)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["profile", "identities", "predict", "complexity", "study", "compare", "report", "work"]),
        (("profile",), ["avec2014", "git checkout params.yaml"]),
        (("identities",), ["--output"]),
        (("predict",), ["--model", "--json", "--figure", "--overlay", "no diagnosis"]),
        (("complexity",), ["--model", "--depth", "--kernels", "--json"]),
        (("study",), ["--dry-run", "--queue", "--collect", "--retry", "--jobs"]),
        (("compare",), ["experiment", "--resamples", "--json", "inside the"]),
        (("report",), ["--study", "--output", "--faces", "self-contained"]),
        (("compare-saliency",), ["experiment", "--output", "workspace"]),
        (("work",), ["list", "prune"]),
        (("work", "prune"), ["--progress", "--yes", "dvc.lock"]),
    ],
)
def test_help(words: tuple[str, ...], expected: list[str]) -> None:
    found = _msn(*words, "--help")
    assert found.exit_code == 0
    assert [word for word in expected if word not in found.output] == []


def test_the_help_waits_for_no_library() -> None:
    told = "import sys; from pipeline.cli import app; app(['--help'], standalone_mode=False); "
    asked = "print('loaded:', *sorted({'torch', 'dvc', 'dask'} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", told + asked], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1].split() == ["loaded:"]


def test_a_profile_is_written_and_told(workplace: Path) -> None:
    found = _msn("profile", "avec2014")
    assert found.exit_code == 0
    assert "simulate.enabled: true -> false\n" in found.output
    assert "model.depth: 27 -> 69\n" in found.output
    assert found.output.endswith(
        "To be set in params.yaml, for nothing is there yet:\n"
        "  corpus.root: /data/AVEC2014\n"
        "  corpus.labels_root: /data/AVEC2014\n"
        "  identities.root: /data/VGGFace2/train\n"
        "  identities.list: /data/VGGFace2/train_list.txt\n"
    )
    assert yaml.safe_load((workplace / "params.yaml").read_text())["model"]["depth"] == 69
    assert "params.yaml agrees with the profile avec2014 already" in _msn("profile", "avec2014").output


def test_a_failure_is_told_in_words(workplace: Path) -> None:
    before = (workplace / "params.yaml").read_bytes()
    found = _msn("profile", "avec1999")
    assert found.exit_code == 1
    assert found.output == "msn: there is no profile 'avec1999' in profiles; allowed: avec2013, avec2014\n"
    (workplace / "profiles" / "wrong.yaml").write_text("model: {depth: 68, kernels: [4]}\n")
    found = _msn("profile", "wrong")
    assert found.exit_code == 1
    assert "model.depth is 68; allowed: 27, 36, 51, 69 or 99\n" in found.output
    assert "model.kernels is [4]; allowed: " in found.output
    assert (workplace / "params.yaml").read_bytes() == before


def test_outside_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = _msn("profile", "avec2014")
    assert found.exit_code == 1
    assert found.output == "msn: params.yaml: no such file; run in the root of the repository\n"


def test_a_list_of_identities(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "a/1.png", "b/1.JPG", "b/notes.txt"):
        (tmp_path / "faces" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "faces" / name).touch()
    listed = "a/1.png\nb/1.JPG\nb/2.jpg\n"
    found = _msn("identities", str(tmp_path / "faces"))
    assert (found.exit_code, found.stdout, found.stderr) == (0, listed, "3 images of 2 identities\n")
    found = _msn("identities", str(tmp_path / "faces"), "--output", str(tmp_path / "train_list.txt"))
    assert (found.exit_code, found.stdout) == (0, "")
    assert (tmp_path / "train_list.txt").read_text() == listed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["faces", "train_list.txt"]


def test_a_tree_without_images_makes_no_list(tmp_path: Path) -> None:
    found = _msn("identities", str(tmp_path), "--output", str(tmp_path / "train_list.txt"))
    assert found.exit_code == 1
    assert found.output.startswith(f"msn: {tmp_path}: no image; allowed: ")
    assert not list(tmp_path.iterdir())
    assert _msn("identities", str(tmp_path / "nowhere")).exit_code == 2


def test_the_store_is_listed_by_kind() -> None:
    assert "0 folders, 0 bytes" in _msn("work", "list").output
    _make("one", "x" * 1500)
    _make("two", "y" * 1000)
    with ArtifactStore("pretrain").scratch("three") as scratch:
        (scratch / "last.ckpt").write_text("z" * 10)
    lines = _msn("work", "list").output.splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["align", "2", "finished", "2.5", "kB"],
        ["pretrain", "1", "progress", "10", "bytes"],
    ]
    assert lines[2].startswith("3 folders, 2.5 kB, in ")


@pytest.fixture
def only_x(monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC names a file that holds x, and an output that is not in its cache."""
    digests = frozenset({"9dd4e461268c8034f5c8564e155c67a6"})  # md5sum of x
    monkeypatch.setattr("pipeline.commands.work.named", lambda: Named(digests, frozenset(), 1))


@pytest.mark.usefixtures("only_x")
def test_pruning_asks_and_removes_what_is_not_named() -> None:
    _make("named", "x")
    _make("not named", "y")
    with ArtifactStore("align").scratch("begun") as scratch:
        (scratch / "last.ckpt").write_text("z")
    found = _msn("work", "prune", answer="n\n")
    assert found.exit_code == 1
    assert "named, but not in DVC's cache, so that nobody knows which items they held: 1 outputs" in found.output
    assert len(pruning.holdings()) == 3
    found = _msn("work", "prune", answer="y\n")
    assert found.exit_code == 0
    assert "align             1 finished      1 byte" in found.output
    assert [held.folder.name for held in pruning.holdings()] == ["named", "begun"]
    assert "nothing to remove" in _msn("work", "prune").output
    assert _msn("work", "prune", "--progress", "--yes").exit_code == 0
    assert [held.folder.name for held in pruning.holdings()] == ["named"]


def test_pruning_outside_a_repository_removes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _make("one", "x")
    found = _msn("work", "prune", "--yes")
    assert found.exit_code == 1
    assert found.output == f"msn: {tmp_path}: no repository of DVC; run in the root of the repository\n"
    assert len(pruning.holdings()) == 1
