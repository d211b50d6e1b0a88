"""The web application: the page's files, and the WebSocket that a page talks through."""

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from rtsynth.ui.gate import HEADERS
from rtsynth.ui.hub import Hub
from rtsynth.ui.relay import relay
from rtsynth.ui.session import Carrier, Session

MOST_PAGES: Final = 16
TRY_LATER: Final = 1013
KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
Page = dict[str, tuple[bytes, str]]  # content and its kind, by path


class Room(Carrier, Protocol):
    """What pages play on."""

    hub: Hub

    def hello(self) -> dict[str, Any]:
        """All that a new page has to know, as JSON values."""


def page_files() -> Page:
    """Every file of the page, by the path it is asked for with: there are no others to be had."""
    top = files("rtsynth.ui") / "static"
    found = {path: (each.read_bytes(), KINDS[kind])
             for path, each in _walk(top, "/")
             for kind in KINDS if path.endswith(kind)}  # fmt: skip
    return {"/": found["/index.html"], **found}


def _walk(folder: Traversable, path: str) -> Iterable[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _walk(each, f"{path}{each.name}/")
        else:
            yield path + each.name, each


def make_app(room: Room) -> Starlette:
    """The application; it answers whoever asks, so put a `Gate` before it."""
    page, sessions = page_files(), set[Session]()

    async def serve(request: Request) -> Response:
        found = page.get(request.url.path)
        if found is None:
            return PlainTextResponse("there is nothing here\n", 404, HEADERS)
        return Response(found[0], headers={**HEADERS, "content-type": found[1]})

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        elsewhere = socket.query_params.get("plugin")
        if elsewhere is not None:
            return await relay(socket, elsewhere)
        if len(sessions) >= MOST_PAGES:
            return await socket.close(TRY_LATER, f"{MOST_PAGES} pages are open already: close one")
        session = Session(socket, room, room.hello)
        sessions.add(session)
        room.hub.enter(session)
        try:
            await session.run()
        finally:
            room.hub.leave(session)
            sessions.discard(session)

    return Starlette(routes=[WebSocketRoute("/play", talk), Route("/{path:path}", serve)])
