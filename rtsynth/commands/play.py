"""Playing until told to stop, with a status line."""

import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from rtsynth.signals import end_within, never_mind

if TYPE_CHECKING:
    from rtsynth.player import Player, PlayerConfig

END_S: Final = 5.0  # how long stopping may take


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
    stage = player.changer
    if stage.current:
        place = f", {stage.place + 1} of {len(stage.set_list.presets)}" if stage.set_list else ""
        yield f"preset {stage.current}{place}"
    yield (
        f"MIDI {stats.midi}; audio {stats.audio}, {player.engine.rate_hz:.0f} Hz, "
        f"latency {stats.latency_ms:.1f} ms. Ctrl-C stops."
    )
