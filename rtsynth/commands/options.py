"""Options of playing and rendering, by section of the help.

An option is called as the field of PlayerConfig or RenderConfig that it sets.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from rtsynth.commands.group import options_of
from rtsynth.commands.kinds import LayerKind, Number

Decorator = Callable[[Any], Any]


def add(*options: Decorator) -> Decorator:
    """A decorator that gives a command these options, in this order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _number(ctx: click.Context, param: click.Parameter, value: str) -> int:
    return int(value)


def _not(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    return not value


_sound = options_of("Sound")
SOUND: Final = (
    _sound("--instrument", metavar="FILE", help="Instrument: a .onnx file or a name."),
    _sound("--timbre", metavar="NAME",
           help="Sound to begin with: a number or name, a morph such as "
           "'piano:0.6+choir:0.4', or random:SEED."),
    _sound("--preset", metavar="NAME", help="Preset to begin with: all of its settings."),
    _sound("--layer", "layers", type=LayerKind(), multiple=True, metavar="NAME[:KEY-KEY]",
           help="Sounds side by side or at once, on some keys or on all of them; up to four: "
           "--layer bass:-B2 --layer piano:C3-"),
    _sound("--gain", "gain_db", type=Number(-60.0, 24.0), default=0.0, metavar="DB",
           help="Louder or softer by so many dB."),
)  # fmt: skip

_stage = options_of("Stage")
STAGE: Final = (
    _stage("--set-list", metavar="NAME",
           help="Presets in order; program changes, pedals and the page step through them."),
    _stage("--osc", metavar="PORT",
           help="Hear Open Sound Control on this port, from this computer only; HOST:PORT: from "
           "others."),
)  # fmt: skip

_tuning = options_of("Tuning")
TUNING: Final = (
    _tuning("--tuning", type=click.Path(path_type=Path), metavar="FILE.scl",
            help="Scale of Scala's; equal temperament unless given."),
    _tuning("--keyboard-map", type=click.Path(path_type=Path), metavar="FILE.kbm",
            help="Which key plays which of its notes; every key the next one unless given."),
    _tuning("--reference", "reference_hz", type=Number(392.0, 494.0), default=440.0,
            show_default=True, metavar="HZ", help="Concert pitch: all else moves with it."),
    _tuning("--stretch", type=Number(0.0, 1.0), default=0.0, show_default=True, metavar="PART",
            help="How much of a piano's stretched octaves, 0 to 1."),
)  # fmt: skip

_keyboard = options_of("Keyboard and loudspeaker")
KEYBOARD: Final = (
    _keyboard("-d", "--device", "devices", multiple=True, metavar="NAME",
              help="MIDI input, by number or part of its name, or all; may be given again."),
    _keyboard("--audio", metavar="NAME", help="Audio output, by number or part of its name."),
    _keyboard("--backend", type=click.Choice(["auto", "jack", "portaudio", "null"]), default="auto",
              show_default=True, help="Way to the loudspeaker; auto: JACK (or PipeWire's) where a "
              "server runs, else PortAudio."),
    _keyboard("--no-connect", "connect", is_flag=True, callback=_not,
              help="Leave JACK's ports unconnected."),
    _keyboard("--rate", "rate_hz", type=Number(8000, 384000), metavar="HZ",
              help="Sample rate; the device's own unless given."),
    _keyboard("--block", type=click.IntRange(16, 4096), metavar="SAMPLES",
              help="Samples in a block: fewer is quicker, more is safer; 64, or JACK's own, "
              "unless given."),
)  # fmt: skip

_files = options_of("Songs and recordings")
FILES: Final = (
    _files("--midi-file", type=click.Path(path_type=Path), metavar="SONG.mid",
           help="Play this file live, then stop."),
    _files("--record", type=click.Path(path_type=Path), metavar="FILE.wav",
           help="Record what is played (24 bit); older recordings are kept."),
    _files("--no-history", "history", is_flag=True, callback=_not,
           help="Do not keep the last ten minutes on disk (rtsynth history)."),
    _files("--seconds", type=Number(0.0), metavar="N", help="Stop after N seconds."),
)  # fmt: skip

_page = options_of("Page in the browser")
PAGE: Final = (
    _page("--ui", is_flag=True, help="Serve a page to play on, and open it in the browser."),
    _page("--no-browser", "browser", is_flag=True, callback=_not,
          help="Print the page's address only."),
    _page("--ui-port", type=click.IntRange(1, 65535), metavar="PORT",
          help="The page's port; 8420, or the next that is free, unless given."),
    _page("--ui-host", metavar="ADDRESS",
          help="Address to serve the page on, for others too: they need the token that is printed; "
          "this computer's own unless given."),
)  # fmt: skip

_target = options_of("File")
TARGET: Final = (
    _target("--rate", "rate_hz", type=click.IntRange(8000, 192000), default=48000,
            show_default=True, metavar="HZ", help="Sample rate."),
    _target("--bits", type=click.Choice(["16", "24", "float"]), default="24", show_default=True,
            help="Kind of samples."),
)  # fmt: skip

EFFECTS: Final = (
    _target("--fx", metavar="CHAIN",
            help="Effects behind the sound, built in or VST3 plugins: "
            "'Compressor(threshold_db=-20), Reverb(room_size=0.4), /path/of/a.vst3'."),
)  # fmt: skip


# Of playing: who tries it hears why not.
NO_EFFECTS: Final = (click.option("--fx", hidden=True),)

_computer = options_of("Computer")
COMPUTER: Final = (
    _computer("--polyphony", type=click.IntRange(1, 4096), default=128, show_default=True,
              metavar="N", help="Most notes that sound at once."),
    _computer("--render-threads", type=click.IntRange(0, 4), default=0, show_default=True,
              metavar="N", help="Cores that help where 96 notes or more sound at once."),
    _computer("--seed", type=click.IntRange(0, 2**31 - 1), default=0, metavar="N",
              help="Chooses the chance in the sound; the same seed sounds the same."),
)  # fmt: skip

CACHE: Final = (
    _computer("--cache-bits", type=click.Choice(["16", "8"]), default="16", show_default=True,
              callback=_number,
              help="8 keeps twice as many notes ready, within a quarter of a decibel."),
    _computer("--no-disk-cache", "disk_cache", is_flag=True, callback=_not,
              help="Neither begin with notes kept on disk nor keep any."),
)  # fmt: skip
