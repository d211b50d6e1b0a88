"""What tests of the page share: a player, a room, and pages without a browser."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from rtsynth.player import Player
from rtsynth.player_config import PlayerConfig
from rtsynth.ui.app import make_app
from rtsynth.ui.gate import Gate
from rtsynth.ui.room import PlayerRoom

WAIT_S = 60.0
PORT = 8420
HOST = f"127.0.0.1:{PORT}"
HOME = {"host": HOST, "origin": f"http://{HOST}"}


def until(condition: Callable[[], Any]) -> Any:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.01)
    return found


@pytest.fixture(scope="module")
def player(tiny: Path) -> Iterator[Player]:
    config = PlayerConfig(instrument=str(tiny), backend="null", midi=False, arena_mib=32)
    with Player(config) as player:
        yield player


@pytest.fixture(scope="module")
def room(player: Player) -> Iterator[PlayerRoom]:
    room = PlayerRoom(player)
    yield room
    room.close()


@pytest.fixture
def client(room: PlayerRoom) -> Iterator[TestClient]:
    gate = Gate(make_app(room), "127.0.0.1", PORT, None)
    with TestClient(gate, base_url=f"http://{HOST}") as client:
        yield client


class Page:
    """A page without a browser: it answers frames and keeps what it is told."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.hello = socket.receive_json()
        self.frames = 0
        self.told: list[dict[str, Any]] = []

    def ask(self, **order: Any) -> None:
        self._socket.send_text(json.dumps(order))

    def next(self) -> bytes:
        """The next frame, with what was told before it kept."""
        while True:
            message = self._socket.receive()
            if message["type"] == "websocket.close":
                raise WebSocketDisconnect(message["code"], message.get("reason"))
            if message.get("bytes") is not None:
                self.frames += 1
                self.ask(do="seen", frames=self.frames)
                return bytes(message["bytes"])
            self.told.append(json.loads(message["text"]))

    def closed(self) -> WebSocketDisconnect:
        """How the server ends the connection."""
        end_s = time.monotonic() + WAIT_S
        try:
            while time.monotonic() < end_s:
                self.next()
        except WebSocketDisconnect as closed:
            return closed
        raise AssertionError("the connection was not closed")

    def hear(self, kind: str) -> dict[str, Any]:
        """The next message of a kind."""
        end_s = time.monotonic() + WAIT_S
        while time.monotonic() < end_s:
            for told in self.told:
                if told["kind"] == kind:
                    self.told.remove(told)
                    return told
            self.next()
        raise AssertionError(f"no message '{kind}'")

    def hear_change(self, kind: str, key: str) -> Any:
        while True:
            changes = self.hear("changes")
            if key in changes.get(kind, {}):
                return changes[kind][key]


@pytest.fixture
def open_page(client: TestClient) -> Iterator[Callable[[], Page]]:
    with ExitStack() as stack:
        yield lambda: Page(stack.enter_context(client.websocket_connect("/play", headers=HOME)))
