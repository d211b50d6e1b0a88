"""The options of `python -m training.data` that choose and describe the user's own sounds."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.sources.looking import Wish


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them to a command line."""
    group = parser.add_argument_group("your own sounds")
    group.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="PATH",
        help="a folder of WAV, FLAC or OGG files (each sub-folder a timbre; note and velocity in "
        "the names, as in A#3_v100 or piano_C4_ff, or found from the sound), an .sfz, an .sf2 or "
        ".sf3, or a folder in NSynth's format; timbres are added to those in --out",
    )
    group.add_argument("--program", type=int, help="of a soundfont, 0 to 127; default: all")
    group.add_argument("--bank", type=int, help="of a soundfont; 128: drums; default: all others")
    how = group.add_mutually_exclusive_group()
    how.add_argument("--sustained", action="store_true", help="the sounds go on while held")
    how.add_argument("--decaying", action="store_true", help="they die away; default: measured")
    group.add_argument(
        "--believe-names",
        action="store_true",
        help="take each file as the note that it is called, whatever it sounds like",
    )
    kind = group.add_mutually_exclusive_group()
    kind.add_argument(
        "--bells", action="store_true", help="bells or bars: partials anywhere, names are believed"
    )
    kind.add_argument(
        "--pitchless", action="store_true", help="noise only: each file has a key, from 36 on"
    )


def wish_of(options: argparse.Namespace) -> Wish:
    """What the user said of the sounds."""
    return Wish(
        kind="noise" if options.pitchless else "bar" if options.bells else "harmonic",
        sustained=True if options.sustained else False if options.decaying else None,
        believe=options.believe_names,
    )
