"""MIDI inputs and outputs that are chosen while a player plays, on a real JACK server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rtmidi
from conftest import JackServer

from rtsynth import ports
from rtsynth.errors import RtsynthError
from rtsynth.midi import MidiInput
from rtsynth.player import Player, PlayerConfig

try:
    import jack
except OSError:  # the package is there, the library is not
    pytest.skip("libjack is not installed", allow_module_level=True)

WAIT_S = 30.0


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.01)
    return found


class Keyboard:
    """A MIDI output on JACK that others can connect to."""

    def __init__(self, name: str) -> None:
        self._out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
        self._out.open_virtual_port("keys")

    def send(self, *message: int) -> None:
        self._out.send_message(list(message))

    def unplug(self) -> None:
        self._out.delete()


@pytest.fixture
def organ(jack_server: JackServer) -> Iterator[Keyboard]:
    keyboard = Keyboard("organ")
    yield keyboard
    keyboard.unplug()


@pytest.fixture
def pads(jack_server: JackServer) -> Iterator[Keyboard]:
    keyboard = Keyboard("pads")
    yield keyboard
    keyboard.unplug()


class Listener:
    """Stands for Controls: keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def live(self, message: tuple[int, int, int], time_ns: int) -> bool:
        return self.at(message)

    def at(self, message: tuple[int, int, int], at_sample: int = -1) -> bool:
        self.heard.append(message)
        return True

    def sysex(self, data: bytes) -> bool:
        self.heard.append(data)
        return True


def test_several_inputs_play_at_once_and_one_that_goes_takes_only_its_notes(
    organ: Keyboard, pads: Keyboard
) -> None:
    lines: list[str] = []
    listener: Any = Listener()
    source = MidiInput(listener, ("organ", "pads"), lines.append)
    source.start()
    try:
        assert source.description == "organ:keys + pads:keys"
        organ.send(0x90, 60, 100)
        pads.send(0x91, 61, 100)
        assert until(lambda: {(0x90, 60, 100), (0x91, 61, 100)} <= set(listener.heard))
        pads.send(0xF0, 0x7E, 0x7F, 9, 1, 0xF7)
        assert until(lambda: b"\xf0\x7e\x7f\x09\x01\xf7" in listener.heard)
        organ.unplug()
        assert until(lambda: (0x80, 60, 0) in listener.heard)
        assert source.keyboards == ["pads:keys"]
        again = Keyboard("organ")
        assert until(lambda: any("organ:keys is back" in line for line in lines))
        again.send(0x90, 62, 100)
        assert until(lambda: (0x90, 62, 100) in listener.heard)
        again.unplug()
        assert until(lambda: (0x80, 62, 0) in listener.heard)
        assert (0x81, 61, 0) not in listener.heard
    finally:
        source.stop()
    assert (0x81, 61, 0) in listener.heard


def test_all_inputs_and_other_ones_from_now_on(organ: Keyboard, pads: Keyboard) -> None:
    listener: Any = Listener()
    source = MidiInput(listener, (ports.ALL,), lambda line: None)
    source.start()
    try:
        assert set(source.keyboards) == {"organ:keys", "pads:keys"}
        later = Keyboard("harp")
        assert until(lambda: len(source.keyboards) == 3)
        later.unplug()
        organ.send(0x90, 60, 100)
        assert until(lambda: (0x90, 60, 100) in listener.heard)
        source.choose(("pads",))
        assert until(lambda: source.keyboards == ["pads:keys"])
        assert (0x80, 60, 0) in listener.heard
        source.choose(())
        assert until(lambda: len(source.keyboards) == 1)
        assert set(source.names) == {"organ:keys", "pads:keys"}
    finally:
        source.stop()


def test_an_input_that_another_program_has_is_told_of_once_and_tried_again(
    organ: Keyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    listener: Any = Listener()
    really_open = ports.open_client
    is_taken = True

    class Taken:
        """A client that lists the port and cannot open it."""

        def __init__(self, client: Any) -> None:
            self._client = client

        def __getattr__(self, name: str) -> Any:
            return getattr(self._client, name)

        def open_port(self, number: int, name: str) -> None:
            if is_taken:
                raise rtmidi.SystemError("port is busy")
            self._client.open_port(number, name)

    def open_client(api: int, name: str = "") -> Any:
        client = really_open(api, name)
        return Taken(client) if client is not None else None

    monkeypatch.setattr(ports, "open_client", open_client)
    monkeypatch.setattr("rtsynth.midi.SCAN_S", 0.05)
    source = MidiInput(listener, ("organ",), lines.append)
    source.start()
    try:
        time.sleep(0.5)  # ten looks
        told = [line for line in lines if "a second rtsynth" in line]
        assert told == [
            "cannot open MIDI input organ:keys (port is busy): does another program have it, or a "
            "second rtsynth? It is tried again"
        ]
        is_taken = False
        assert until(lambda: source.keyboards == ["organ:keys"])
    finally:
        source.stop()


def test_a_player_changes_its_inputs_and_its_output(
    jack_server: JackServer, organ: Keyboard, pads: Keyboard, tiny: Path
) -> None:
    hall = jack.Client("hall", no_start_server=True)
    for name in ("in_1", "in_2"):
        hall.inports.register(name)
    hall.activate()
    config = PlayerConfig(instrument=str(tiny), backend="jack", devices=("organ",))
    try:
        with Player(config) as player:
            assert until(lambda: player.stats().midi == "organ:keys")
            assert set(player.inputs) == {"organ:keys", "pads:keys"}
            organ.send(0x90, 60, 100)
            assert until(lambda: player.stats().core.voices == 1)
            player.choose_inputs(("pads",))
            assert until(lambda: player.stats().midi == "pads:keys")
            assert until(lambda: player.stats().core.voices == 0)
            with pytest.raises(RtsynthError, match="no MIDI input 'flute'"):
                player.choose_inputs(("flute",))
            player.choose_inputs((ports.ALL,))
            assert until(lambda: player.stats().midi == "organ:keys + pads:keys")
            organ.send(0x90, 60, 100)
            pads.send(0x90, 64, 100)
            assert until(lambda: player.stats().core.notes == 3)
            assert set(player.output.outputs()) == {"hall:", "system:"}
            notes = player.stats().core.voices
            player.output.choose("hall:")
            assert until(lambda: "   rtsynth:out_1" in _below(jack_server, "hall:in_1"))
            assert until(lambda: _below(jack_server, "system:playback_1") == [])
            assert player.stats().core.voices == notes  # they sound on
            with pytest.raises(RtsynthError, match="no audio output 'attic' on JACK"):
                player.output.choose("attic")
    finally:
        hall.close()


def _below(server: JackServer, port: str) -> list[str]:
    """What is connected to a port."""
    lines = server.ports()
    begin = lines.index(port) + 1
    end = next((i for i in range(begin, len(lines)) if not lines[i].startswith(" ")), len(lines))
    return lines[begin:end]
