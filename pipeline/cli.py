"""The command `msn`: what neither make nor dvc has a word for."""

import importlib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {  # a module of pipeline/commands each, with _ for -, and its line in the help
    "profile": "Write the settings of a corpus into params.yaml.",
    "identities": "Write the list of a tree of identity images (VGGFace2).",
    "predict": "Estimate the BDI-II score from the face in videos.",
    "export": "A trained model for other programs: torch.export or ONNX.",
    "complexity": "What the networks cost: parameters, multiply-adds, times.",
    "study": "A grid of experiments: queue, run, collect into a table and a figure.",
    "compare": "The paired difference of two experiments on the same videos.",
    "report": "One HTML page about experiments, beside the paper.",
    "compare-saliency": "Figure 6 of two experiments side by side.",
    "work": "The store of finished work: list it, shrink it.",
}


class Commands(TyperGroup):
    """Commands that are loaded when they are called, and not for the help: torch and DVC take seconds.

    Errors are told in words, with exit status 1; a fault of ours still shows where it happened.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load a command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pipeline.commands.{cmd_name.replace('-', '_')}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help without loading any command."""
        lines = [TyperCommand(name, help=line) for name, line in COMMANDS.items()]
        TyperGroup(name=self.name, help=self.help, params=self.params, commands=lines).format_help(ctx, formatter)

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
