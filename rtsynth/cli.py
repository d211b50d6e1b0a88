"""The command line: `rtsynth` plays; devices, instruments, check and render stand beside it."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from rtsynth import __version__
from rtsynth.command import EXIT_ERROR, Command, Key, Number, refuse_options
from rtsynth.errors import RtsynthError
from rtsynth.signals import catch_signals, end_within, interrupt_on_kills, never_mind

if TYPE_CHECKING:
    from rtsynth.player import Player, PlayerConfig


END_S: Final = 5.0  # how long stopping may take


def shared(command: Any) -> Any:
    """Options that playing and rendering have in common."""
    for option in (
        click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, metavar="N",
                     help="Chooses the chance in the sound; the same seed sounds the same."),
        click.option("--render-threads", type=click.IntRange(0, 4), default=0, show_default=True,
                     metavar="N", help="Cores that help where 96 notes or more sound at once."),
        click.option("--polyphony", type=click.IntRange(1, 4096), default=128, show_default=True,
                     metavar="N", help="Most notes that sound at once."),
        click.option("--gain", type=Number(-60.0, 24.0), default=0.0,
                     metavar="DB", help="Louder or softer by so many dB, -60 to 24."),
        click.option("--timbre", metavar="NAME",
                     help="Sound to begin with: a number or name, a morph such as "
                     "'piano:0.6+choir:0.4', or random:SEED."),
        click.option("--instrument", metavar="FILE", help="Instrument: a .onnx file or a name."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group(cls=Command, invoke_without_command=True,
             context_settings={"help_option_names": ["-h", "--help"]})  # fmt: skip
@click.version_option(__version__, prog_name="rtsynth")
@click.option("-d", "--device", metavar="NAME", help="MIDI input, by number or part of its name.")
@click.option("--audio", metavar="NAME", help="Audio output, by number or part of its name.")
@click.option("--backend", type=click.Choice(["auto", "jack", "portaudio", "null"]), default="auto",
              show_default=True, help="Way to the loudspeaker; auto: JACK (or PipeWire's) where a "
              "server runs, else PortAudio.")  # fmt: skip
@click.option("--no-connect", is_flag=True, help="Leave JACK's ports unconnected.")
@click.option("--rate", type=Number(8000, 384000), metavar="HZ",
              help="Sample rate; the device's own unless given.")  # fmt: skip
@click.option(
    "--block",
    type=click.IntRange(16, 4096),
    metavar="SAMPLES",
    help="Samples in a block: fewer is quicker, more is safer. [64, or JACK's own]",
)
@click.option("--record", type=click.Path(path_type=Path), metavar="FILE.wav",
              help="Record what is played (24 bit); older recordings are kept.")  # fmt: skip
@click.option("--midi-file", type=click.Path(path_type=Path), metavar="SONG.mid",
              help="Play this file live, then stop.")  # fmt: skip
@click.option("--seconds", type=Number(0.0), metavar="N", help="Stop after N seconds.")
@click.option("--cache-bits", type=click.Choice(["16", "8"]), default="16", show_default=True,
              help="8 keeps twice as many notes ready, within a quarter of a decibel.")  # fmt: skip
@click.option("--no-disk-cache", is_flag=True,
              help="Neither begin with notes kept on disk nor keep any.")  # fmt: skip
@shared
@click.pass_context
def main(ctx: click.Context, device: str | None, audio: str | None, backend: str,
         no_connect: bool, rate: float | None, block: int | None, record: Path | None,
         midi_file: Path | None, seconds: float | None, cache_bits: str,
         no_disk_cache: bool, instrument: str | None, timbre: str | None, gain: float,
         polyphony: int, render_threads: int, seed: int) -> None:  # fmt: skip
    """Play a neural instrument from a MIDI keyboard.

    Without a command it plays at once: the first MIDI input it finds (and a port named rtsynth that
    anything can be connected to), through the default audio output. Ctrl-C stops.

    \b
    rtsynth                           play
    rtsynth --device "USB MIDI"       play with this keyboard
    rtsynth devices                   what can be chosen
    rtsynth --midi-file SONG.mid      play a MIDI file
    rtsynth render SONG.mid OUT.wav   turn a MIDI file into sound
    rtsynth clone SOUND.wav --name N  make a timbre from a recording
    rtsynth check                     can this computer play without drop-outs?

    Controllers turn the timbre of their channel while it plays: 74 or 16 bright, 73 (backwards) or
    17 hard, 2 or 18 breathy, 72 or 19 long; 121 takes it all back.
    """  # noqa: D301 (click reads the backspace)
    if ctx.invoked_subcommand is not None:
        refuse_options(ctx, ctx.invoked_subcommand)
        interrupt_on_kills()
        return
    stop = catch_signals()
    from rtsynth.player import PlayerConfig

    config = PlayerConfig(instrument, timbre, device, audio, rate, block, gain, polyphony, record,
                          midi_file, seed, cache_bits=int(cache_bits),
                          render_threads=render_threads, disk_cache=not no_disk_cache,
                          backend=backend, connect=not no_connect)  # fmt: skip
    play(config, seconds, stop)


def play(config: "PlayerConfig", seconds: float | None, stop: threading.Event) -> None:
    """Play until told to stop."""
    from rtsynth.player import Player
    from rtsynth.status import REFRESH_S, LiveStatus, PlainStatus, summary

    status: LiveStatus | PlainStatus
    terminal = sys.stdout is not None and sys.stdout.isatty()
    status = LiveStatus() if terminal else PlainStatus(click.echo)
    player = Player(config, status.say)
    if stop.is_set():
        player.stop()
        return
    with player, status:
        for line in introduce(player):
            status.say(line)
        until_s = time.monotonic() + seconds if seconds is not None else float("inf")
        while time.monotonic() < until_s and not stop.wait(min(REFRESH_S, seconds or REFRESH_S)):
            stats = player.stats()
            status.update(stats)
            if stats.song_done and seconds is None:
                break
        last = player.stats()
        end_within(END_S)
    never_mind()
    click.echo(summary(last))


def introduce(player: "Player") -> Iterator[str]:
    """What a player wants to know at the start."""
    instrument, stats = player.instrument, player.stats()
    metadata = instrument.metadata
    timbre = player.controls.timbre_of(0).name
    yield f"{metadata.name}: {timbre} ({len(metadata.timbres)} timbres), on {instrument.provider}"
    yield (
        f"MIDI {stats.midi}; audio {stats.audio}, {player.engine.rate_hz:.0f} Hz, "
        f"latency {stats.latency_ms:.1f} ms. Ctrl-C stops."
    )


@main.command(short_help="List MIDI inputs and audio outputs.")
def devices() -> None:
    """List MIDI inputs and audio outputs."""
    from rtsynth.devices import listing

    for line in listing():
        click.echo(line)


@main.command(short_help="List instruments and their timbres.")
@click.argument("name", required=False)
def instruments(name: str | None) -> None:
    """List the instruments there are, or tell all about one (NAME or FILE.onnx)."""
    from rtsynth import instrument as loader
    from rtsynth import user_timbres

    paths = [loader.find(name)] if name is not None else list(loader.bundled().values())
    if not paths:
        raise RtsynthError("no instrument is installed: give one with --instrument FILE.onnx")
    yours = {own.timbre.name: own for own in user_timbres.read_all(click.echo)}
    for path in paths:
        found = loader.load(path, accelerate=False)
        about = found.metadata
        click.echo(
            f"{path.stem}: {about.name} {about.version}, licence {about.license}, "
            f"{path.stat().st_size / 1e6:.1f} MB, {about.parameters / 1e6:.1f} M parameters"
        )
        for i, timbre in enumerate(about.timbres, 1):
            kind = "sustained" if timbre.sustained else "decaying"
            programs = ", ".join(str(program + 1) for program in timbre.programs[:8])
            more = ", ..." if len(timbre.programs) > 8 else ""
            click.echo(
                f"  {i:2d}  {timbre.name:16s} keys {timbre.low}-{timbre.high}  {kind:9s}  "
                f"programs {programs}{more}"
            )
        for own in user_timbres.load_all(about):
            kind = "sustained" if own.sustained else "decaying"
            click.echo(f"      {own.name:16s} keys {own.low}-{own.high}  {kind:9s}  yours")
            yours.pop(own.name, None)
        if name is not None:
            click.echo("\n".join(["", *about.credits, "", about.card]))
    for left in yours.values() if name is None else ():
        click.echo(f"{left.timbre.name}: yours, for {left.instrument}, which is not one of these")


@main.command(short_help="Make a timbre of your own from a recording.")
@click.argument("sound", type=click.Path(path_type=Path), required=False)
@click.option("--name", metavar="NAME", help="What the timbre is to be called.")
@click.option("--key", type=Key(), metavar="KEY",
              help="The recorded note, like A3 or 57. [found from the sound]")  # fmt: skip
@click.option("--velocity", type=click.IntRange(1, 127), default=100, show_default=True,
              metavar="N", help="How hard it was played, 1 to 127.")  # fmt: skip
@click.option("--bell", is_flag=True, help="A bell or a bar, whose overtones lie anywhere.")
@click.option("--instrument", metavar="FILE", help="Instrument: a .onnx file or a name.")
@click.option("--force", is_flag=True, help="Replace a timbre of yours with that name.")
@click.option("--remove", metavar="NAME", help="Delete a timbre of yours.")
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


@main.command(short_help="Show or clear the notes kept on disk.")
@click.option("--clear", is_flag=True, help="Delete them.")
def cache(clear: bool) -> None:
    """Show or clear the notes kept on disk, with which the next start is warm."""
    from rtsynth import warm

    if clear:
        click.echo(f"{warm.clear()} files deleted")
        return
    sizes = [path.stat().st_size for path in warm.files()]
    click.echo(f"{warm.folder()}: {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB "
               f"(at most {warm.MOST_BYTES / 1e6:.0f} MB)")  # fmt: skip


@main.command(short_help="Can this computer play without drop-outs?")
@click.option("--instrument", metavar="FILE", help="Instrument: a .onnx file or a name.")
@click.option("--audio", metavar="NAME", help="Audio output, by number or part of its name.")
@click.option("--block", type=click.IntRange(16, 4096), default=64, show_default=True,
              metavar="SAMPLES", help="Samples in a block.")  # fmt: skip
@click.option("--seconds", type=Number(0.1, 600.0), default=3.0, show_default=True,
              metavar="N", help="How long each measurement takes.")  # fmt: skip
def check(instrument: str | None, audio: str | None, block: int, seconds: float) -> None:
    """Can this computer play without drop-outs? Says what to change."""
    from rtsynth.check import run_checks

    good = True
    for finding in run_checks(instrument, audio, block, seconds):
        mark = click.style("ok  ", fg="green") if finding.good else click.style("look", fg="yellow")
        click.echo(f"{mark}  {finding.what:12s}  {finding.figure}")
        if not finding.good:
            click.echo(f"                    {finding.advice}")
        good = good and (finding.good or not finding.decides)
    click.echo("this computer can play" if good else "expect drop-outs: see the advice above")
    sys.exit(0 if good else EXIT_ERROR)


@main.command(short_help="Turn a MIDI file into sound.")
@click.argument("song", type=click.Path(path_type=Path), metavar="SONG.mid")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT.wav")
@click.option("--rate", type=click.IntRange(8000, 192000), default=48000, show_default=True,
              metavar="HZ", help="Sample rate.")  # fmt: skip
@click.option("--bits", type=click.Choice(["16", "24", "float"]), default="24", show_default=True,
              help="Kind of samples.")  # fmt: skip
@shared
def render(song: Path, out: Path, rate: int, bits: str, instrument: str | None, timbre: str | None,
           gain: float, polyphony: int, render_threads: int, seed: int) -> None:  # fmt: skip
    """Turn a MIDI file into sound (WAV, FLAC or Ogg), faster than playing it."""
    from rtsynth.render import RenderConfig, render_file

    config = RenderConfig(instrument, timbre, rate, bits, gain, polyphony, seed,
                          render_threads=render_threads)  # fmt: skip
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
