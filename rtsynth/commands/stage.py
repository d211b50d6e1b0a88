"""Commands for presets and set lists."""

import click

from rtsynth.commands.group import Subcommand, options_of
from rtsynth.errors import RtsynthError

option = options_of()


@click.command(cls=Subcommand, short_help="List presets and set lists.")
@option("--remove", metavar="NAME", help="Delete a preset of yours.")
def presets(remove: str | None) -> None:
    """List the presets there are, yours and those that come with rtsynth, and your set lists.

    Presets are plain text files. Play one with: rtsynth --preset NAME
    """
    from rtsynth.stage import presets as on_disk
    from rtsynth.stage import set_list

    if remove is not None:
        click.echo(f"{on_disk.SHELF.remove(remove)} deleted")
        return
    for entry in on_disk.SHELF.entries():
        try:
            about = on_disk.read(entry.name, whole=True).about
        except RtsynthError as error:
            about = str(error)
        click.echo(f"  {entry.name:24s} {'' if entry.bundled else 'yours  '}{about}".rstrip())
    click.echo(f"yours are in {on_disk.SHELF.folder()}")
    for entry in set_list.SHELF.entries():
        click.echo(f"set list {entry.name}: {entry.path}")
