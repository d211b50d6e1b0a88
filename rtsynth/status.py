"""The status line: voices, load, drop-outs, cache hits, latency; plain lines without a terminal."""

import contextlib
import time
from collections.abc import Callable
from typing import Any, Final

from rtsynth.player import PlayerStats

REFRESH_S: Final = 0.25
PLAIN_EVERY_S: Final = 5.0


def describe(stats: PlayerStats) -> str:
    """The status line without colours."""
    core = stats.core
    return (
        f"{core.voices:3d} voices  load {100.0 * core.load:4.1f} %  "
        f"drop-outs {core.xruns}  cache {hit_percent(core.cache_hits, core.cache_misses)}  "
        f"latency {stats.latency_ms:.1f} ms"
    )


def hit_percent(hits: int, misses: int) -> str:
    """Notes whose own take was there at once, in percent of all."""
    notes = hits + misses
    return f"{100.0 * hits / notes:.1f} %" if notes else "-"


def summary(stats: PlayerStats) -> str:
    """One line at the end."""
    core = stats.core
    text = (
        f"{core.notes} notes, {core.xruns} drop-outs, "
        f"cache hits {hit_percent(core.cache_hits, core.cache_misses)}"
    )
    lost = core.events_dropped + core.requests_dropped + core.tap_dropped
    return text + (f", {lost} events, requests or frames refused" if lost else "")


class PlainStatus:
    """Lines now and then, for pipes and log files."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._next_s = time.monotonic() + PLAIN_EVERY_S

    def __enter__(self) -> "PlainStatus":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def say(self, line: str) -> None:
        """News, in a line of its own. Thread: any; no thread ends because nobody listens."""
        with contextlib.suppress(OSError):
            self._write(line)

    def update(self, stats: PlayerStats) -> None:
        """Show the figures if it is time; ends with a BrokenPipeError where nobody reads them."""
        if time.monotonic() < self._next_s:
            return
        self._next_s += PLAIN_EVERY_S
        try:
            self._write(describe(stats))
        except BrokenPipeError:
            raise
        except OSError:  # a full disk: the music goes on
            return


class LiveStatus:
    """A line that is drawn in place, with news above it."""

    def __init__(self) -> None:
        from rich.console import Console  # here, not above: rich takes its time
        from rich.live import Live

        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> "LiveStatus":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, line: str) -> None:
        """News, in a line above the status line. Thread: any."""
        with contextlib.suppress(OSError):
            self._console.print(line, markup=False)

    def update(self, stats: PlayerStats) -> None:
        """Draw the figures."""
        self._live.update(_coloured(stats), refresh=True)


def _coloured(stats: PlayerStats) -> Any:
    from rich.text import Text

    core = stats.core
    load = "red" if core.load > 0.7 else "yellow" if core.load > 0.4 else "green"
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f" {core.voices:3d} voices ", "bold")
    text.append(" load ", "dim").append(f"{100.0 * core.load:4.1f} %", load)
    text.append("  drop-outs ", "dim").append(str(core.xruns), "red" if core.xruns else "green")
    text.append("  cache ", "dim").append(hit_percent(core.cache_hits, core.cache_misses))
    text.append("  latency ", "dim").append(f"{stats.latency_ms:.1f} ms")
    text.append(f"  {stats.midi} > {stats.audio}", "dim")
    return text
