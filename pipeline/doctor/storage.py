"""The file systems that the project writes to: their type, free space, links between them, and locks."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from fcntl import LOCK_EX, flock, ioctl
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from pipeline.artifacts.artifact_store import work_root
from pipeline.doctor.check import Check, Fact, Section, Verdict, gigabytes, ok_or_problem, ok_or_warning
from pipeline.doctor.checkout import dvc_setting, find_checkout

MOUNTS = Path("/proc/self/mountinfo")
# Also every type that begins with fuse. (sshfs, glusterfs, ...), which may be one.
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "9p", "afs", "panfs", "virtiofs"}
FICLONE = 0x40049409  # Linux: share the blocks of a file with another one
ENVIRONMENT, DEMO = 7.5e9, 1.2e9  # bytes on disk: .venv, and the demo's outputs, cache and finished items
FULL = 1e8  # bytes below which nothing useful can be written
CHECKOUT, STORE, CACHE, TEMPORARY = "checkout", "artifact store", "DVC's cache", "temporary folder"
PATIENCE = 30  # seconds for another process to try a lock
TRY_LOCK = """
import fcntl, sys
with open(sys.argv[1]) as stream:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        print("free")
    except BlockingIOError:
        print("held")
"""


def examine() -> Section:
    """Return the file system of each place, and whether links and locks work there."""
    places = _places()
    facts: dict[str, Fact] = {name: _describe(folder) for name, folder in places.items()}
    with ExitStack() as stack:
        scratch, checks = _make_scratch(places, stack)
        checks += _check_temporary(places[TEMPORARY])
        checks += _check_space(places)
        if {CHECKOUT, STORE, CACHE} <= scratch.keys():
            devices = {scratch[name].stat().st_dev for name in (CHECKOUT, STORE, CACHE)}
            facts["checkout, store and cache are on one file system"] = len(devices) == 1
            links = {
                (first, second, kind): link(scratch[first], scratch[second])
                for first, second in ((STORE, CACHE), (CACHE, CHECKOUT))
                for kind, link in (("hard links", _try_hard_link), ("reflinks", _try_reflink))
            }
            facts |= {f"{kind}, {first} to {second}": result for (first, second, kind), result in links.items()}
            checks += _check_links(links)
        if STORE in scratch:
            checks.append(_check_locks(scratch[STORE]))
    return Section("File systems", facts, checks)


def _places() -> dict[str, Path]:
    """Return the folders that the project writes to, by what they are for; some may be missing yet."""
    places = {}
    if checkout := find_checkout():
        cache = dvc_setting(checkout, "cache", "dir") or "cache"
        places = {CHECKOUT: checkout, STORE: work_root(), CACHE: checkout / ".dvc" / cache}
    try:
        places[TEMPORARY] = Path(gettempdir())
    except FileNotFoundError:  # no folder can be written to; _make_scratch says so
        places[TEMPORARY] = Path("/tmp")
    return places


def _existing(folder: Path) -> Path:
    """Return the folder itself, or the nearest one above it that exists and can be seen."""
    return next((place for place in (folder, *folder.parents) if _is_folder(place)), Path("/"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # of a folder that is closed to this account, or a name that is too long
        return False


def _describe(folder: Path) -> str:
    place = _existing(folder)
    kind = _file_system_type(place)
    parts = [kind, f"{gigabytes(shutil.disk_usage(place).free)} free"]
    if kind in NETWORK or kind.startswith("fuse."):
        parts.insert(1, "over the network" if kind in NETWORK else "perhaps over the network")
    return ", ".join(parts) + ("" if _is_folder(folder) else "; not made yet")


def _file_system_type(folder: Path) -> str:
    """Return the type of the file system that a folder is on, as Linux names it."""
    try:
        rows = [line.split(" - ") for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return "of unknown type"
    real = folder.resolve()
    # A later mount at the same place hides the earlier one.
    mounted = {Path(_unescape(row[0].split()[4])): row[1].split()[0] for row in rows if len(row) == 2}
    return next((mounted[place] for place in (real, *real.parents) if place in mounted), "of unknown type")


def _unescape(path: str) -> str:
    for code, character in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        path = path.replace(code, character)
    return path


def _make_scratch(places: Mapping[str, Path], stack: ExitStack) -> tuple[dict[str, Path], list[Check]]:
    """Make a temporary folder in each place; return those that could be made, and the checks of whether they could."""
    scratch: dict[str, Path] = {}
    failed: dict[str, str] = {}
    for name, folder in places.items():
        folder = _existing(folder)
        try:  # Git ignores names that end in .partial
            made = TemporaryDirectory(".partial", "msn-doctor-", folder, ignore_cleanup_errors=True)
            scratch[name] = Path(stack.enter_context(made))
        except OSError as error:
            failed[name] = _reason(error)
    finding = "; ".join(f"{name}: {reason}" for name, reason in failed.items()) or f"all {len(places)} places"
    remedy = "make the folders writable, or name others: MSN_WORK for the store, TMPDIR for temporary files"
    return scratch, [ok_or_problem("writing", not failed, finding, remedy)]


def _check_temporary(used: Path) -> Iterator[Check]:
    """Check that temporary files go where TMPDIR says: Python takes another folder without a word."""
    if named := os.environ.get("TMPDIR"):
        same = Path(named).absolute() == used.absolute()
        finding = "is used" if same else "names a folder that cannot be used; another one is taken"
        yield ok_or_warning("TMPDIR", same, finding, "make the folder, writable for you, or unset TMPDIR")


def _check_space(places: Mapping[str, Path]) -> Iterator[Check]:
    """Check the free space: for the environment and the demo in a checkout, for anything at all elsewhere."""
    free = {name: shutil.disk_usage(_existing(folder)).free for name, folder in places.items()}
    full = [name for name, size in free.items() if size < FULL]
    finding = f"none in: {', '.join(full)}" if full else "in all places"
    yield ok_or_problem("free space", not full, finding, "remove files, or name other folders: MSN_WORK, TMPDIR")
    if CHECKOUT in places:
        installed = (places[CHECKOUT] / ".venv/.installed").is_file()
        needed = DEMO + (0 if installed else ENVIRONMENT)
        purpose = "for the demo" if installed else "for the environment and the demo"
        finding = f"{gigabytes(free[CHECKOUT])} are free; {gigabytes(int(needed))} are needed {purpose}"
        yield ok_or_warning("disk", free[CHECKOUT] >= needed, finding, "remove files: `msn work prune`, `dvc gc -w`")


def _try_hard_link(first: Path, second: Path) -> str:
    return _try(lambda: os.link(_write(first / "hard"), second / "hard"))


def _try_reflink(first: Path, second: Path) -> str:
    def reflink() -> None:
        with _write(first / "reflink").open("rb") as source, (second / "reflink").open("wb") as target:
            ioctl(target, FICLONE, source.fileno())

    return _try(reflink)


def _write(path: Path) -> Path:
    path.write_bytes(b"msn doctor")
    return path


def _try(action: Callable[[], None]) -> str:
    try:
        action()
    except OSError as error:
        return f"no ({_reason(error)})"
    return "yes"


def _reason(error: OSError) -> str:
    """Return the name of the error: its message may hold a path."""
    return errno.errorcode.get(error.errno or 0, type(error).__name__)


def _check_links(links: Mapping[tuple[str, str, str], str]) -> Iterator[Check]:
    pairs = {(first, second) for first, second, _ in links}
    copied = sorted(
        f"{first} to {second}"
        for first, second in pairs
        if all(result != "yes" for (one, other, _), result in links.items() if (one, other) == (first, second))
    )
    finding = f"files are copied, not linked: {', '.join(copied)}" if copied else "files are shared, not copied"
    remedy = "put MSN_WORK and DVC's cache on the file system of the checkout, or have room for each file twice"
    yield ok_or_warning("links", not copied, finding, remedy)


def _check_locks(folder: Path) -> Check:
    """Lock a file, and let another process try: a file system without locks lets both have it."""
    path = _write(folder / "lock")
    try:
        with path.open() as stream:
            flock(stream, LOCK_EX)
            # -I: nothing but the standard library, whatever the environment says.
            command = [sys.executable, "-I", "-c", TRY_LOCK, str(path)]
            answer = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stdout.strip()
    except OSError as error:
        answer = _reason(error)
    except subprocess.TimeoutExpired:
        answer = f"no answer in {PATIENCE} seconds"
    remedy = "put MSN_WORK on a file system with locks (flock), such as a local disk"
    if answer == "held":
        return Check("file locks", Verdict.OK, "work")
    return Check("file locks", Verdict.PROBLEM, f"do not work in the artifact store: {answer or 'no answer'}", remedy)
