"""Playing until told to stop, with a status line."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from rtsynth.errors import RtsynthError
from rtsynth.signals import end_within, never_mind
from rtsynth.ui.page_config import LOOPBACK, PageConfig

if TYPE_CHECKING:
    from rtsynth.player import Player, PlayerConfig

END_S: Final = 5.0  # how long stopping may take


def page_config(ui: bool, browser: bool, port: int | None, host: str | None) -> PageConfig | None:
    """Where the page is to be served; None: nowhere."""
    if ui:
        return PageConfig(host or LOOPBACK, port, browser)
    if not browser or port is not None or host is not None:
        raise click.UsageError("--no-browser, --ui-port and --ui-host are for the page: add --ui")
    return None


def refuse_effects(chain: str | None) -> None:
    """--fx is an option of rendering alone.

    Raises:
        RtsynthError: it was given.
    """
    if chain is not None:
        raise RtsynthError(
            "--fx works with rtsynth render: effect plugins may wait, and what plays live must "
            "not; for effects live, play into a host on JACK, or rtsynth as a plugin in a DAW"
        )


def play(
    config: "PlayerConfig", seconds: float | None, stop: threading.Event,
    page: PageConfig | None = None,
) -> None:  # fmt: skip
    """Play until told to stop, with a page beside it where one is wanted."""
    from rtsynth.player import Player
    from rtsynth.status import REFRESH_S, LiveStatus, PlainStatus, summary

    status: LiveStatus | PlainStatus
    terminal = sys.stdout is not None and sys.stdout.isatty()
    status = LiveStatus() if terminal else PlainStatus(click.echo)
    news: list[Callable[[str], None]] = [status.say]
    player = Player(config, lambda line: tell(news, line))
    if stop.is_set():
        player.stop()
        return
    with player, status, _page(player, page, news):
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


def tell(listeners: Sequence[Callable[[str], None]], line: str) -> None:
    """Say a line to all who listen by now."""
    for each in tuple(listeners):
        each(line)


def _page(
    player: "Player", config: PageConfig | None, news: list[Callable[[str], None]]
) -> contextlib.AbstractContextManager[Any]:
    if config is None:
        return contextlib.nullcontext()
    from rtsynth.ui.opening import page  # here, not above: the server takes its time to load

    return page(player, config, news)


def introduce(player: "Player") -> Iterator[str]:
    """What a player wants to know at the start."""
    instrument, stats = player.instrument, player.stats()
    metadata = instrument.metadata
    timbre = player.controls.timbre_of(0).name
    yield f"{metadata.name}: {timbre} ({len(metadata.timbres)} timbres), on {instrument.provider}"
    stage = player.changer
    if stage.current:
        place = f", {stage.place + 1} of {len(stage.set_list.presets)}" if stage.set_list else ""
        yield f"preset {stage.current}{place}"
    yield (
        f"MIDI {stats.midi}; audio {stats.audio}, {player.engine.rate_hz:.0f} Hz, "
        f"latency {stats.latency_ms:.1f} ms. Ctrl-C stops."
    )
