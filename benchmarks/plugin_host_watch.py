"""What a host of plugins and their server hold, cycle after cycle."""

import contextlib
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from benchmarks.plugin_cycles import Held
from benchmarks.plugin_hosting import Hosting

REST_S: Final = 10.0


@dataclass(frozen=True)
class Growth:
    """What a process held in the second tenth of the cycles, and in the last: the least of each."""

    early: Held
    late: Held

    @property
    def memory_mb(self) -> float:
        """Of its own, more than before."""
        return self.late.memory_mb - self.early.memory_mb

    @property
    def kept(self) -> list[str]:
        """What it has more of than before, memory aside; of segments, all that are there."""
        return self.late.beyond(replace(self.early, segments=0))

    @staticmethod
    def of(held: list[Held]) -> "Growth | None":
        """Of all cycles; None: it was never seen."""
        tenth = max(1, len(held) // 10)
        if not held:
            return None
        return Growth(Held.least(held[tenth : 2 * tenth] or held), Held.least(held[-tenth:]))

    @staticmethod
    def read(plain: dict[str, Any] | None) -> "Growth | None":
        """From its JSON."""
        return None if plain is None else Growth(Held(**plain["early"]), Held(**plain["late"]))


@dataclass
class Watch:
    """Looks at a host and at its server behind every cycle."""

    hosting: Hosting
    hosts: list[Held] = field(default_factory=list)
    servers: dict[int, list[Held]] = field(default_factory=dict)  # by process

    def look(self, host: Held | None) -> None:
        """One cycle is over; None: so is its process."""
        if host is not None:
            self.hosts.append(host)
        if "server.sock" not in self.hosting.leftovers():
            return  # none, or one that only starts
        with contextlib.suppress(OSError, ValueError):  # it ends just now
            (pid,) = self.hosting.server_pids()
            self.servers.setdefault(pid, []).append(_rested(pid))

    def as_json(self) -> dict[str, Any]:
        """Growth of both; of the server that was there the longest."""
        server = max(self.servers.values(), key=len, default=[])
        found = {"host": Growth.of(self.hosts), "server": Growth.of(server)}
        return {name: growth and asdict(growth) for name, growth in found.items()}


def _rested(pid: int) -> Held:
    """What a server holds once it has let go of the instances that left, or after a while."""
    until = time.monotonic() + REST_S
    while (held := Held.of(pid)).segments and time.monotonic() < until:
        time.sleep(0.02)
    return held
