"""One end of a connection in an event loop: frames in, with descriptors beside them; bytes out."""

import asyncio
import os
import socket
from collections import deque
from typing import Final

from rtsynth.serve.protocol import Frame, Reader

PIECE: Final = 1 << 16  # bytes at a time
MOST_FILES: Final = 4


class Stream:
    """Thread: that of its event loop."""

    def __init__(self, connection: socket.socket) -> None:
        """`connection` is this one's from now on."""
        connection.setblocking(False)
        self.files: list[int] = []  # descriptors that came; whoever takes one closes it
        self._connection = connection
        self._reader = Reader()
        self._frames: deque[Frame] = deque()

    async def read(self) -> Frame | None:
        """The next frame; None: the other side has gone.

        Raises:
            RtsynthError: what came is not the protocol.
        """
        while not self._frames:
            try:
                piece = self._receive()
            except BlockingIOError:
                await self._readable()
                continue
            except OSError:
                return None
            if not piece:
                return None
            self._frames.extend(self._reader.feed(piece))
        return self._frames.popleft()

    async def write(self, data: bytes) -> None:
        """Send bytes, all of them. Raises OSError where the other side has gone."""
        await asyncio.get_running_loop().sock_sendall(self._connection, data)

    def close(self) -> None:
        """End the connection."""
        while self.files:
            os.close(self.files.pop())
        self._connection.close()

    def _receive(self) -> bytes:
        flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
        piece, files, _, _ = socket.recv_fds(self._connection, PIECE, MOST_FILES, flags)
        room = MOST_FILES - len(self.files)
        self.files += files[:room]
        for each in files[room:]:
            os.close(each)
        return piece

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._connection, _settle, ready)
        try:
            await ready
        finally:
            loop.remove_reader(self._connection)


def _settle(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
