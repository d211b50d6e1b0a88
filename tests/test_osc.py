"""Remote control over UDP: what it sets, what it answers, and what nonsense does (nothing)."""

import contextlib
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from rtsynth import instrument, osc
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.desk import Desk
from rtsynth.errors import RtsynthError
from rtsynth.generator import Generator
from rtsynth.osc import LOOPBACK, OscServer, check_sizes, parse_target
from rtsynth.stage import presets
from rtsynth.stage.shelf import Shelf

WAIT_S = 30.0


class Steps:
    """Stands for a Changer."""

    current = "grand"

    def __init__(self) -> None:
        self.asked: list[str | int] = []

    def ask(self, name: str) -> None:
        self.asked.append(name)

    def step(self, by: int) -> None:
        self.asked.append(by)


class Remote:
    """A client with the server it talks to."""

    def __init__(self, tiny: Path) -> None:
        self.engine = Engine(48000.0)
        loaded = instrument.load(tiny)
        Generator(self.engine, loaded).prime(0)
        self.desk = Desk(Controls(self.engine, loaded.metadata))
        self.steps = Steps()
        self.asked = 0
        self.lines: list[str] = []
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.bind((LOOPBACK, 0))
        self.client.settimeout(WAIT_S)
        self.port = free_port()
        self.server = OscServer(str(self.port), self.desk, self.steps, self.lines.append)  # type: ignore[arg-type]

    def send(self, address: str, *values: Any) -> None:
        self.raw(message(address, *values))

    def raw(self, data: bytes) -> None:
        self.client.sendto(data, (LOOPBACK, self.port))

    def answer(self) -> tuple[str, list[Any]]:
        found = OscMessage(self.client.recv(65_535))
        return found.address, list(found.params)

    def settle(self) -> None:
        """Everything that was sent before is carried out."""
        self.asked = self.asked % 16 + 1
        address = f"/rtsynth/channel/{self.asked}/legato"
        self.client.settimeout(1.0)
        found = ""
        while found != address:  # answers to nonsense that made sense come before
            self.send(address)  # again where the system had no room for it
            with contextlib.suppress(TimeoutError):
                found = self.answer()[0]
        self.client.settimeout(WAIT_S)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def message(address: str, *values: Any) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


@pytest.fixture
def remote(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    monkeypatch.setattr(osc, "WAIT_S", 0.02)
    made = Remote(tiny)
    made.server.start()
    yield made
    made.server.stop()
    made.client.close()


def sounding(remote: Remote) -> int:
    for _ in range(2):  # voices are counted when a block begins
        remote.engine.render(np.zeros((2400, 2), np.float32))
    return remote.engine.stats().voices


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.005)
    return found


def test_parameters_are_set_and_asked_for(remote: Remote) -> None:
    remote.send("/rtsynth/reverb_time", 3.5)
    remote.send("/rtsynth/volume", 0.5)
    remote.send("/rtsynth/channel/3/pan", -1)
    remote.send("/rtsynth/channel/16/volume", 99.0)  # as far as it goes
    remote.settle()
    assert remote.desk.get("reverb_time") == 3.5
    assert remote.desk.get("volume", 0) == 0.5
    assert remote.desk.get("pan", 2) == -1.0
    assert remote.desk.get("volume", 15) == 1.0
    remote.send("/rtsynth/channel/3/pan")
    assert remote.answer() == ("/rtsynth/channel/3/pan", [-1.0])
    assert remote.lines == []


def test_timbres_are_set_and_asked_for(remote: Remote) -> None:
    remote.send("/rtsynth/channel/2/timbre", "bell")
    remote.send("/rtsynth/channel/2/timbre")
    assert remote.answer() == ("/rtsynth/channel/2/timbre", ["bell"])
    remote.send("/rtsynth/timbre")
    assert remote.answer() == ("/rtsynth/timbre", ["organ"])


def test_notes_and_panic(remote: Remote) -> None:
    remote.send("/rtsynth/note", 60, 100)
    remote.send("/rtsynth/channel/2/note", 64, 100)
    remote.settle()
    assert sounding(remote) == 2
    remote.send("/rtsynth/note", 60, 0)
    remote.settle()
    assert until(lambda: sounding(remote) == 1)
    remote.send("/rtsynth/panic")
    remote.settle()
    assert until(lambda: sounding(remote) == 0)


def test_what_is_held_when_it_ends_is_let_go(remote: Remote) -> None:
    remote.send("/rtsynth/note", 60, 100)
    remote.settle()
    assert sounding(remote) == 1
    remote.server.stop()
    assert until(lambda: sounding(remote) == 0)


def test_presets_are_stepped_and_named(
    remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shelf, "folder", lambda self: tmp_path)
    monkeypatch.setattr(presets.SHELF, "_bundled", None)
    presets.SHELF.save("one", {})
    presets.SHELF.save("two", {})
    remote.send("/rtsynth/preset", "grand piano")
    remote.send("/rtsynth/next")
    remote.send("/rtsynth/previous")
    remote.send("/rtsynth/preset")
    assert remote.answer() == ("/rtsynth/preset", ["grand"])
    assert remote.steps.asked == ["grand piano", 1, -1]
    remote.send("/rtsynth/presets")
    assert [remote.answer() for _ in range(2)] == [
        ("/rtsynth/presets", ["one"]), ("/rtsynth/presets", ["two"])]  # fmt: skip


def test_parameters_are_listed(remote: Remote) -> None:
    remote.send("/rtsynth/channel/2/pan", 0.5)
    remote.send("/rtsynth/channel/2/parameters")
    found = {}
    while "chorus_level" not in found:
        address, (name, *rest) = remote.answer()
        assert address == "/rtsynth/channel/2/parameters"
        found[name] = rest
    assert found["pan"] == [-1.0, 1.0, 0.5]


def test_a_bundle_is_carried_out_at_once(remote: Remote) -> None:
    builder = OscBundleBuilder(time.time() + 3600.0)
    builder.add_content(OscMessage(message("/rtsynth/reverb_time", 5.0)))
    inner = OscBundleBuilder(IMMEDIATELY)
    inner.add_content(OscMessage(message("/rtsynth/chorus_rate", 1.0)))
    builder.add_content(inner.build())
    remote.raw(builder.build().dgram)
    remote.settle()
    assert remote.desk.get("reverb_time") == 5.0
    assert remote.desk.get("chorus_rate") == 1.0


@pytest.mark.parametrize(
    ("address", "values", "complaint"),
    [
        ("/rtsynth/nonsense", [1.0], "no parameter 'nonsense'"),
        ("/rtsynth/channel/17/volume", [1.0], "no such address"),
        ("/rtsynth/channel/0/volume", [1.0], "no such address"),
        ("/volume", [1.0], "no such address"),
        ("/rtsynth/volume/loud", [1.0], "no such address"),
        ("/rtsynth/volume", ["loud"], "a number is due"),
        ("/rtsynth/volume", [1.0, 2.0], "a number is due"),
        ("/rtsynth/volume", [float("nan")], "a number is due"),
        ("/rtsynth/note", [60], "2 numbers are due"),
        ("/rtsynth/note", [128, 1], "no key 128 at velocity 1"),
        ("/rtsynth/note", [60, float("inf")], "2 numbers are due"),
        ("/rtsynth/timbre", ["tuba"], "no timbre named 'tuba'"),
        ("/rtsynth/timbre", [3], "a text is due"),
        ("/rtsynth/timbre", ["random:" + "9" * 5000], "timbre 'random:999"),
        ("/rtsynth/preset", [b"blob"], "a text is due"),
        ("/rtsynth/\x1b[2Jred", [1.0], "OSC: /rtsynth/?[2Jred: no parameter '?[2Jred'"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    remote: Remote, address: str, values: list[Any], complaint: str
) -> None:
    before = remote.desk.state()
    remote.send(address, *values)
    remote.settle()
    assert len(remote.lines) == 1
    assert complaint in remote.lines[0]
    assert remote.lines[0].isprintable()
    assert remote.desk.state() == before
    assert sounding(remote) == 0


BROKEN = [
    b"", b"\0", b"/", b"/rtsynth/volume\0", b"/rtsynth/volume\0,f\0\0", b"/a\0\0,[[[[i\0\0",
    b"/a\0\0,Z\0\0", b"#bundle\0", b"#bundle\0" + b"\0" * 8 + struct.pack(">i", -4),
    b"#bundle\0" + b"\0" * 8 + struct.pack(">i", 2**31 - 1) + b"/a", b"#bundle\0" * 300,
    b"#bundle\0\0\0\0\0\0\0\0\0\0\0\0\0" * 300,
]  # fmt: skip


def test_nonsense_is_passed_over_and_said_at_most_once_a_second(
    remote: Remote, capfd: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(7)
    start_s = time.monotonic()
    whole = message("/rtsynth/channel/2/volume", 0.25)
    for i in range(600):
        data = chance.choice(BROKEN) if i % 3 else bytearray(whole)
        if not i % 3:
            for _ in range(chance.randint(1, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        remote.raw(bytes(data) if i % 7 else chance.randbytes(chance.randint(0, 500)))
        if not i % 50:
            remote.settle()
    remote.settle()
    most = 1 + int(time.monotonic() - start_s)
    assert 1 <= len(remote.lines) <= most
    assert capfd.readouterr() == ("", "")
    remote.send("/rtsynth/reverb_time", 2.5)
    remote.settle()
    assert remote.desk.get("reverb_time") == 2.5


def deep(levels: int) -> bytes:
    data = message("/rtsynth/reverb_time", 1.0)
    for _ in range(levels):
        data = b"#bundle\0" + b"\0" * 8 + struct.pack(">i", len(data)) + data
    return data


def test_bundles_that_would_never_end_are_refused() -> None:
    check_sizes(deep(4))
    for data in (*BROKEN[8:11], deep(5), deep(3000)):
        with pytest.raises(ValueError, match="bundle"):
            check_sizes(data)


def test_where_it_listens() -> None:
    assert parse_target("9000") == ("127.0.0.1", 9000)
    assert parse_target("0.0.0.0:9000") == ("0.0.0.0", 9000)
    assert parse_target("[::1]:9000") == ("::1", 9000)
    for text in ("", "loud", "0", "65536", "-1", "host:", "9000:host", "٩"):
        with pytest.raises(RtsynthError, match="is no place for OSC"):
            parse_target(text)


def test_two_copies_on_one_port(remote: Remote) -> None:
    with pytest.raises(RtsynthError, match=f"cannot hear OSC on 127.0.0.1, port {remote.port}: "):
        OscServer(str(remote.port), remote.desk, remote.steps, print)  # type: ignore[arg-type]
    with pytest.raises(RtsynthError, match=r"cannot hear OSC on nowhere.invalid"):
        OscServer("nowhere.invalid:9000", remote.desk, remote.steps, print)  # type: ignore[arg-type]


def test_what_fails_is_said_and_the_thread_goes_on(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> list[Any]:
        raise PermissionError("Permission denied")

    monkeypatch.setattr(presets.SHELF, "entries", unreadable)
    remote.send("/rtsynth/presets")
    remote.settle()
    assert remote.lines == ["OSC: /rtsynth/presets: Permission denied"]
