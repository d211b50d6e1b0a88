"""The command that brings back what was played."""

from pathlib import Path

import click

from rtsynth.commands.group import Subcommand, options_of
from rtsynth.errors import RtsynthError

option = options_of()


@click.command(cls=Subcommand, short_help="Show or save what was played in the last ten minutes.")
@option("--save", type=click.Path(path_type=Path), metavar="NAME",
        help="Write NAME.wav and NAME.mid, which begin together.")  # fmt: skip
@option("--run", "number", type=click.IntRange(1), default=1, show_default=True, metavar="N",
        help="Which run of rtsynth, by its number in the list; 1 is the latest.")  # fmt: skip
def history(save: Path | None, number: int) -> None:
    """Show or save what was played in the last ten minutes, sound and MIDI.

    It is kept while rtsynth plays, and is there after a crash, too. Pauses of more than ten seconds
    are shortened to ten. It is not kept with: rtsynth --no-history
    """
    from rtsynth.stage import recovery
    from rtsynth.stage.pieces import folder

    runs = recovery.runs()
    if not runs:
        raise RtsynthError("nothing is kept: nothing was played, or it was with --no-history")
    if save is None:
        for i, run in enumerate(runs, 1):
            click.echo(
                f"{i:3d}  {run.ended:%Y-%m-%d %H:%M}  {_length(run.seconds)}  "
                f"{recovery.notes(run)} notes  {run.rate_hz} Hz"
            )
        click.echo(f"save one with: rtsynth history --save NAME --run N  (kept in {folder()})")
        return
    if number > len(runs):
        raise RtsynthError(f"there is no run {number}: the latest {len(runs)} are kept")
    run = runs[number - 1]
    sound, midi = recovery.save(run, save)
    click.echo(f"{sound} and {midi.name}: {_length(run.seconds)}")


def _length(seconds: float) -> str:
    """As minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
