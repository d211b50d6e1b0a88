"""Many held notes on a JACK server, in a process of its own, and what the player counted.

Run as a program it holds the notes, prints "ready", and after a line on its standard input prints
the player's counters, as JSON, for the time between.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.jackserver import JackServer

COUNTERS = (
    "xruns",
    "overruns",
    "callbacks",
    "late_frames",
    "stolen",
    "requests_dropped",
    "nonfinite",
)
LOWEST_KEY = 30
VELOCITY = 90
STAGGER_S = 0.01
SETTLE_S = 3.0
_STATS_EVERY_S = 0.05


class HeldVoices:
    """The process that holds the notes, as its parent sees it."""

    def __init__(self, server: JackServer, voices: int, timbre: str, instrument: str) -> None:
        """Start it and wait until every note is held.

        Raises:
            RuntimeError: it could not play; the text is its last line.
        """
        command = [sys.executable, str(Path(__file__).resolve()), str(voices), timbre]
        command += [str(server.period_samples), instrument]
        self._process = subprocess.Popen(
            command,
            env=server.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            _, errors = self._process.communicate(timeout=10)
            raise RuntimeError((errors.strip().splitlines() or ["held.py ended at once"])[-1])

    def __enter__(self) -> "HeldVoices":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def begin(self) -> None:
        """Begin to count."""
        assert self._process.stdin is not None
        self._process.stdin.write("begin\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Stop counting and playing; what was counted in between."""
        output, errors = self._process.communicate("end\n", timeout=30)
        if not output:
            raise RuntimeError((errors.strip().splitlines() or ["held.py died"])[-1])
        counted: dict[str, Any] = json.loads(output)
        return counted


def _hold(voices: int, timbre: str, block: int, instrument: str) -> None:
    from rtsynth.player import Player, PlayerConfig

    config = PlayerConfig(
        instrument=instrument,
        timbre=timbre,
        block=block,
        rate_hz=48000.0,
        polyphony=voices,
        midi=False,
    )
    with Player(config) as player:
        _wait_for_onsets(player)
        for i in range(voices):
            player.controls.live((0x90, LOWEST_KEY + i, VELOCITY), time.monotonic_ns())
            time.sleep(STAGGER_S)
        time.sleep(SETTLE_S)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        before = player.stats().core
        player.engine.reset_peaks()
        loads, fewest, end = _sample_until_line(player)
        after = player.stats()
        counted = {name: getattr(after.core, name) - getattr(before, name) for name in COUNTERS}
        counted |= {"audio": after.audio, "fewest_voices": fewest, "seconds": end}
        counted |= {"load_median": sorted(loads)[len(loads) // 2]}
        counted |= {"load_peak": after.core.load_peak}
        sys.stdout.write(json.dumps(counted))


def _wait_for_onsets(player: Any, limit_s: float = 20.0) -> None:
    """Wait until the generator has made most of what it makes ahead."""
    until, made = time.monotonic() + limit_s, -1
    while time.monotonic() < until and player.generator.pages_made != made:
        made = player.generator.pages_made
        time.sleep(0.5)


def _sample_until_line(player: Any) -> tuple[Sequence[float], int, float]:
    """Loads, fewest voices and the seconds, until a line is on the standard input."""
    import select

    started, loads, fewest = time.monotonic(), [], sys.maxsize
    while not select.select([sys.stdin], [], [], _STATS_EVERY_S)[0]:
        core = player.stats().core
        loads.append(float(core.load))
        fewest = min(fewest, int(core.voices))
    return loads or [0.0], fewest, time.monotonic() - started


if __name__ == "__main__":
    _hold(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
