"""The command line: `rtsynth` plays; other commands stand beside it (rtsynth/commands)."""

from typing import Any

import click

from rtsynth import __version__
from rtsynth.commands.group import Command, refuse_options
from rtsynth.commands.history import history
from rtsynth.commands.looking import cache, chart, check, devices, instruments
from rtsynth.commands.making import clone, render
from rtsynth.commands.options import (
    CACHE,
    COMPUTER,
    FILES,
    KEYBOARD,
    NO_EFFECTS,
    PAGE,
    SOUND,
    STAGE,
    TUNING,
    add,
)
from rtsynth.commands.play import page_config, play, refuse_effects
from rtsynth.commands.plugin import plugin
from rtsynth.commands.serve import plugins, serve
from rtsynth.commands.stage import presets
from rtsynth.signals import catch_signals, interrupt_on_kills


@click.group(cls=Command, invoke_without_command=True,
             context_settings={"help_option_names": ["-h", "--help"]})  # fmt: skip
@add(*SOUND, *STAGE, *TUNING, *KEYBOARD, *PAGE, *FILES, *COMPUTER, *CACHE, *NO_EFFECTS)
@click.version_option(__version__, prog_name="rtsynth")
@click.pass_context
def main(ctx: click.Context, /, seconds: float | None, **options: Any) -> None:
    """Play a neural instrument from a MIDI keyboard.

    Without a command it plays at once: the first MIDI input it finds (and a port named rtsynth that
    anything can be connected to), through the default audio output. Ctrl-C stops.

    \b
    rtsynth                           play
    rtsynth --timbre strings          play another sound
    rtsynth --preset grand-hall       play a preset: rtsynth presets lists them
    rtsynth --layer bass:-B2 --layer piano:C3-     split the keyboard
    rtsynth --device "USB MIDI"       play with this keyboard
    rtsynth --ui                      play on a page in the browser
    rtsynth devices                   what can be chosen
    rtsynth --midi-file SONG.mid      play a MIDI file
    rtsynth render SONG.mid OUT.wav   turn a MIDI file into sound
    rtsynth clone SOUND.wav --name N  make a timbre from a recording
    rtsynth history --save NAME       save the last ten minutes
    rtsynth check                     can this computer play without drop-outs?

    Controllers turn the timbre of their channel while it plays: 74 or 16 bright, 73 (backwards) or
    17 hard, 2 or 18 breathy, 72 or 19 long; 121 takes it all back.
    """  # noqa: D301 (click reads the backspace)
    if ctx.invoked_subcommand is not None:
        refuse_options(ctx, ctx.invoked_subcommand)
        interrupt_on_kills()
        return
    refuse_effects(options.pop("fx"))
    page = page_config(*(options.pop(name) for name in ("ui", "browser", "ui_port", "ui_host")))
    stop = catch_signals()
    from rtsynth.player import PlayerConfig

    play(PlayerConfig(**options), seconds, stop, page)


for _command in (devices, instruments, chart, cache, check, presets, history, render, clone,
                 plugin, plugins, serve):  # fmt: skip
    main.add_command(_command)
