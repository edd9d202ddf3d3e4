"""The project code that a module imports, directly or not, and its hash without comments and docstrings."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGES = ("pipeline", "stages")
CHECKS_ONLY = "pipeline.params."  # the modules of this room check parameters and never change an output


def project_root() -> Path:
    """Return the folder of the packages from which this code was imported."""
    return Path(__file__).resolve().parents[2]


def reachable_modules(module: str) -> dict[str, Path]:
    """Return the project modules that `module` imports, directly or not, and itself: dotted name to file.

    Package `__init__` files are left out because they are empty (a test checks this); so are the modules that only
    check parameters.

    Raises:
        ModuleNotFoundError: if a project module that is imported does not exist.
    """
    modules: dict[str, Path] = {}
    queue = [module]
    while queue:
        name = queue.pop()
        if name in modules or name.startswith(CHECKS_ONLY):
            continue
        path = _file(name)
        if path is None:
            raise ModuleNotFoundError(f"{name} is imported by project code, but there is no such module")
        if path.name == "__init__.py":
            continue
        modules[name] = path
        queue.extend(_imports(path, path.stat().st_mtime_ns))
    return dict(sorted(modules.items()))


def code_hash(module: str) -> str:
    """Hash the syntax of all project code that `module` reaches, without comments and docstrings."""
    return _hash_of({name: _syntax(path, path.stat().st_mtime_ns) for name, path in reachable_modules(module).items()})


def loaded_code_hash(module: str) -> str:
    """Return `code_hash` of the code that this process loaded: each file's syntax is read once and remembered.

    A worker that lives for days runs the code that it loaded, not the files as they are now.
    """
    return _hash_of({name: _first_syntax(path) for name, path in reachable_modules(module).items()})


def file_hash(module: str) -> str:
    """Hash the bytes of all project code that `module` reaches: a change that DVC sees changes this hash."""
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
    """Return the project modules named in the import statements of `path`, also in those inside functions."""
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
    """Return one hash of the syntax of all modules."""
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
