"""Instances of the plugin that come and go: what is left of them."""

import gc
import os
import random
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from benchmarks.plugin_hosting import Hosting, wait_for
from tests import clap_events as event
from tests.clap_host import Library, opened
from tests.clap_random import Notes


@dataclass(frozen=True)
class Held:
    """What a process holds: memory of its own, and the segments of instances, which are shared."""

    memory_mb: float
    descriptors: int
    threads: int
    segments: int = 0

    @staticmethod
    def now() -> "Held":
        """This process, as the system counts it."""
        gc.collect()
        return Held.of(os.getpid())

    @staticmethod
    def of(pid: int) -> "Held":
        """Another process of this user's.

        Raises:
            OSError: it has ended.
        """
        folder = Path("/proc") / str(pid)
        whole, shared = map(int, (folder / "statm").read_text().split()[1:3])
        memory_mb = (whole - shared) * os.sysconf("SC_PAGE_SIZE") / 2**20
        counts = [len(os.listdir(folder / what)) for what in ("fd", "task")]
        return Held(memory_mb, *counts, (folder / "maps").read_text().count("/memfd:rtsynth"))

    def beyond(self, before: "Held") -> list[str]:
        """What there is more of than there was, memory aside, such as "2 threads"."""
        counts = {name: getattr(self, name) - getattr(before, name)
                  for name in ("descriptors", "threads", "segments")}  # fmt: skip
        return [f"{count} {name}" for name, count in counts.items() if count > 0]

    @staticmethod
    def least(held: Sequence["Held"]) -> "Held":
        """The least of each: what is only held meanwhile does not count.

        Args:
            held: One or more.
        """
        each = zip(*(astuple(one) for one in held), strict=True)
        return Held(*(min(numbers) for numbers in each))


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
