"""The command `msn`: tasks beside the pipeline, such as prediction, studies and reports."""

import importlib
import io
import sys
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from pipeline.runtime.termination import exit_on_signals
from pipeline.runtime.visible import visible_lines

# Name and help line of each command; its module in pipeline/commands has _ for -.
COMMANDS = {
    "profile": "Write the settings of a corpus into params.yaml.",
    "identities": "Write the image list of a folder tree of identities (VGGFace2).",
    "predict": "Estimate the severity of depression from the face in videos.",
    "export": "Export a trained model for other programs: torch.export or ONNX.",
    "complexity": "Measure the networks: parameters, multiply-adds, times.",
    "study": "Run a grid of experiments and collect a table and a figure.",
    "compare": "Compare two experiments on the same videos, paired.",
    "report": "Write one HTML page about experiments, beside the paper.",
    "compare-saliency": "Draw figure 6 of two experiments side by side.",
    "doctor": "Check the installation; print what an issue needs.",
    "work": "List, verify or prune the artifact store of finished items.",
}
NEED_CHECKOUT = ("profile", "study", "compare", "report", "compare-saliency")


class Commands(TyperGroup):
    """A command group that imports a command only when it is called, because torch and DVC take seconds to import.

    A ValueError or OSError is printed as one message, with exit status 1; any other exception keeps its traceback. If a
    command that needs a checkout runs outside of one, the message says so. On SIGTERM and SIGHUP a command removes its
    temporary files.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command; return None if there is no command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"pipeline.commands.{cmd_name.replace('-', '_')}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help without importing any command."""
        lines = [TyperCommand(name, help=line) for name, line in COMMANDS.items()]
        TyperGroup(name=self.name, help=self.help, params=self.params, commands=lines).format_help(ctx, formatter)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see the class for its errors."""
        try:
            with exit_on_signals():
                return super().invoke(ctx)
        except (ValueError, OSError) as error:
            hint = ""
            outside = not any(Path(name).is_file() for name in ("dvc.yaml", "params.yaml"))
            if outside and ctx.invoked_subcommand in NEED_CHECKOUT:
                hint = (
                    f"\n`msn {ctx.invoked_subcommand}` needs a checkout of the project: run it in the root of a clone"
                )
            typer.echo(visible_lines(f"msn: {error}{hint}"), err=True)
            raise typer.Exit(1) from None


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def msn() -> None:
    """Tasks beside make (set up, check) and dvc (run, compare): predict, export, studies, reports, profiles.

    predict, export, complexity, identities and doctor run anywhere; the others run in a checkout of the project.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that the terminal's encoding cannot show ends no command
        sys.stdout.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    app()
