"""Commands that look: devices, instruments, notes kept on disk, whether this computer can play."""

import sys

import click

from rtsynth.commands.group import EXIT_ERROR, Subcommand, options_of
from rtsynth.commands.kinds import Number
from rtsynth.errors import RtsynthError

option = options_of()


@click.command(cls=Subcommand, short_help="List MIDI inputs and audio outputs.")
def devices() -> None:
    """List MIDI inputs and audio outputs."""
    from rtsynth.devices import listing

    for line in listing():
        click.echo(line)


@click.command(cls=Subcommand, short_help="What each MIDI message does.")
def chart() -> None:
    """What each MIDI message does: the chart of docs/midi-chart.md."""
    from rtsynth import chart as midi_chart

    click.echo(midi_chart.text(), nl=False)


@click.command(cls=Subcommand, short_help="List instruments and their timbres.")
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


@click.command(cls=Subcommand, short_help="Show or clear the notes kept on disk.")
@option("--clear", is_flag=True, help="Delete them.")
def cache(clear: bool) -> None:
    """Show or clear the notes kept on disk, with which the next start is warm."""
    from rtsynth import warm

    if clear:
        click.echo(f"{warm.clear()} files deleted")
        return
    sizes = [path.stat().st_size for path in warm.files()]
    click.echo(f"{warm.folder()}: {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB "
               f"(at most {warm.MOST_BYTES / 1e6:.0f} MB)")  # fmt: skip


@click.command(cls=Subcommand, short_help="Can this computer play without drop-outs?")
@option("--instrument", metavar="FILE", help="Instrument: a .onnx file or a name.")
@option("--audio", metavar="NAME", help="Audio output, by number or part of its name.")
@option("--block", type=click.IntRange(16, 4096), default=64, show_default=True,
        metavar="SAMPLES", help="Samples in a block.")  # fmt: skip
@option("--seconds", type=Number(0.1, 600.0), default=3.0, show_default=True,
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
