"""A page of a player goes to an instance of the plugin: it shows it, plays it, and comes back."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from benchmarks.stand_in import ServerProcess, StandIn, until
from rtsynth.cli import main
from rtsynth.serve.client import instances
from rtsynth.serve.protocol import Kind
from rtsynth.ui.room import PlayerRoom
from tests.serve_stand_in import Come, come, common, common_server, meeting_folder
from tests.ui_pages import HOME, Page, client, player, room

__all__ = ["client", "come", "common", "common_server", "meeting_folder", "player", "room"]


def number() -> int:
    """Of the instance that came last."""
    return int(until(instances)[-1]["number"])


def place() -> str:
    """Where a page goes to play it."""
    return f"/play?plugin={number()}"


def desks(made: StandIn) -> list[dict[str, Any]]:
    """The desk in each state that was told."""
    return [json.loads(frame.payload)["desk"] for frame in made.frames if frame.kind == Kind.STATE]


def timbre_of(desk: dict[str, Any]) -> str:
    """The first channel's; none where it plays what it did at the start."""
    layers = desk.get("channels", {}).get("1", {}).get("layers", [{}])
    return str(layers[0].get("timbre", ""))


def sent_away(client: TestClient, number: str) -> str:
    """Why a page may not go there."""
    with (
        client.websocket_connect(f"/play?plugin={number}", headers=HOME) as socket,
        pytest.raises(WebSocketDisconnect) as gone,
    ):
        socket.receive_json()
    return str(gone.value.reason)


def test_a_page_plays_an_instance(client: TestClient, come: Come) -> None:
    made = come()
    with client.websocket_connect(place(), headers=HOME) as socket:
        page = Page(socket)
        assert page.hello["figures"]["plugin"] == number()
        assert page.hello["figures"]["audio"] == "CLAP in a test"
        assert [each["title"] for each in page.hello["figures"]["plugins"]] == ["CLAP in a test"]
        page.ask(do="set", name="reverb_time", value=7.5, channel=0)
        page.ask(do="timbre", text="choir", channel=0)
        until(lambda: [desk for desk in desks(made)
                       if desk.get("parameters", {}).get("reverb_time") == 7.5
                       and timbre_of(desk) == "choir"])  # fmt: skip
        page.ask(do="note", key=60, velocity=100, channel=0)
        until(lambda: made.render() is not None and made.engine.stats().voices == 1)
        page.ask(do="note", key=60, velocity=0, channel=0)
        until(lambda: made.render() is not None and made.engine.stats().voices == 0)
        assert len(page.next()) > 100


def test_notes_of_a_page_that_goes_are_let_go(client: TestClient, come: Come) -> None:
    made = come()
    with client.websocket_connect(place(), headers=HOME) as socket:
        Page(socket).ask(do="note", key=60, velocity=100, channel=0)
        until(lambda: made.render() is not None and made.engine.stats().voices == 1)
    until(lambda: made.render() is not None and made.engine.stats().voices == 0)


def test_what_the_host_does_is_refused_in_words(client: TestClient, come: Come) -> None:
    come()
    with client.websocket_connect(place(), headers=HOME) as socket:
        page = Page(socket)
        page.ask(do="record", on=True)
        page.ask(do="output", name="x")
        page.ask(do="inputs", names=[])

        def refused() -> bool:
            page.next()
            texts = [each["text"] for each in page.told if each["kind"] == "refused"]
            return len([text for text in texts if "host" in text]) == 3

        until(refused)


def test_a_page_is_sent_away_when_its_instance_goes(client: TestClient, come: Come) -> None:
    made = come()
    with client.websocket_connect(place(), headers=HOME) as socket:
        page = Page(socket)
        made.disconnect()
        assert page.closed().reason == "CLAP in a test went"


@pytest.mark.parametrize("number", ["0", "7", "x", "-1", "99999999999", "%F0"])
def test_an_instance_that_is_not_there(
    client: TestClient, common: ServerProcess, number: str
) -> None:
    assert "there is no plugin instance" in sent_away(client, number)


def test_without_a_server_there_is_no_instance(client: TestClient, meeting_folder: Path) -> None:
    assert "there is no plugin instance" in sent_away(client, "1")


def test_the_players_page_lists_instances(room: PlayerRoom, come: Come) -> None:
    come()
    until(lambda: [each["title"] for each in room.plugins()["plugins"]] == ["CLAP in a test"])
    assert room.plugins()["plugin"] == 0


def test_the_command_lists_instances(come: Come) -> None:
    until(lambda: CliRunner().invoke(main, ["plugins"]).output == "no plugin runs\n")
    made = come()
    said = CliRunner().invoke(main, ["plugins"]).output
    assert f"{number():3d}  CLAP in a test" in said
    assert "its host lets it sleep" in said  # it has asked for no block

    def awake() -> bool:
        made.render()
        return ", 0 voices " in CliRunner().invoke(main, ["plugins"]).output

    until(awake)
