"""Commands that make something: sound from a MIDI file, a timbre from a recording."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from rtsynth.commands.group import Subcommand, options_of
from rtsynth.commands.kinds import Key
from rtsynth.commands.options import COMPUTER, EFFECTS, SOUND, TARGET, TUNING, add

option = options_of()


@click.command(cls=Subcommand, short_help="Turn a MIDI file into sound.")
@click.argument("song", type=click.Path(path_type=Path), metavar="SONG.mid")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT.wav")
@add(*SOUND, *TUNING, *TARGET, *EFFECTS, *COMPUTER)
def render(song: Path, out: Path, **options: Any) -> None:
    """Turn a MIDI file into sound (WAV, FLAC or Ogg), faster than playing it."""
    from rtsynth.render import RenderConfig, render_file

    config = RenderConfig(**options)
    started_s = time.monotonic()
    with progress_bar(out.name) as progress:
        sound_s = render_file(song, out, config, progress, click.echo)
    took_s = time.monotonic() - started_s
    click.echo(f"{out}: {sound_s:.1f} s of sound in {took_s:.1f} s ({sound_s / took_s:.1f} x)")


@contextlib.contextmanager
def progress_bar(what: str) -> Iterator[Any]:
    """A function that takes 0..1 and draws it, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda fraction: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda fraction: bar.update(task, completed=fraction)


@click.command(cls=Subcommand, short_help="Make a timbre of your own from a recording.")
@click.argument("sound", type=click.Path(path_type=Path), required=False)
@option("--name", metavar="NAME", help="What the timbre is to be called.")
@option("--key", type=Key(), metavar="KEY",
        help="The recorded note, like A3 or 57. [found from the sound]")  # fmt: skip
@option("--velocity", type=click.IntRange(1, 127), default=100, show_default=True,
        metavar="N", help="How hard it was played, 1 to 127.")  # fmt: skip
@option("--bell", is_flag=True, help="A bell or a bar, whose overtones lie anywhere.")
@option("--instrument", metavar="FILE", help="Instrument: a .onnx file or a name.")
@option("--force", is_flag=True, help="Replace a timbre of yours with that name.")
@option("--remove", metavar="NAME", help="Delete a timbre of yours.")
def clone(sound: Path | None, name: str | None, key: int | None, velocity: int, bell: bool,
          instrument: str | None, force: bool, remove: str | None) -> None:  # fmt: skip
    """Make a timbre of your own from the recording of one note (WAV, FLAC, Ogg).

    It is then played like any other: rtsynth --timbre NAME
    """
    from rtsynth import user_timbres

    if remove is not None:
        click.echo(f"{user_timbres.remove(remove)} deleted")
        return
    if sound is None or name is None:
        raise click.UsageError("say what to clone: rtsynth clone SOUND.wav --name NAME")
    from rtsynth import clone as cloning
    from rtsynth.codec.recording import key_name

    wanted = cloning.Sound(sound, key, velocity, bell)
    made = cloning.clone(wanted, name, instrument, force, click.echo)
    fit = made.fit
    click.echo(
        f"{name}: {key_name(made.key)}, {'sustained' if made.timbre.sustained else 'decaying'}; "
        f"{fit.corrected_db:.1f} dB from the recording, where the nearest preset "
        f"({made.nearest}) is {fit.preset_db:.1f} dB away; {made.took_s:.1f} s"
    )
    click.echo(f"play it: rtsynth --timbre {name}")
