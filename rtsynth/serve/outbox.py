"""What goes to one plugin: in order, never more than a little, and nobody waits for the plugin."""

import asyncio
from collections import deque
from typing import Final

from rtsynth.serve.protocol import Kind, pack

MOST_FRAMES: Final = 64  # a plugin that does not read misses the oldest news
LATEST: Final = (Kind.STATE, Kind.PRESETS, Kind.EDITED, Kind.AWAKE)  # an older one is of no use


class Outbox:
    """Thread: that of its event loop, but for `put`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._frames: deque[tuple[int, bytes]] = deque(maxlen=MOST_FRAMES)
        self._wake = asyncio.Event()

    def put(self, kind: int, payload: bytes) -> None:
        """Have a frame sent. Thread: any."""
        self._loop.call_soon_threadsafe(self._put, kind, payload)

    async def next(self) -> bytes:
        """The next frame's bytes, waited for."""
        while not self._frames:
            self._wake.clear()
            await self._wake.wait()
        return pack(*self._frames.popleft())

    def _put(self, kind: int, payload: bytes) -> None:
        if kind in LATEST:
            kept = [frame for frame in self._frames if frame[0] != kind]
            self._frames = deque(kept, maxlen=MOST_FRAMES)
        self._frames.append((kind, payload))
        self._wake.set()
