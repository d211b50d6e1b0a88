"""What nonsense and floods do to a page's connection, and what pages are told."""

import json
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from ui_pages import HOME, Page, until

from rtsynth.player import Player
from rtsynth.ui.app import MOST_PAGES
from rtsynth.ui.room import PlayerRoom
from rtsynth.ui.session import AHEAD, MOST_CHARACTERS

pytest_plugins = ["ui_pages"]


NONSENSE = [
    "", "{", "[]", "null", "1", '"note"', "{}", '{"do":1}', '{"do":"fly"}', "[" * 20_000,
    '{"do":"set","name":"volume","value":NaN,"channel":0}',
    '{"do":"set","name":"volume","value":Infinity,"channel":0}',
    '{"do":"set","name":"volume","value":1e999,"channel":0}',
    '{"do":"set","name":"volume","value":' + "9" * 5000 + ',"channel":0}',
    '{"do":"set","name":"volume","value":"loud","channel":0}',
    '{"do":"set","name":"no such thing","value":1,"channel":0}',
    '{"do":"set","name":{},"value":1,"channel":0}',
    '{"do":"set","name":"volume","value":1,"channel":16}',
    '{"do":"note","channel":0,"key":128,"velocity":1}',
    '{"do":"note","channel":0,"key":60.5,"velocity":1}',
    '{"do":"note","channel":0,"key":60,"velocity":true}',
    '{"do":"note","channel":-1,"key":60,"velocity":1}',
    '{"do":"timbre","channel":0,"text":"no such timbre"}',
    '{"do":"timbre","channel":0,"text":"organ:nan"}',
    '{"do":"timbre","channel":0,"text":"' + "x" * 1000 + '"}',
    '{"do":"timbre","channel":0,"text":"\\u0000"}',
    '{"do":"morph","channel":0,"x":"left","y":0}',
    '{"do":"seen","frames":1000000}', '{"do":"seen","frames":-1}', '{"do":"seen"}',
    " " * (MOST_CHARACTERS + 1),
]  # fmt: skip


def test_nonsense_is_refused_in_words_and_the_page_plays_on(
    open_page: Callable[[], Page], player: Player
) -> None:
    page = open_page()
    for text in NONSENSE:
        page._socket.send_text(text)
        refused = page.hear("refused")["text"]
        assert "\n" not in refused
        assert 0 < len(refused) < 2000, text
        assert "Error" not in refused, text
    page._socket.send_bytes(b"\xff\x00")
    assert "text, not bytes" in page.hear("refused")["text"]
    notes = player.stats().core.notes
    page.ask(do="note", channel=0, key=60, velocity=90)
    assert until(lambda: player.stats().core.notes == notes + 1)


def test_who_sends_nothing_but_nonsense_is_shown_the_door(open_page: Callable[[], Page]) -> None:
    page = open_page()
    for _ in range(200):
        page._socket.send_text("[]")
    closed = page.closed()
    assert closed.code == 1008
    assert "mean nothing" in closed.reason


def test_a_flood_ends_the_connection_and_its_notes_and_nothing_else(
    open_page: Callable[[], Page], player: Player
) -> None:
    flooding, other = open_page(), open_page()
    flooding.ask(do="note", channel=3, key=60, velocity=100)
    assert until(lambda: player.stats().core.voices > 0)
    for _ in range(6000):
        flooding.ask(do="set", name="pan", value=0.5, channel=3)
    closed = flooding.closed()
    assert closed.code == 1008
    assert "too many messages" in closed.reason
    other.ask(do="set", name="pan", value=-0.5, channel=5)
    assert other.hear_change("values", "pan 5") == pytest.approx(-0.5, abs=0.02)


def test_no_more_pages_than_there_is_room_for(open_page: Callable[[], Page]) -> None:
    pages = [open_page() for _ in range(MOST_PAGES)]
    with pytest.raises((WebSocketDisconnect, KeyError)):
        open_page()
    assert pages[0].next()


def test_a_page_that_goes_lets_go_of_its_keys(client: TestClient, room: PlayerRoom) -> None:
    with client.websocket_connect("/play", headers=HOME) as socket:
        page = Page(socket)
        page.ask(do="note", channel=2, key=64, velocity=100)
        assert until(lambda: any(room.lit.bits()))
    assert until(lambda: not any(room.lit.bits()))


def test_a_new_page_knows_everything_that_was_set_before(open_page: Callable[[], Page]) -> None:
    first = open_page()
    first.ask(do="set", name="reverb_send", value=0.5, channel=1)
    first.ask(do="timbre", channel=1, text="bell")
    assert first.hear_change("now", "1")["text"] == "bell"
    hello = open_page().hello
    assert hello["values"]["reverb_send 1"] == pytest.approx(0.5, abs=0.01)
    assert hello["now"]["1"]["text"] == "bell"
    assert {each["name"] for each in hello["timbres"]} == {"organ", "bell"}


def test_pages_agree(open_page: Callable[[], Page]) -> None:
    one, other = open_page(), open_page()
    one.ask(do="morph", channel=4, x=0.4, y=0.45)
    seen = [page.hear_change("now", "4") for page in (one, other)]
    assert seen[0] == seen[1]
    assert (seen[0]["x"], seen[0]["y"]) == (0.4, 0.45)
    assert sum(seen[0]["shares"].values()) == pytest.approx(1.0)


def test_a_page_that_does_not_answer_is_sent_no_more_than_a_few_frames(
    client: TestClient,
) -> None:
    with (
        client.websocket_connect("/play", headers=HOME) as slow,
        client.websocket_connect("/play", headers=HOME) as quick,
    ):
        page = Page(quick)
        slow.receive_json()
        for _ in range(5 * AHEAD):
            page.next()
        page.ask(do="set", name="pan", value=0.1, channel=0)
        page.hear_change("values", "pan 0")
        frames = 0
        slow.send_text(json.dumps({"do": "fly"}))  # its refusal is not held up by frames
        while (message := slow.receive()).get("text") is None or "refused" not in message["text"]:
            frames += message.get("bytes") is not None
        assert frames == AHEAD
