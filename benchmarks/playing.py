"""rtsynth on a JACK server, in a process of its own that answers what its player counted.

Run as a program it plays until its standard input ends. Each line it reads is a command: "stats"
prints the player's counters as a JSON line, "midi STATUS DATA1 DATA2" is played at once, "busy"
starts a Python loop beside the player, "calm" stops it. Other notes come through JACK.
"""

import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import memory_use, synths
from benchmarks.jackserver import JackServer

GAUGES: Final = ("voices", "load", "load_peak", "clock_samples", "arena_used_bytes", "takes")
COUNTERS: Final = (
    "xruns",
    "overruns",
    "callbacks",
    "late_frames",
    "notes",
    "cache_misses",
    "stolen",
    "events_dropped",
    "requests_dropped",
    "nonfinite",
)
_ANSWER_LIMIT_S: Final = 30.0


class Playing:
    """The process that plays, as its parent sees it: `with Playing(server, ...) as synth: ...`."""

    name = "rtsynth"
    midi_to: str | None = synths.RTSYNTH_MIDI
    audio_from = synths.RTSYNTH_AUDIO

    def __init__(self, server: JackServer | None, **config: Any) -> None:
        """Start it and wait until it plays; `config` are fields of PlayerConfig.

        Without a server it plays into the null device.

        Raises:
            RuntimeError: it could not play; the text is its last line.
        """
        backend = "null" if server is None else "jack"
        config = {"backend": backend, "connect": False, **config}
        command = [sys.executable, str(Path(__file__).resolve()), json.dumps(config)]
        self.process = subprocess.Popen(
            command,
            env=None if server is None else server.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._line()  # "ready"

    def stats(self) -> dict[str, Any]:
        """All counters and gauges of this moment, the process's memory and threads."""
        self.tell("stats")
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def tell(self, command: str) -> None:
        """Send a command that has no answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def sounding(self) -> float:
        """Notes that sound now."""
        return float(self.stats()["voices"])

    def busy(self, on: bool) -> None:
        """Start or stop a Python loop in the player's process."""
        self.tell("busy" if on else "calm")

    def _line(self) -> str:
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], _ANSWER_LIMIT_S)[0]:
            self.process.kill()
            raise RuntimeError(f"playing.py did not answer for {_ANSWER_LIMIT_S:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate(timeout=10)
            said = errors.strip().splitlines() or ["playing.py ended"]
            raise RuntimeError(said[-1])
        return line

    def __enter__(self) -> "Playing":
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def thread_policies(pid: int) -> dict[str, int]:
    """How many threads of a process run under each scheduling policy."""
    names = {os.SCHED_OTHER: "other", os.SCHED_FIFO: "fifo", os.SCHED_RR: "rr"}
    found: dict[str, int] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = names.get(os.sched_getscheduler(int(task.name)) & ~os.SCHED_RESET_ON_FORK, "?")
        found[name] = found.get(name, 0) + 1
    return found


class _BusyLoop:
    """A Python thread that never waits."""

    def __init__(self) -> None:
        self._go_on = False

    def start(self) -> None:
        if not self._go_on:
            self._go_on = True
            threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        self._go_on = False

    def _run(self) -> None:
        count = 0
        while self._go_on:
            count += 1


def _answer(player: Any, watch: Any) -> dict[str, Any]:
    frame = watch.frame_time if watch is not None else 0  # just before the engine's clock
    core = player.stats().core
    answer = {name: getattr(core, name) for name in (*GAUGES, *COUNTERS)}
    answer |= {"server_frames": frame, "monotonic_s": time.monotonic()}
    answer |= {"rss_mb": memory_use.resident_mb(), "threads": thread_policies(os.getpid())}
    return answer


def _play(config: dict[str, Any]) -> None:
    from rtsynth.player import Player, PlayerConfig

    watch, loop = None, _BusyLoop()
    if config["backend"] == "jack":
        import jack

        watch = jack.Client("watch", no_start_server=True)
    with Player(PlayerConfig(**config)) as player:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for line in sys.stdin:
            if line == "stats\n":
                sys.stdout.write(json.dumps(_answer(player, watch)) + "\n")
                sys.stdout.flush()
            elif line.startswith("midi "):
                status, data1, data2 = (int(word) for word in line.split()[1:])
                player.controls.live((status, data1, data2), time.monotonic_ns())
            elif line == "busy\n":
                loop.start()
            elif line == "calm\n":
                loop.stop()
        loop.stop()
    if watch is not None:
        watch.close()


if __name__ == "__main__":
    _play(json.loads(sys.argv[1]))
