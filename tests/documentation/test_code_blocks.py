"""Every code block of the documents is valid: commands, options and parameters exist, and data can be read."""

import ast
import copy
import csv
import importlib
import importlib.util
import json
import re
import shlex
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from dvc.cli import DvcParserError
from dvc.cli.parser import get_main_parser
from pydantic import ValidationError
from typer.main import get_command

from documentation.parameters import has_key
from pipeline.cli import COMMANDS, app
from pipeline.params.check import check_params
from pipeline.params.whole import Params
from pipeline.studies.definition import Study, points
from tests.documentation.pages import ROOT, CodeBlock, code_blocks, documents

BLOCKS = [block for path in documents() for block in code_blocks(path)]
LANGUAGES = {"bash", "csv", "html", "ini", "json", "python", "text", "toml", "yaml"}
# Programs of the system, whose options nothing here can check.
# fmt: off
OTHERS = {
    "apptainer", "cat", "cd", "chmod", "cp", "curl", "dask", "docker", "done", "echo", "export", "find", "git",
    "grep", "head", "kill", "ln", "ls", "mkdir", "mv", "nvidia-smi", "open", "openssl", "pip", "rm", "rsync", "sbatch",
    "source", "squeue", "srun", "ssh", "tail", "tar", "torchrun", "trap", "umask", "uv", "wait", "watch", "wc",
    "xdg-open", "zensical",
}
# fmt: on
UsageError: Any = typer.BadParameter.__base__
LAUNCHERS = {"apptainer", "docker", "srun", "uv", "watch"}  # run the program that they name
KEYWORDS = {"!", "do", "else", "exec", "if", "then", "time", "until", "while"}  # a call follows
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
DEMO = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
PACKAGES = {"pipeline", "stages", "benchmarks"}
STAGES = set(yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"])


def _of(language: str) -> Any:
    blocks = [block for block in BLOCKS if block.language == language]
    return pytest.mark.parametrize("block", blocks, ids=[block.place for block in blocks])


def test_every_block_names_its_language() -> None:
    assert [f"{block.place}: {block.language}" for block in BLOCKS if block.language not in LANGUAGES] == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_fence_belongs_to_a_block(path: Path) -> None:
    """A fence of another kind, or without its end, would hide its block from these tests."""
    fences = re.findall(r"^[ \t>]*(?:```|~~~)", path.read_text("utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(code_blocks(path))


def _calls(text: str) -> Iterator[list[str]]:
    """Yield the words of each call in a shell script: no comments, assignments, redirections or here-documents."""
    text = re.sub(r"<<-?\s*'?(\w+)'?[^\n]*\n.*?\n\1\n", "\n", text, flags=re.DOTALL)
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        call: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("();|&"):
                yield from _program(call)
                call = []
            else:
                call.append(word)


def _program(words: list[str]) -> Iterator[list[str]]:
    """Yield a call without keywords of the shell, assignments and redirections; nothing if there is no program."""
    while words and (words[0] in KEYWORDS or re.fullmatch(r"\w+=.*", words[0], re.DOTALL)):
        words = words[1:]
    cut = next((index for index, word in enumerate(words) if set(word) & set("<>") and set(word) <= set("<>&")), None)
    words = words[:cut]
    if words:
        yield words


def _check_msn(words: list[str]) -> None:
    command: Any = get_command(app)
    context = command.context_class(command, info_name="msn")
    while words and not words[0].startswith("-") and hasattr(command, "get_command"):
        name = words[0]
        assert command is not get_command(app) or name in COMMANDS, f"msn has no command {name}"
        inner = command.get_command(context, name)
        assert inner is not None, f"{command.name} has no command {name}"
        command, words = inner, words[1:]
        context = command.context_class(command, info_name=name, parent=context)
    if "--help" in words:
        return
    assert not hasattr(command, "get_command"), f"{command.name} needs a command"
    # A folder that has to exist is one of the reader. Nothing runs: the words are read.
    words_here = [str(ROOT) if re.fullmatch(r"/data/\w+", word) else word for word in words]
    command.make_context(command.name, words_here, parent=context.parent)
    _check_assignments(_option_values(words))


def _check_dvc(words: list[str]) -> None:
    arguments = get_main_parser().parse_args(words)  # leaves the program on a wrong option
    assert arguments.func is not None or words == ["--version"]
    _check_assignments(_option_values(words))
    if words[:1] == ["repro"] or words[:2] == ["exp", "run"]:
        assert set(arguments.targets) <= STAGES, f"dvc.yaml has not all stages of {arguments.targets}"


def _option_values(words: list[str]) -> list[str]:
    """Return the values of -S and --set-param."""
    apart = [value for option, value in pairwise(words) if option in ("-S", "--set-param")]
    joined = [match[1] for word in words if (match := re.fullmatch("(?:-S|--set-param=)(.+)", word))]
    return [*apart, *joined]


def _check_assignments(texts: list[str]) -> None:
    """Check all KEY=VALUE, or KEY=VALUE,VALUE of a sweep, of a command against the classes of the parameters.

    A value is checked within its section, with the first values of the command's other keys: the demo's other sections
    may not fit it (`model.name=resnet50`).
    """
    values: dict[str, list[Any]] = {}
    for text in texts:
        key, value = text.split("=", 1)
        assert has_key(DEMO, key), f"params.yaml has no key {key}"
        if not value.startswith("$"):  # a variable of the shell
            singles = [value] if value.startswith(("[", '"', "'", "{")) else value.split(",")
            values[key] = [yaml.safe_load(single) for single in singles]
    first = DEMO
    for key, options in values.items():
        first = _merged(first, _nested(key, options[0]))
    for key, options in values.items():
        name = key.partition(".")[0]
        section: Any = Params.model_fields[name].annotation
        for option in options:
            section.model_validate(_merged(first, _nested(key, option))[name])


def _nested(key: str, value: Any) -> dict[str, Any]:
    """Return the value of a dotted key as a mapping of sections."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


def _check_make(words: list[str]) -> None:
    targets = {word for word in words if "=" not in word and not word.startswith("-")}
    assert targets <= TARGETS, f"the Makefile has no target {targets - TARGETS}"


def _check_python(words: list[str]) -> None:
    if words[:1] == ["-m"]:
        assert importlib.util.find_spec(words[1]) is not None, f"there is no module {words[1]}"


CHECKS = {"msn": _check_msn, "dvc": _check_dvc, "make": _check_make, "python": _check_python}


@_of("bash")
def test_commands_exist(block: CodeBlock) -> None:
    for program, *words in _calls(block.text):
        _check_call(program, words)


def _check_call(program: str, words: list[str]) -> None:
    if program in CHECKS:
        CHECKS[program](words)
        return
    assert program in OTHERS, f"{program}: neither a program of the project nor in OTHERS"
    inner = next((index for index, word in enumerate(words) if word in CHECKS), None)
    if program in LAUNCHERS and inner is not None:
        _check_call(words[inner], words[inner + 1 :])


@pytest.mark.parametrize(
    "script",
    [
        "msn nosuch",
        "msn predict",
        "msn predict talk.mp4 --nosuch",
        "msn predict talk.mp4 --figure",
        "msn predict talk.mp4 --json=1",
        "msn compare",
        "msn work",
        "msn identities a b c",
        "echo $(msn nosuch)",
        "while true; do msn nosuch; done",
        "MSN_WORKERS=1 srun --ntasks 1 msn nosuch",
        "dvc repro nosuch",
        "dvc exp run nosuch",
        "dvc exp run -S model.nosuch=1",
        "dvc exp run -Smodel.depth=28",
        "dvc exp run --set-param=model.depth=28",
        "make nosuch",
        "python -m pipeline.nosuch",
        "mns predict talk.mp4",
    ],
)
def test_a_wrong_command_is_found(script: str) -> None:
    with pytest.raises((AssertionError, UsageError, DvcParserError, ValidationError)):
        for program, *words in _calls(script):
            _check_call(program, words)


@_of("python")
def test_python_can_be_compiled_and_its_imports_exist(block: CodeBlock) -> None:
    for node in ast.walk(ast.parse(textwrap.dedent(block.text))):
        if isinstance(node, ast.Import):
            assert [name.name for name in node.names if importlib.util.find_spec(name.name) is None] == []
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            module = importlib.import_module(str(node.module))
            missing = [
                name.name
                for name in node.names
                if not hasattr(module, name.name) and importlib.util.find_spec(f"{node.module}.{name.name}") is None
            ]
            assert missing == [], f"{node.module} has no {missing}"


@_of("yaml")
def test_yaml_can_be_read_and_its_parameters_are_allowed(block: CodeBlock) -> None:
    values = yaml.safe_load(block.text)
    if "grids" in values:
        points(Study.model_validate(values), DEMO, {})
    elif set(values) != {"brightness"}:  # the example's section, which its guide adds
        check_params(_merged(DEMO, values), block.place)


def _merged(values: Any, changes: Any) -> Any:
    if not isinstance(values, dict) or not isinstance(changes, dict):
        return changes
    return copy.deepcopy(values) | {key: _merged(values.get(key), value) for key, value in changes.items()}


@_of("json")
def test_json_can_be_read(block: CodeBlock) -> None:
    json.loads(block.text)


@_of("csv")
def test_rows_have_the_columns_of_the_header(block: CodeBlock) -> None:
    lengths = {len(row) for row in csv.reader(block.text.splitlines())}
    assert len(lengths) == 1
