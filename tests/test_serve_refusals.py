"""What plugins, projects and users do wrong is answered in a line, and the server goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.stand_in import ServerProcess, StandIn, until
from rtsynth.serve import client, state
from rtsynth.serve.protocol import VERSION, Kind, Reader, pack
from tests.serve_stand_in import (
    Come,
    at_start,
    come,
    common,
    common_server,
    meeting_folder,
    with_takes,
)

__all__ = ["come", "common", "common_server", "meeting_folder"]  # fixtures


@pytest.mark.parametrize(
    "data", [b"{", b'{"format": 9, "rtsynth": "9.9", "desk": {}}', b"\x00" * 99]
)
def test_a_state_that_is_none_is_refused_and_changes_nothing(come: Come, data: bytes) -> None:
    made = come(at_start("choir"))
    before = made.answer(made.ask())
    made.send(Kind.STATE_IN, data)
    assert made.answer(made.ask()) == before
    assert len(made.log()) == 1


def named(instrument: str) -> bytes:
    """A state that names an instrument, as damaged JSON may."""
    return b'{"format": 1, "desk": {}, "instrument": {"name": "%s"}}' % instrument.encode()


@pytest.mark.parametrize(
    "data",
    [
        named("\\ud800"), named("a\\u0000b"), named("~nobody-there/x.onnx"), named("x" * 5000),
        b'{"format": 1, "desk": {"parameters": {"gain": 1e999}}}',
        b'{"format": 1, "desk": {"channels": {"1": {"layers": [{"timbre": "\\ud800"}]}}}}',
        b'{"format": 1, "desk": {"tuning": ' + b"[" * 900 + b"]" * 900 + b"}}",
    ],
    ids=["half a character", "a zero", "a user", "long", "infinite", "half a timbre", "deep"],
)  # fmt: skip
def test_an_odd_state_is_named_in_a_line_and_the_instance_plays(come: Come, data: bytes) -> None:
    made = come(data)
    told = made.answer(made.ask())
    assert told["format"] == state.FORMAT
    assert len(made.log()) == 1
    assert "\n" not in made.log()[0]
    made.send(Kind.STATE_IN, json.dumps(told).encode())
    assert made.answer(made.ask()) == told
    until(lambda: made.render() is not None and made.ready(60))


def said_to(folder: Path, *pieces: bytes, file: int | None = None) -> list[tuple[int, str]]:
    """What the server answers before it hangs up."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(60.0)
        connection.connect(str(folder / "server.sock"))
        if file is not None:
            socket.send_fds(connection, [pieces[0]], [file])
            pieces = pieces[1:]
        for piece in pieces:
            connection.sendall(piece)
        reader, found = Reader(), []
        while piece := connection.recv(1 << 16):
            found += [(frame.kind, frame.payload.decode()) for frame in reader.feed(piece)]
    return found


def greeting(**changes: object) -> bytes:
    hello = {"version": VERSION, "pid": 1, "format": "CLAP", "host": "x"}
    return pack(Kind.HELLO, json.dumps({**hello, **changes}).encode())


def test_what_is_no_plugin_is_refused_in_a_line(
    common: ServerProcess, come: Come, tmp_path: Path
) -> None:
    file = os.open(tmp_path, os.O_RDONLY)
    memory = os.memfd_create("not a link")
    os.truncate(memory, 1 << 16)
    cases = [
        (said_to(common.folder, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "not rtsynth's protocol"),
        (said_to(common.folder, os.urandom(4000)), "not rtsynth's protocol"),
        (said_to(common.folder, pack(Kind.STATE, b"")), "not a greeting"),
        (said_to(common.folder, pack(Kind.HELLO, b"{")), "no greeting"),
        (said_to(common.folder, pack(Kind.HELLO, b"[]")), "no greeting"),
        (said_to(common.folder, greeting(pid="me")), "no greeting"),
        (said_to(common.folder, greeting(version=7)), "version 7"),
        (said_to(common.folder, greeting()), "no memory"),
        (said_to(common.folder, greeting(), file=file), "cannot be used"),
        (said_to(common.folder, greeting(), file=memory), "cannot be used"),
    ]
    os.close(file)
    os.close(memory)
    for found, why in cases:
        assert [kind for kind, _ in found] == [Kind.REFUSED], why
        assert why in found[0][1]
        assert "\n" not in found[0][1]
    with_takes(come())  # it lives


def test_a_plugin_that_talks_nonsense_is_let_go(come: Come) -> None:
    made = come()
    made.send(Kind.WELCOME, b"I am the server")
    until(lambda: client.instances() == [])
    until(lambda: any(frame.kind == Kind.REFUSED for frame in made.frames))  # it is told last


def test_a_plugin_that_cannot_be_greeted_is_told_and_does_not_keep_the_server(
    meeting_folder: Path,
) -> None:
    code = ("from rtsynth.serve import server;"
            "server.Server._welcome = lambda self: 1 / 0;"
            "server.Server(lambda line: print(line, flush=True), linger_s=0.2).run()")  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as process:
        until(lambda: (meeting_folder / "server.sock").exists())
        made = StandIn(meeting_folder)
        made.connect()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "a connection ended: ZeroDivisionError" in out
    refused = [frame.payload for frame in made.frames if frame.kind == Kind.REFUSED]
    assert refused == [b"ZeroDivisionError: division by zero"]


def test_a_home_that_cannot_be_written(meeting_folder: Path) -> None:
    nowhere = "/dev/null/home"
    server = ServerProcess(meeting_folder, HOME=nowhere, XDG_CONFIG_HOME=nowhere,
                           XDG_CACHE_HOME=nowhere, XDG_DATA_HOME=nowhere)  # fmt: skip
    server.start()
    made = with_takes(StandIn(meeting_folder).connect())
    assert made.answer(made.ask())["instrument"]["name"] == "bundled"
    server.signal(signal.SIGTERM)
    assert server.process is not None
    assert server.process.wait(30) == 0
    assert not [line for line in server.lines() if "Traceback" in line]


def test_a_second_server_says_that_one_runs(common: ServerProcess) -> None:
    again = subprocess.run(
        [sys.executable, "-m", "rtsynth", "serve"], capture_output=True, text=True, timeout=60,
        env={**os.environ, "RTSYNTH_RUNTIME_DIR": str(common.folder)}, check=False,
    )  # fmt: skip
    assert again.returncode == 1
    assert again.stderr == "rtsynth: a server for plugins runs already\n"
