"""Python keeps up with what a JACK client played; the client is a fake."""

import threading
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from rtsynth import jack_client
from rtsynth.heard import HeardFollower
from rtsynth.jack_client import JackStream
from rtsynth.jack_follower import Follower
from rtsynth.messages import CHANNELS

WAIT_S = 30.0


class Process:
    """Stands for JackProcess."""

    def __init__(self) -> None:
        self.alive = True
        self.closed = False
        self.port_changes = 0
        self.ports_gone = 0
        self.unheard = 0
        self.hangs: threading.Event | None = None
        self.rows: list[tuple[bytes, int, int, int]] = []
        self.slots: dict[int, list[int]] = {}

    def heard(self, limit: int, wait_ms: float) -> list[tuple[bytes, int, int, int]]:
        time.sleep(1e-3)
        if self.hangs is not None:
            self.hangs.wait()
        rows, self.rows = self.rows[:limit], self.rows[limit:]
        return rows

    def set_slots(self, channel: int, slots: list[int]) -> None:
        self.slots[channel] = slots

    def close(self) -> None:
        self.closed = True


class Controls:
    """Stands for Controls."""

    def __init__(self) -> None:
        self.version = 0
        self.followed: list[Any] = []
        self.sent: list[tuple[int, int, int]] = []

    def follow(
        self, message: tuple[int, int, int], slot: int, change: int, sample: int, ahead: bool
    ) -> None:
        self.followed.append((message, slot, change, sample))

    def sysex(self, data: bytes) -> bool:
        self.followed.append(data)
        return True

    def program_slots(self, channel: int) -> list[int]:
        return [self.version] * 128

    def at(self, message: tuple[int, int, int]) -> bool:
        self.sent.append(message)
        return True


class Wires:
    """Stands for Wires."""

    unmade = False

    def __init__(self) -> None:
        self.looks = 0
        self.came: set[str] = set()
        self.went: set[str] = set()
        self.shared: set[str] = set()
        self.let_go: set[str] = set()
        self.fails = False

    def look(self, gone: int, now_s: float) -> tuple[set[str], set[str]]:
        self.looks += 1
        if self.fails:
            self.fails = False
            raise RuntimeError("a port went")
        return self.came, self.went


class Case:
    def __init__(self) -> None:
        self.process, self.controls, self.wires = Process(), Controls(), Wires()
        self.lines: list[str] = []
        source, controls = cast(Any, self.process), cast(Any, self.controls)
        parts: Any = (self.process, HeardFollower(source, controls), self.wires)
        self.follower = Follower(*parts, lambda: 128, self.lines.append)

    def __enter__(self) -> "Case":
        self.follower.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.follower.stop(WAIT_S)
        self.follower.release()

    def stream(self, client: Any) -> JackStream:
        """A stream of the client that is followed."""
        stream = JackStream.__new__(JackStream)
        stream._client, stream._follower = client, self.follower
        stream._process, stream._engine = self.process, self  # type: ignore[assignment]
        stream._open = threading.Lock()
        return stream


class Client:
    """A client that plays on until it is closed."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.closed = False

    def close(self) -> None:
        self._process.rows += [(bytes((0x90, 60 + i % 40, 100)), 0, -1, 0) for i in range(600)]
        self.closed = self._process.closed  # or a period may still wait, or play


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.005)
    return found


def test_slots_and_connections_are_there_before_the_first_message() -> None:
    with Case() as case:
        assert sorted(case.process.slots) == list(range(CHANNELS))
        assert case.wires.looks == 1
        assert case.follower.latency_samples == 128


def test_messages_are_followed_in_order_and_slots_told_anew_when_they_change() -> None:
    rows = [(b"\xc0\x09", 5, 3, 1), (b"\x90\x3c\x64", 7, -1, 0)]
    with Case() as case:
        case.process.rows = list(rows)
        assert until(lambda: len(case.controls.followed) == 2)
        assert case.controls.followed == [((0xC0, 9, 0), 3, 1, 5), ((0x90, 60, 100), -1, 0, 7)]
        case.controls.version = 5
        assert until(lambda: case.process.slots[15] == [5] * 128)
    assert case.controls.sent == [(0x80, 60, 0)]  # let go of at the end


def test_system_exclusive_is_put_together_and_keeps_its_place() -> None:
    rows = [
        (b"\xf0\x7e\x7f", 0, -1, 0), (b"\xe0\x00\x40", 1, -1, 0), (b"\xf0\x7e\x7f", 1, -1, 0),
        (b"\x09", 2, -1, 0), (b"\x01\xf7", 2, -1, 0), (b"\xd0\x32", 2, -1, 0),
    ]  # fmt: skip
    with Case() as case:
        case.process.rows = list(rows)
        assert until(lambda: len(case.controls.followed) == 3)
    assert case.controls.followed == [
        ((0xE0, 0, 0x40), -1, 0, 1), b"\xf0\x7e\x7f\x09\x01\xf7", ((0xD0, 50, 0), -1, 0, 2),
    ]  # fmt: skip


def test_notes_are_let_go_when_a_source_goes_or_messages_were_lost() -> None:
    with Case() as case:
        for key, lose in ((60, "source"), (62, "messages")):
            case.process.rows = [(bytes((0x90, key, 100)), 0, -1, 0)]
            assert until(lambda: case.process.rows == [])
            if lose == "source":
                case.wires.went = {"keys"}
                case.process.port_changes += 1
            else:
                case.process.unheard += 1
            assert until(lambda: case.controls.sent[-1:] == [(0x80, key, 0)])  # noqa: B023
            case.wires.went = set()
    assert "MIDI input keys went away: its notes are released, waiting for it" in case.lines


def test_a_source_that_another_was_chosen_for_goes_without_a_word_but_lets_its_notes_go() -> None:
    with Case() as case:
        case.process.rows = [(bytes((0x90, 60, 100)), 0, -1, 0)]
        assert until(lambda: case.process.rows == [])
        case.wires.went = case.wires.let_go = {"keys"}
        case.process.port_changes += 1
        assert until(lambda: case.controls.sent == [(0x80, 60, 0)])
    assert case.lines == []


def test_another_rtsynth_on_the_same_source_is_told_of_once() -> None:
    with Case() as case:
        case.wires.shared = {"keys"}
        for _ in range(2):
            looks = case.wires.looks
            case.process.port_changes += 1
            assert until(lambda: case.wires.looks > looks)  # noqa: B023
    assert case.lines == ["another rtsynth plays from keys, too: both will sound"]


def test_ports_are_looked_at_once_more_when_they_have_settled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rtsynth.jack_follower.SETTLED_S", 0.05)
    with Case() as case:
        assert until(lambda: case.wires.looks == 2)
        case.process.port_changes += 1
        assert until(lambda: case.wires.looks == 4)
        time.sleep(0.3)
        assert case.wires.looks == 4


def test_an_error_is_told_and_the_thread_goes_on() -> None:
    with Case() as case:
        case.wires.fails = True
        case.process.port_changes += 1
        assert until(lambda: case.lines == ["JACK: a port went"])
        case.process.rows = [(bytes((0x90, 60, 100)), 0, -1, 0)]
        assert until(lambda: len(case.controls.followed) == 1)


def test_a_port_that_goes_before_the_first_look_is_looked_at_again() -> None:
    case = Case()
    case.wires.fails = True
    with case:
        assert until(lambda: case.wires.looks == 2)
    assert case.lines == []


def test_what_is_played_until_the_client_is_closed_is_let_go() -> None:
    case = Case()
    case.follower.start()
    client = Client(case.process)
    case.stream(client).close()
    assert client.closed
    assert len(case.controls.followed) == 600
    assert case.controls.sent == [(0x80, key, 0) for key in range(60, 100)]


def test_a_thread_that_hangs_in_jack_keeps_its_client_open(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[Any] = []
    monkeypatch.setattr(jack_client, "_left", left)
    monkeypatch.setattr(jack_client, "CLOSE_S", 0.01)
    case = Case()
    case.process.hangs = threading.Event()
    case.follower.start()
    client = Client(case.process)
    case.stream(client).close()
    try:
        assert not client.closed
        assert case.process.closed
        assert left == [client, case.process, case, case.follower]
    finally:
        case.process.hangs.set()
