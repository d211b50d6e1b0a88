"""Commands for the plugins: their server, and which of them play."""

import signal
import socket
import time

import click

from rtsynth.commands.group import Subcommand, options_of
from rtsynth.commands.kinds import Number
from rtsynth.errors import RtsynthError

option = options_of()


@click.command(cls=Subcommand, short_help="Make sound for the plugins; they start it themselves.")
@option("--linger", type=Number(0.0, 86400.0), default=5.0, show_default=True, metavar="SECONDS",
        help="How long to stay behind the last plugin.")  # fmt: skip
def serve(linger: float) -> None:
    """Make sound for the plugins in other programs, until the last of them has gone.

    A plugin starts it where none runs, so there is no need to.
    """
    if not hasattr(socket, "recv_fds"):
        raise RtsynthError("there are no plugins on this system")
    from rtsynth.serve.server import Server

    server = Server(_say, linger)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: server.stop())
    server.run()


def _say(line: str) -> None:
    click.echo(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}")


@click.command(cls=Subcommand, short_help="List the plugins that play now.")
def plugins() -> None:
    """List the instances of the plugin that run in other programs.

    Play on them with: rtsynth --ui
    """
    from rtsynth.serve.client import instances

    rows = instances()
    for row in rows:
        doing = "its host lets it sleep" if row["asleep"] else f"{row['voices']} voices"
        click.echo(
            f"{row['number']:3d}  {row['title']:24s} {row['instrument']}: {row['timbre']}, "
            f"{doing}  (process {row['pid']})"
        )
    if not rows:
        click.echo("no plugin runs")
