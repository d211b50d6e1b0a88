"""How the command line takes what is typed: errors in one line, numbers, options in their place."""

import contextlib
import math
import os
import re
import sys
from typing import Any, Final

import click
from click.core import ParameterSource

from rtsynth.contract import KEY_HIGH, KEY_LOW
from rtsynth.errors import RtsynthError

EXIT_ERROR: Final = 1
KEY_NAME: Final = re.compile(r"([A-Ga-g])([#b]?)(-?[0-9])")
KEYS_OF_LETTERS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Command(click.Group):
    """Prints an RtsynthError as one line, and never a traceback for what a user did."""

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


class Number(click.FloatRange):
    """A number within a range, and not 'nan', which no range refuses."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Parse it."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return float(number)


class Key(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """A MIDI key: its number, or its name, where C4 is 60."""

    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse it."""
        found = KEY_NAME.fullmatch(str(value).strip())
        if found is not None:
            letter, sign, octave = found.groups()
            sharp = {"#": 1, "b": -1, "": 0}[sign]
            key = KEYS_OF_LETTERS[letter.upper()] + sharp + 12 * (int(octave) + 1)
        else:
            key = int(value) if str(value).isdecimal() else -1
        if not KEY_LOW <= key <= KEY_HIGH:
            self.fail(
                f"{value} is no key of a piano: write it like A3, F#4, Bb2 or 57.", param, ctx
            )
        return key


def refuse_options(ctx: click.Context, subcommand: str) -> None:
    """What stands before a command is for playing: say so instead of passing over it."""
    given = [
        param.opts[-1]
        for param in ctx.command.params
        if param.name and ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE
    ]
    if given:
        ctx.fail(f"write {', '.join(given)} behind '{subcommand}', if it has such an option.")
