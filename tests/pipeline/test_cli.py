"""The command `msn`: its output, the files that it writes, its errors."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline.artifacts.artifact_store import ArtifactStore, work_root
from pipeline.cli import COMMANDS, NEED_CHECKOUT, app
from pipeline.upkeep.pruning import ReferencedFiles
from pipeline.upkeep.stored_folders import stored_folders

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with params.yaml and profiles."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _msn(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


def _make(key: str, text: str) -> None:
    """Make an item of align that holds one file."""

    def maker(folder: Path) -> None:
        (folder / "faces").write_text(text)

    ArtifactStore("align").make(key, maker)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ((), ["profile", "identities", "predict", "complexity", "study", "compare", "report", "doctor", "work"]),
        (("profile",), ["avec2014", "git checkout params.yaml"]),
        (("identities",), ["--output"]),
        (("predict",), ["--model", "--json", "--figure", "--overlay", "no diagnosis"]),
        (("complexity",), ["--model", "--depth", "--kernels", "--json"]),
        (("study",), ["--dry-run", "--queue", "--collect", "--retry", "--jobs"]),
        (("compare",), ["experiment", "--json", "inside the noise"]),
        (("report",), ["--study", "--output", "--faces", "self-contained"]),
        (("compare-saliency",), ["experiment", "--output", "workspace"]),
        (("doctor",), ["--json", "Nothing is sent anywhere", "exit status"]),
        (("work",), ["list", "prune"]),
        (("work", "prune"), ["--progress", "--features", "--yes", "dvc.lock"]),
    ],
)
def test_help(command: tuple[str, ...], expected: list[str]) -> None:
    result = _msn(*command, "--help")
    assert result.exit_code == 0
    output = " ".join(result.output.split())  # lines are broken where the terminal ends
    assert [text for text in expected if text not in output] == []
    assert "completion" not in output  # of a shell: it would be for a program that does not exist


def test_the_help_imports_no_large_library() -> None:
    show_help = "import sys; from pipeline.cli import app; app(['--help'], standalone_mode=False); "
    print_modules = "print('loaded:', *sorted({'torch', 'dvc', 'dask'} & sys.modules.keys()))"
    result = subprocess.run(
        [sys.executable, "-c", show_help + print_modules], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1].split() == ["loaded:"]


def test_a_profile_is_written_and_its_changes_are_printed(workplace: Path) -> None:
    result = _msn("profile", "avec2014")
    assert result.exit_code == 0
    assert "simulate.enabled: true -> false\n" in result.output
    assert "model.depth: 27 -> 69\n" in result.output
    assert result.output.endswith(
        "To be set in params.yaml, because these paths do not exist:\n"
        "  corpus.root: /data/AVEC2014\n"
        "  corpus.labels_root: /data/AVEC2014\n"
        "  identities.root: /data/VGGFace2/train\n"
        "  identities.list: /data/VGGFace2/train_list.txt\n"
    )
    assert yaml.safe_load((workplace / "params.yaml").read_text())["model"]["depth"] == 69
    assert "params.yaml already agrees with the profile avec2014" in _msn("profile", "avec2014").output


def test_an_error_is_printed_as_one_message(workplace: Path) -> None:
    before = (workplace / "params.yaml").read_bytes()
    result = _msn("profile", "avec1999")
    assert result.exit_code == 1
    assert result.output == "msn: there is no profile 'avec1999' in profiles; allowed: avec2013, avec2014\n"
    (workplace / "profiles" / "wrong.yaml").write_text("model: {depth: 68, kernels: [4]}\n")
    result = _msn("profile", "wrong")
    assert result.exit_code == 1
    assert "model.depth is 68; allowed: 27, 36, 51, 69 or 99\n" in result.output
    assert "model.kernels is [4]; allowed: " in result.output
    assert (workplace / "params.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("profile", "avec2014"), "params.yaml: no such file"),
        (("study",), "studies: there is no study here"),
        (("study", "depth"), "studies/depth.yaml: no such study"),
        (("compare", "HEAD", "workspace"), "HEAD: DVC cannot read it here"),
        (("report",), "workspace: no params.yaml"),
        (("compare-saliency", "HEAD", "workspace"), "HEAD: DVC cannot read it here"),
    ],
)
def test_outside_of_a_checkout_the_commands_that_need_one_say_so(
    command: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = _msn(*command)
    assert (result.exit_code, result.stdout) == (1, "")
    first, *_, last = result.stderr.splitlines()
    assert first.startswith(f"msn: {message}")
    assert last == f"`msn {command[0]}` needs a checkout of the project: run it in the root of a clone"
    assert list(tmp_path.iterdir()) == []


def test_every_command_says_where_it_runs() -> None:
    result = " ".join(_msn("--help").output.split())
    (anywhere,) = re.findall(r"(\S+(?:, \S+)* and \S+) run anywhere; the others run in a checkout", result)
    assert {*re.split(", | and ", anywhere)} == COMMANDS.keys() - {*NEED_CHECKOUT, "work"}


def test_the_image_list_of_a_folder_tree(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "a/1.png", "b/1.JPG", "b/notes.txt"):
        (tmp_path / "faces" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "faces" / name).touch()
    lines = "a/1.png\nb/1.JPG\nb/2.jpg\n"
    result = _msn("identities", str(tmp_path / "faces"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, lines, "3 images of 2 identities\n")
    result = _msn("identities", str(tmp_path / "faces"), "--output", str(tmp_path / "train_list.txt"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "train_list.txt").read_text() == lines
    assert sorted(path.name for path in tmp_path.iterdir()) == ["faces", "train_list.txt"]


def test_a_folder_tree_without_images_is_an_error(tmp_path: Path) -> None:
    result = _msn("identities", str(tmp_path), "--output", str(tmp_path / "train_list.txt"))
    assert result.exit_code == 1
    assert result.output.startswith(f"msn: {tmp_path}: no image; allowed: ")
    assert not list(tmp_path.iterdir())
    assert _msn("identities", str(tmp_path / "nowhere")).exit_code == 2


def test_the_artifact_store_is_listed_by_kind() -> None:
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
def only_x_is_referenced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The referenced files are one with the content x, and an output without a listing in the cache."""
    digests = frozenset({"9dd4e461268c8034f5c8564e155c67a6"})  # md5sum of x
    monkeypatch.setattr("pipeline.commands.work.referenced_files", lambda: ReferencedFiles(digests, frozenset(), 1))


@pytest.mark.usefixtures("only_x_is_referenced")
def test_pruning_asks_and_removes_unreferenced_items() -> None:
    _make("referenced", "x")
    _make("unreferenced", "y")
    with ArtifactStore("align").scratch("begun") as scratch:
        (scratch / "last.ckpt").write_text("z")
    result = _msn("work", "prune", stdin="n\n")
    assert result.exit_code == 1
    assert "referenced, but not in DVC's cache, so that their items are unknown: 1 outputs" in result.output
    assert len(stored_folders()) == 3
    result = _msn("work", "prune", stdin="y\n")
    assert result.exit_code == 0
    assert "align             1 finished      1 byte" in result.output
    assert [stored.folder.name for stored in stored_folders()] == ["referenced", "begun"]
    assert "nothing to remove" in _msn("work", "prune").output
    assert _msn("work", "prune", "--progress", "--yes").exit_code == 0
    assert [stored.folder.name for stored in stored_folders()] == ["referenced"]


@pytest.mark.usefixtures("only_x_is_referenced")
def test_features_of_recordings_are_pruned_on_demand_only() -> None:
    store = ArtifactStore("features-lpq")

    def maker(folder: Path) -> None:
        (folder / "features.safetensors").write_text("f")

    store.make("one", maker)
    assert "nothing to remove" in _msn("work", "prune", "--yes").output
    assert store.find("one") is not None
    assert "features-lpq" in _msn("work", "prune", "--features", "--yes").output
    assert store.find("one") is None


def test_pruning_outside_a_repository_removes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _make("one", "x")
    result = _msn("work", "prune", "--yes")
    assert result.exit_code == 1
    assert result.output == f"msn: {tmp_path}: no repository of DVC; run in the root of the repository\n"
    assert len(stored_folders()) == 1


def test_verification_drops_and_names_damaged_items_and_checkpoints() -> None:
    store = ArtifactStore("pretrain")

    def maker(folder: Path) -> None:
        (folder / "weights").write_bytes(b"0123")

    for key in ("whole", "cut"):
        store.make(key, maker)
    os.truncate(store.item("cut") / "weights", 2)
    for key in ("intact", "broken"):
        with store.scratch(key) as folder, zipfile.ZipFile(folder / "last.ckpt", "w") as archive:
            archive.writestr("step", "3")
    with store.scratch("broken") as folder:
        os.truncate(folder / "last.ckpt", 20)
    with store.scratch("begun"):
        pass  # no checkpoint yet
    with store.scratch("training now") as folder:
        (folder / "last.ckpt").write_bytes(b"being replaced")
        result = _msn("work", "verify")
        (folder / "last.ckpt").unlink()
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{store.item('cut')}: weights has other content than when it was finished; dropped",
        f"{store.folder / 'scratch/broken'}: last.ckpt is damaged; it is now last.ckpt.damaged",
        f"6 folders verified, 2 damaged, in {work_root()}",
    ]
    assert [path.name for path in store.item("x").parent.iterdir()] == ["whole"]
    assert [path.parent.name for path in store.folder.rglob("last.ckpt")] == ["intact"]
    result = _msn("work", "verify")
    assert (result.exit_code, result.stdout) == (0, f"5 folders verified, 0 damaged, in {work_root()}\n")
