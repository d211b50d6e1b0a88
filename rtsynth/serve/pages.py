"""Pages that play an instance of the plugin: each comes through the page's server of a player."""

import asyncio
from typing import Any, Final

from starlette.websockets import WebSocketDisconnect, WebSocketState

from rtsynth.serve.client import Rows
from rtsynth.serve.instance import Instance
from rtsynth.serve.page_player import PagePlayer
from rtsynth.serve.playing import Playing
from rtsynth.serve.protocol import NUMBER, PageKind, pack
from rtsynth.serve.stream import Stream
from rtsynth.ui.app import MOST_PAGES, TRY_LATER
from rtsynth.ui.room import Room, page_rows
from rtsynth.ui.session import Session

LOOK_S: Final = 0.25  # whether the instance is still what it was
ABNORMAL: Final = 1006  # a page that went without a word


class Pipe:
    """A page's WebSocket, as it comes through the relay. Thread: the server's."""

    def __init__(self, stream: Stream) -> None:
        self.application_state = WebSocketState.CONNECTED
        self._stream = stream

    async def receive(self) -> dict[str, Any]:
        """The next event, as ASGI has them."""
        frame = await self._stream.read()
        if frame is None or frame.kind != PageKind.TEXT:
            return {"type": "websocket.disconnect", "code": ABNORMAL}
        return {"type": "websocket.receive", "text": frame.payload.decode("utf-8", "replace")}

    async def send_text(self, data: str) -> None:
        """Send a text."""
        await self._send(PageKind.TEXT, data.encode())

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes."""
        await self._send(PageKind.BYTES, data)

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Say goodbye."""
        self.application_state = WebSocketState.DISCONNECTED
        await self._send(PageKind.CLOSE, NUMBER.pack(code) + (reason or "").encode())

    async def _send(self, kind: int, payload: bytes) -> None:
        try:
            await self._stream.write(pack(kind, payload))
        except OSError as error:
            raise WebSocketDisconnect(ABNORMAL) from error


class PluginRoom(Room):
    """An instance that pages play on."""

    def __init__(self, instance: Instance, playing: Playing, others: "Pages") -> None:
        player = PagePlayer(instance, playing)
        self.playing = playing
        self.guests = 0  # pages
        self._number = instance.number
        self._others = others
        super().__init__(player, playing.channels, player)

    def plugins(self) -> dict[str, Any]:
        """As in a room of any kind."""
        return {"plugins": page_rows(self._others.rows()), "plugin": self._number}


class Pages:
    """All pages of all instances. Thread: the server's."""

    def __init__(self, instances: dict[int, Instance]) -> None:
        """`instances` are those that run, and may change."""
        self._instances = instances
        self._rooms: dict[int, PluginRoom] = {}

    def rows(self) -> Rows:
        """What people are shown of each instance."""
        return [each.row() for each in list(self._instances.values())]

    async def attach(self, stream: Stream, instance: Instance) -> None:
        """Let a page play an instance, until it goes or the instance plays something else."""
        playing, pipe = instance.playing, Pipe(stream)
        if playing is None or sum(room.guests for room in self._rooms.values()) >= MOST_PAGES:
            return await pipe.close(TRY_LATER, "too many pages are open already: close one")
        room = self._enter(instance, playing)
        session = Session(pipe, room, room.hello)
        room.hub.enter(session)
        watching = asyncio.create_task(self._watch(pipe, instance, playing))
        try:
            await session.run()
        finally:
            watching.cancel()
            room.hub.leave(session)
            self._leave(instance.number, room)

    def _enter(self, instance: Instance, playing: Playing) -> PluginRoom:
        room = self._rooms.get(instance.number)
        if room is None or room.playing is not playing:
            room = self._rooms[instance.number] = PluginRoom(instance, playing, self)
        room.guests += 1
        return room

    def _leave(self, number: int, room: PluginRoom) -> None:
        room.guests -= 1
        if not room.guests:
            room.close()
            if self._rooms.get(number) is room:
                del self._rooms[number]

    async def _watch(self, pipe: Pipe, instance: Instance, playing: Playing) -> None:
        while self._instances.get(instance.number) is instance and instance.playing is playing:
            await asyncio.sleep(LOOK_S)
        there = instance.number in self._instances
        await pipe.close(TRY_LATER, "" if there else f"{instance.hello.title} went")
