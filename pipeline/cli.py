"""The command `msn`: what neither make nor dvc has a word for."""

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = (
    "profile",
    "identities",
    "predict",
    "complexity",
    "compare_saliency",
    "work",
)  # a module of pipeline/commands each


class Commands(TyperGroup):
    """Commands that are loaded when they are called: most never need torch, which takes seconds.

    Errors are told in words, with exit status 1; a fault of ours still shows where it happened.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the help."""
        return [name.replace("_", "-") for name in COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command, or None where there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"pipeline.commands.{cmd_name.replace('-', '_')}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (ValueError, OSError) as error:
            typer.echo(f"msn: {error}", err=True)
            raise typer.Exit(1) from None


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def msn() -> None:
    """What neither make (sets up and checks) nor dvc (runs and compares) has a word for."""


if __name__ == "__main__":
    app()
