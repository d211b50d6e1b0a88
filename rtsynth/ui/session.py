"""One open page: what it asks for is carried out in order, what it is told never queues up."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

from starlette.websockets import WebSocketDisconnect, WebSocketState

from rtsynth.errors import RtsynthError, one_line
from rtsynth.messages import NOTE_OFF, Message
from rtsynth.parser import HeldNotes
from rtsynth.ui.fields import Order, parse

MOST_CHARACTERS: Final = 16_384  # of a message
MESSAGES_A_SECOND: Final = 600  # of a page: fast playing with ten fingers is a third of it
BURST: Final = 1200
MOST_NONSENSE: Final = 40  # messages that could not be carried out, then it is shown the door
FORGIVEN_A_SECOND: Final = 1.0
AHEAD: Final = 4  # frames that may be on their way: a page that is slower misses some
MOST_NEWS: Final = 8
AGAIN_S: Final = 0.02
TOO_MUCH: Final = 1008
WENT_WRONG: Final = 1011
MOST_REASON: Final = 60  # characters: a close frame holds 123 bytes

Changes = dict[str, dict[str, Any]]  # values by kind and key


class Carrier(Protocol):
    """Who carries out what a page asks for."""

    def carry_out(self, order: Order, session: "Session") -> Any:
        """Do it; an awaitable where it takes long. RtsynthError: it cannot be done."""

    def play(self, message: Message) -> bool:
        """Play a channel message now. False: it was refused."""


class Socket(Protocol):
    """What of Starlette's WebSocket is used here."""

    @property
    def application_state(self) -> WebSocketState:
        """Whether it may still be closed."""

    async def receive(self) -> Any:
        """The next event, as ASGI has them."""

    async def send_text(self, data: str) -> None:
        """Send a text."""

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes."""

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Say goodbye."""


class Session:
    """A page that is connected. Thread: the server's."""

    def __init__(self, socket: Socket, carrier: Carrier, hello: Callable[[], Any]) -> None:
        """`hello` gives all that a new page has to know, as JSON values."""
        self._socket = socket
        self._carrier = carrier
        self._hello = hello
        self._held = HeldNotes()
        self._allowed = _Bucket(MESSAGES_A_SECOND, BURST)
        self._patience = _Bucket(FORGIVEN_A_SECOND, MOST_NONSENSE)
        self._wake = asyncio.Event()
        self._frame: bytes | None = None
        self._changes: Changes = {}
        self._news: list[dict[str, str]] = []
        self._sent = self._seen = 0  # frames
        self._to_greet = True

    async def run(self) -> None:
        """Talk to the page until it goes; what it held down is let go then."""
        sender = asyncio.create_task(self._keep_told())
        try:
            await self._listen()
        except WebSocketDisconnect:
            pass
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender
            self._held.release(self._carrier.play)

    def play(self, message: Message) -> None:
        """Play a message that this page answers for; the end of a note is sent until it is taken.

        Raises:
            RtsynthError: the queue of events is full.
        """
        if self._carrier.play(message):
            self._held.note(message)
        elif message[0] & 0xF0 == NOTE_OFF:
            asyncio.get_running_loop().call_later(AGAIN_S, self.play, message)
        else:
            raise RtsynthError("too much at once: a note was left out")

    def greet(self) -> None:
        """Tell the page everything, with the next frame."""
        self._to_greet = True

    def tell(self, frame: bytes, changes: Changes) -> None:
        """Show a frame, and values that moved: later ones take the place of those that wait."""
        self._frame = frame
        for kind, values in changes.items():
            self._changes.setdefault(kind, {}).update(values)
        if self._sent - self._seen < AHEAD:
            self._wake.set()

    def say(self, kind: str, text: str) -> None:
        """News ("news") or why something was not done ("refused"), with the next frame."""
        self._news = [*self._news, {"kind": kind, "text": text}][-MOST_NEWS:]
        self._wake.set()

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if not self._allowed.take():
                return await self._close(
                    TOO_MUCH, "too many messages: the page sends faster than one plays"
                )
            try:
                await self._take(message)
            except RtsynthError as error:
                self.say("refused", one_line(error))
                if not self._patience.take():
                    return await self._close(TOO_MUCH, "too many messages that mean nothing")
            except OSError as error:  # a disk or a device
                self.say("refused", f"that did not work ({one_line(error)})")

    async def _take(self, message: Any) -> None:
        text = message.get("text")
        if text is None:
            raise RtsynthError("a message is text, not bytes")
        if len(text) > MOST_CHARACTERS:
            raise RtsynthError(f"a message has {MOST_CHARACTERS} characters at most")
        order = parse(text)
        if order["do"] == "seen":
            frames = order.get("frames")
            if type(frames) is not int or not self._seen <= frames <= self._sent:
                raise RtsynthError("'frames' is how many frames have come")
            self._seen = frames
            return
        later = self._carrier.carry_out(order, self)
        if later is not None:
            await later

    async def _close(self, code: int, why: str) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close(code, why[:MOST_REASON])

    async def _keep_told(self) -> None:
        """Send until the page goes; where that fails here, the page connects anew."""
        try:
            await self._send()
        except (WebSocketDisconnect, RuntimeError):  # it is gone: the listener hears of it
            return
        except Exception as error:
            await self._close(WENT_WRONG, f"something went wrong here: {one_line(error)}")

    async def _send(self) -> None:
        """The first frame is behind all that a page has to know."""
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._to_greet:
                self._to_greet, self._changes = False, {}
                await self._socket.send_text(_json({"kind": "hello", **self._hello()}))
            news, self._news = self._news, []
            for line in news:
                await self._socket.send_text(_json(line))
            if self._frame is None or self._sent - self._seen >= AHEAD:
                continue
            changes, self._changes = self._changes, {}
            frame, self._frame = self._frame, None
            if changes:
                await self._socket.send_text(_json({"kind": "changes", **changes}))
            self._sent += 1
            await self._socket.send_bytes(frame)


class _Bucket:
    """So many a second, and so many at once."""

    def __init__(self, a_second: float, at_once: int) -> None:
        self._a_second = a_second
        self._most = self._left = float(at_once)
        self._time_s = time.monotonic()

    def take(self) -> bool:
        """Whether there is one left."""
        now_s = time.monotonic()
        self._left = min(self._most, self._left + (now_s - self._time_s) * self._a_second)
        self._time_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


_json = partial(json.dumps, separators=(",", ":"), allow_nan=False)
