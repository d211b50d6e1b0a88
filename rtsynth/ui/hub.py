"""What all pages are told, 30 times a second: a frame of what is heard, and what has changed."""

import asyncio
import struct
import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

from rtsynth.player_config import PlayerStats
from rtsynth.ui.lit import Lit
from rtsynth.ui.meters import Heard
from rtsynth.ui.session import Session

FRAMES_A_SECOND: Final = 30
FIGURES_EVERY: Final = 8  # frames between two looks at what changes slowly
# Peaks left and right (linear), load 0..1, voices, drop-outs; then the keys that are down, then the
# spectrum.
HEAD: Final = struct.Struct("<fffHI")


class Looks(Protocol):
    """Who knows what is heard."""

    def look(self) -> Heard:
        """The levels since the last look, and the spectrum of this moment."""


class Hub:
    """Tells sessions. Threads: as said; all else the server's."""

    def __init__(
        self,
        meters: Looks,
        lit: Lit,
        stats: Callable[[], PlayerStats],
        figures: Callable[[PlayerStats], dict[str, Any]],
    ) -> None:
        """`figures` are what changes slowly, as JSON values."""
        self._meters = meters
        self._lit = lit
        self._stats = stats
        self._figures = figures
        self._lock = threading.Lock()
        self._changed: dict[str, dict[str, Any]] = {}
        self._news: list[str] = []
        self._sessions: set[Session] = set()
        self._ticking: asyncio.Task[None] | None = None
        self._told: dict[str, Any] = {}

    def changed(self, kind: str, key: str, value: Any) -> None:
        """Something has another value: pages hear of the latest only. Thread: any.

        A function is asked for the value when pages are told.
        """
        with self._lock:
            self._changed.setdefault(kind, {})[key] = value

    def say(self, line: str) -> None:
        """News for all pages. Thread: any."""
        with self._lock:
            self._news = [*self._news, line][-8:]

    def enter(self, session: Session) -> None:
        """A page came."""
        self._sessions.add(session)
        self._told = {}  # it knows no figures yet
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick())

    def begin_anew(self) -> None:
        """All that pages know is out of date: they are told everything again."""
        for session in self._sessions:
            session.greet()

    def leave(self, session: Session) -> None:
        """A page went; with the last one the work ends."""
        self._sessions.discard(session)
        if not self._sessions and self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        next_s, count = loop.time(), 0
        while True:
            self._tell(count % FIGURES_EVERY == 0)
            count += 1
            next_s = max(next_s + 1.0 / FRAMES_A_SECOND, loop.time())  # late frames are not made up
            await asyncio.sleep(next_s - loop.time())

    def _tell(self, with_figures: bool) -> None:
        with self._lock:
            changed, self._changed = self._changed, {}
            news, self._news = self._news, []
        changes: dict[str, Any] = {
            kind: {key: value() if callable(value) else value for key, value in values.items()}
            for kind, values in changed.items()
        }
        stats = self._stats()
        if with_figures:
            changes |= self._new_figures(stats)
        frame = self._frame(stats)
        for session in self._sessions:
            session.tell(frame, changes)
            for line in news:
                session.say("news", line)

    def _new_figures(self, stats: PlayerStats) -> dict[str, Any]:
        figures = self._figures(stats)
        if figures == self._told:
            return {}
        self._told = figures
        return {"figures": figures}

    def _frame(self, stats: PlayerStats) -> bytes:
        heard, core = self._meters.look(), stats.core
        voices, drop_outs = min(core.voices, 0xFFFF), min(core.xruns, 0xFFFFFFFF)
        head = HEAD.pack(*heard.peaks, core.load, voices, drop_outs)
        return head + self._lit.bits() + heard.spectrum.tobytes()
