"""A page that plays a plugin instance: what it says goes on to the plugins' server, and back."""

import asyncio
import contextlib
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from rtsynth.errors import RtsynthError, one_line
from rtsynth.serve.meeting import meet
from rtsynth.serve.protocol import MOST_REASON, NUMBER, Frame, Kind, PageKind, pack
from rtsynth.serve.stream import Stream
from rtsynth.ui.session import MOST_CHARACTERS, TOO_MUCH

GONE: Final = 1013  # try again later


async def relay(socket: WebSocket, number: str) -> None:
    """Carry messages between a page and the instance of that number, until one of them goes."""
    connection = await asyncio.to_thread(meet)
    if connection is None or not (number.isascii() and number.isdecimal() and len(number) < 10):
        if connection is not None:
            connection.close()
        return await socket.close(GONE, f"there is no plugin instance {number[:10]}")
    stream = Stream(connection)
    try:
        await stream.write(pack(PageKind.ATTACH, NUMBER.pack(int(number))))
        back = asyncio.create_task(_to_page(socket, stream))
        try:
            await _to_server(socket, stream)
        finally:
            back.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await back
    except OSError:
        await _close(socket, GONE, "the server of the plugins went away")
    finally:
        stream.close()


async def _to_server(socket: WebSocket, stream: Stream) -> None:
    with contextlib.suppress(OSError):
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            text = message.get("text")
            if text is None or len(text) > MOST_CHARACTERS:
                return await _close(socket, TOO_MUCH, "a message is a short text")
            await stream.write(pack(PageKind.TEXT, text.encode("utf-8", "replace")))
    return None


async def _to_page(socket: WebSocket, stream: Stream) -> None:
    try:
        while (frame := await stream.read()) is not None:
            if frame.kind in (PageKind.CLOSE, Kind.REFUSED):
                return await _close(socket, *_farewell(frame))
            if frame.kind == PageKind.TEXT:
                await socket.send_text(frame.payload.decode("utf-8", "replace"))
            else:
                await socket.send_bytes(frame.payload)
        await _close(socket, GONE, "the server of the plugins went away")
    except RtsynthError as error:
        await _close(socket, GONE, one_line(error))
    except (WebSocketDisconnect, RuntimeError):  # the page is gone
        return


def _farewell(frame: Frame) -> tuple[int, str]:
    if frame.kind == Kind.REFUSED or len(frame.payload) < NUMBER.size:
        return GONE, frame.payload.decode("utf-8", "replace")
    code = NUMBER.unpack_from(frame.payload)[0]
    return code, frame.payload[NUMBER.size :].decode("utf-8", "replace")


async def _close(socket: WebSocket, code: int, why: str) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code, why[:MOST_REASON])
