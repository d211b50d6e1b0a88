"""The command that puts the plugins where hosts look for them."""

from pathlib import Path

import click

from rtsynth.commands.group import Subcommand, options_of

option = options_of()


@click.group(short_help="Add the plugins to your hosts (CLAP, VST3, LV2).")
def plugin() -> None:
    """Add the plugins to your hosts, or take them away again."""


@plugin.command(cls=Subcommand, short_help="Copy the plugins to where hosts look.")
@option("--from", "source", type=click.Path(path_type=Path), metavar="FOLDER",
        help="Plugins that were built there, instead of those that came with rtsynth.")  # fmt: skip
def install(source: Path | None) -> None:
    """Copy the plugins to where hosts look for them, in your home folder.

    They play with this rtsynth, whatever others are installed. Let your host scan its plugins anew.
    """
    from rtsynth import plugin_folders

    for path in plugin_folders.install(source or plugin_folders.built()):
        click.echo(str(path))


@plugin.command(cls=Subcommand, short_help="Take the plugins away again.")
def remove() -> None:
    """Take the plugins away again."""
    from rtsynth import plugin_folders

    for path in plugin_folders.remove():
        click.echo(f"{path} removed")
