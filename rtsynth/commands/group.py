"""How commands take what is typed: errors in one line, options in their place and section."""

import contextlib
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import click
from click.core import ParameterSource

from rtsynth.errors import RtsynthError

EXIT_ERROR: Final = 1
OTHERS: Final = "Options"  # the section of options that name none


class SectionedOption(click.Option):
    """An option that stands in a section of the help."""

    def __init__(self, *args: Any, section: str = OTHERS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section

    def get_help_extra(self, ctx: click.Context) -> Any:
        """What stands in brackets behind the help: ranges in words."""
        extra = super().get_help_extra(ctx)
        if "range" in extra:
            low, high = (getattr(self.type, side, None) for side in ("min", "max"))
            if low is None or high is None:
                del extra["range"]
            else:
                extra["range"] = f"{_plain(low)} to {_plain(high)}"
        return extra


def options_of(section: str = OTHERS) -> Callable[..., Callable[[Any], Any]]:
    """`click.option`, for options of a section."""
    return partial(click.option, cls=SectionedOption, section=section)


class Subcommand(click.Command):
    """A command whose options are listed in their sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them, in the order in which sections come first."""
        _write_sections(self, ctx, formatter)


class Command(click.Group):
    """Prints an RtsynthError as one line, and never a traceback for what a user did."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options in their sections."""
        self.format_commands(ctx, formatter)
        _write_sections(self, ctx, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        """Run, and turn errors into exit codes."""
        try:
            return super().invoke(ctx)
        except RtsynthError as error:
            click.echo(f"rtsynth: {error}", err=True)
            sys.exit(EXIT_ERROR)
        except OSError as error:  # standard output is closed, or on a full disk
            if sys.stdout is not None:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                sys.exit(0)
            with contextlib.suppress(OSError):
                click.echo(f"rtsynth: {error.strerror or error}", err=True)
            sys.exit(EXIT_ERROR)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Tell who names a song how it is played."""
        if args[0].lower().endswith((".mid", ".midi")):
            ctx.fail(f"to play this song: rtsynth --midi-file {args[0]}")
        return super().resolve_command(ctx, args)


def refuse_options(ctx: click.Context, subcommand: str) -> None:
    """What stands before a command is for playing: say so instead of passing over it."""
    given = [
        param.opts[-1]
        for param in ctx.command.params
        if param.name and ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE
    ]
    if given:
        ctx.fail(f"write {', '.join(given)} behind '{subcommand}', if it has such an option.")


def _plain(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"


def _write_sections(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    sections: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None and isinstance(param, click.Option):
            sections.setdefault(getattr(param, "section", OTHERS), []).append(record)
    for title, rows in sorted(sections.items(), key=lambda each: each[0] == OTHERS):
        with formatter.section(title):
            formatter.write_dl(rows)
