"""The page of the command line, made from the commands themselves."""

import inspect
from collections.abc import Iterator
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from documentation.tables import code, table
from pipeline.cli import COMMANDS, app

INTRODUCTION = """# Command line

`make` sets up and checks, `dvc` runs and compares, and `msn` does the tasks beside them. `make setup` installs `msn` in
`.venv`; `source .venv/bin/activate` puts it on the path. Each command prints this help with `--help`. A command that
fails prints one message and ends with status 1; a wrong option ends with status 2.
"""


def commands_page() -> str:
    """Return the page: a table of all commands, then a section for each."""
    root: Any = get_command(app)
    context = root.make_context("msn", [], resilient_parsing=True)
    rows = [(f"[{code(f'msn {name}')}](#msn-{name})", line) for name, line in COMMANDS.items()]
    parts = [INTRODUCTION, table(("command", "what it does"), rows)]
    for name in COMMANDS:
        parts += _sections(root.get_command(context, name), name, context, "##")
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _sections(command: Any, name: str, parent: Any, heading: str) -> Iterator[str]:
    """Yield the parts of the section of a command, and below it those of its subcommands."""
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    yield f"{heading} {context.command_path}"
    yield inspect.cleandoc(command.help or "")
    if isinstance(command, TyperGroup):
        for subname, subcommand in command.commands.items():
            yield from _sections(subcommand, subname, context, f"{heading}#")
        return
    yield f"```text\n{' '.join(command.get_usage(context).split()).removeprefix('Usage: ')}\n```"
    records = [parameter.get_help_record(context) for parameter in command.params]
    if records:
        yield table(("argument or option", "meaning"), [(code(names), meaning) for names, meaning in records])
