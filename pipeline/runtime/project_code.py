"""Which project code a module reaches, and a hash of it that comments and docstrings leave alone."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGES = ("pipeline", "stages")
CHECKS_ONLY = {"pipeline.params", "pipeline.params_check"}  # they can refuse a value but never change an output


def project_root() -> Path:
    """The folder that holds the packages this code was imported from."""
    return Path(__file__).resolve().parents[2]


def reachable_modules(module: str) -> dict[str, Path]:
    """Project modules that `module` imports, directly or not, itself included: dotted name to file.

    Package `__init__` files are passed over, for they are empty (a test sees to it), and so is `pipeline.params`.

    Raises:
        ModuleNotFoundError: where a project module that is imported does not exist.
    """
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or name in CHECKS_ONLY:
            continue
        path = _file(name)
        if path is None:
            raise ModuleNotFoundError(f"{name} is imported by project code, but there is no such module")
        if path.name == "__init__.py":
            continue
        found[name] = path
        waiting.extend(_imports(path, path.stat().st_mtime_ns))
    return dict(sorted(found.items()))


def code_hash(module: str) -> str:
    """Hash the syntax of all project code that `module` reaches, without comments and docstrings."""
    return _hash_of({name: _syntax(path, path.stat().st_mtime_ns) for name, path in reachable_modules(module).items()})


def loaded_code_hash(module: str) -> str:
    """The hash of `module` as this process loaded it: of each file, the syntax it had when this was first asked.

    A worker that lives for days runs what it loaded, not what has been written since.
    """
    return _hash_of({name: _first_syntax(path) for name, path in reachable_modules(module).items()})


def file_hash(module: str) -> str:
    """Hash the bytes of all project code that `module` reaches: what DVC would notice."""
    digest = hashlib.sha256()
    for name, path in reachable_modules(module).items():
        digest.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _file(name: str) -> Path | None:
    base = project_root().joinpath(*name.split("."))
    candidates = (base.with_suffix(".py"), base / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


@cache
def _imports(path: Path, _mtime: int) -> set[str]:
    """Project modules named in the import statements of `path`, wherever in the file they stand."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in inner if name.split(".")[0] in PACKAGES and _file(name)}
            names.update(modules or {node.module})
    return {name for name in names if name.split(".")[0] in PACKAGES}


def _hash_of(syntax: dict[str, str]) -> str:
    """One hash of the syntax of modules."""
    digest = hashlib.sha256()
    for name, text in syntax.items():
        digest.update(f"{name}\n{text}\n".encode())
    return digest.hexdigest()


@cache
def _first_syntax(path: Path) -> str:
    return _syntax(path, path.stat().st_mtime_ns)


@cache
def _syntax(path: Path, _mtime: int) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and body:
            first = body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = body[1:]
    return ast.dump(tree)
