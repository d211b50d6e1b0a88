"""Instances of the plugin that come and go: what is left of them."""

import gc
import os
import random
from dataclasses import dataclass
from pathlib import Path

from benchmarks.plugin_hosting import Hosting, wait_for
from tests import clap_events as event
from tests.clap_host import Library, opened
from tests.clap_random import Notes


@dataclass(frozen=True)
class Held:
    """What the process holds."""

    memory_mb: float
    descriptors: int
    threads: int

    @staticmethod
    def now() -> "Held":
        """As the system counts it."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        memory_mb = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
        return Held(memory_mb, len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")))


def cycle(library: Library, seed: int) -> None:
    """Open, play, automate, save, reload, close, in a random order and number."""
    r, notes = random.Random(seed), Notes(seed)
    with library.plugin() as plugin:
        infos = plugin.parameters()
        states = [plugin.save()]
        for _ in range(r.randrange(1, 4)):
            most = r.choice((1, 37, 64, 512, 4096))
            plugin.play_at(r.choice((44100.0, 48000.0, 96000.0)), most)
            for _ in range(r.randrange(40)):
                info = r.choice(infos)
                move = event.parameter(info.id, r.uniform(info.low, info.high))
                plugin.process(most, [move, *notes.block(most)])
            if r.random() < 0.5:
                states.append(plugin.save())
            if r.random() < 0.5 and not plugin.load(r.choice(states)):
                raise RuntimeError("a state that it saved was refused")
            plugin.stop()


def cycles(path: Path, host: Hosting, count: int) -> tuple[Held, Held, list[str]]:
    """What was held after the first tenth and at the end, and what lies in the server's folder."""
    early = Held.now()
    with opened(path) as library:
        for number in range(count):
            cycle(library, number)
            if number == count // 10:
                early = Held.now()
    late = Held.now()
    wait_for(lambda: not host.server_pids(), "the server did not end behind its plugins")
    return early, late, host.leftovers()
