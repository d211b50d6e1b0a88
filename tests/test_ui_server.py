"""The page's server on a port of its own."""

import http.client
import socket

import pytest
from ui_pages import WAIT_S

from rtsynth.errors import RtsynthError
from rtsynth.ui.room import PlayerRoom
from rtsynth.ui.server import Server

pytest_plugins = ["ui_pages"]


def test_the_server_answers_on_its_port_and_says_goodbye(room: PlayerRoom) -> None:
    with Server(room, port=0) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT_S)
        connection.request("GET", "/")
        assert b"<title>rtsynth</title>" in connection.getresponse().read()
        connection.putrequest("GET", "/../../../../etc/passwd", skip_host=True)
        connection.putheader("Host", f"127.0.0.1:{server.port}")
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404
        connection.close()
        port = server.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5.0)


def test_bytes_that_are_no_request_harm_nobody(room: PlayerRoom) -> None:
    with Server(room, port=0) as server:
        for garbage in (b"\x00" * 70_000, b"GET /" + b"x" * 70_000, b"\r\n\r\n", b"\xff\xfe"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as raw:
                raw.sendall(garbage)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT_S)
        connection.request("GET", "/icon.svg")
        assert connection.getresponse().status == 200
        connection.close()


def test_a_port_that_is_taken_is_named(room: PlayerRoom) -> None:
    first = Server(room, port=0)
    with pytest.raises(RtsynthError, match=rf"port {first.port} .*choose --ui-port"):
        Server(room, port=first.port)
    first.stop()


def test_two_without_a_port_get_one_each(room: PlayerRoom) -> None:
    first, second = Server(room), Server(room)
    assert first.port != second.port
    first.stop()
    second.stop()


def test_an_address_of_another_machine_is_refused(room: PlayerRoom) -> None:
    with pytest.raises(RtsynthError, match=r"203\.0\.113\.1"):
        Server(room, host="203.0.113.1")


def test_only_elsewhere_the_address_has_a_token(room: PlayerRoom) -> None:
    here, wide = Server(room, port=0), Server(room, host="0.0.0.0", port=0)
    assert here.url == f"http://127.0.0.1:{here.port}/"
    assert wide.token is not None
    assert wide.url == f"http://127.0.0.1:{wide.port}/?token={wide.token}"
    here.stop()
    wide.stop()
