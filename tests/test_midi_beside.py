"""Keyboards beside JACK: heard where JACK has none, and never twice. The other API is a fake."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rtmidi
from conftest import JackServer

from rtsynth import devices, ports
from rtsynth.errors import RtsynthError
from rtsynth.midi import MidiInput
from rtsynth.player import Player, PlayerConfig

WAIT_S = 30.0
ALSA = rtmidi.API_LINUX_ALSA


class Alsa:
    """An API with inputs that can be played; in RtMidi's place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
        self.names = list(names)
        self.open: list[str] = []
        self.messages: list[tuple[list[int], float]] = []
        monkeypatch.setattr(ports, "choose_api", self._choose)
        monkeypatch.setattr(ports, "open_client", lambda api, name="": AlsaClient(self))

    def _choose(self, *but: int) -> int:
        assert but == (rtmidi.API_UNIX_JACK,)
        return ALSA


class AlsaClient:
    """An RtMidi input on it."""

    def __init__(self, alsa: Alsa) -> None:
        self._alsa = alsa
        self._name = ""

    def get_ports(self) -> list[str]:
        return list(self._alsa.names)

    def open_port(self, number: int, _: str) -> None:
        self._name = self._alsa.names[number]
        self._alsa.open.append(self._name)

    def open_virtual_port(self, _: str) -> None:
        return

    def get_message(self) -> tuple[list[int], float] | None:
        return self._alsa.messages.pop(0) if self._name and self._alsa.messages else None

    def delete(self) -> None:
        if self._name:
            self._alsa.open.remove(self._name)


class Listener:
    """Stands for Controls: keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int, int]] = []

    def live(self, message: tuple[int, int, int], time_ns: int) -> bool:
        return self.at(message)

    def at(self, message: tuple[int, int, int], at_sample: int = -1) -> bool:
        self.heard.append(message)
        return True

    def sysex(self, data: bytes, at_sample: int = -1) -> bool:
        return True


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.01)
    return found


def test_a_keyboard_is_let_go_of_when_the_device_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    alsa = Alsa(monkeypatch, "Midi Through 14:0", "USB MIDI 20:0")
    device_has_one = False
    listener: Any = Listener()
    source = MidiInput(listener, (), lambda line: None, lambda name: device_has_one)
    source.start()
    try:
        assert until(lambda: alsa.open == ["USB MIDI 20:0"])
        alsa.messages.append(([0x90, 60, 100], 0.0))
        assert until(lambda: listener.heard == [(0x90, 60, 100)])
        device_has_one = True
        assert until(lambda: alsa.open == [])
        assert listener.heard[-1] == (0x80, 60, 0)
        device_has_one = False
        assert until(lambda: alsa.open == ["USB MIDI 20:0"])
    finally:
        source.stop()


def start(tiny: Path, **options: Any) -> Player:
    return Player(PlayerConfig(instrument=str(tiny), backend="jack", **options))


class Keyboard:
    """A MIDI source on JACK with a physical port, as a bridge makes them."""

    def __init__(self) -> None:
        import jack

        self._client = jack.Client("bridge", no_start_server=True)
        self._client.midi_outports.register("USB MIDI", is_physical=True)
        self._client.activate()

    def unplug(self) -> None:
        self._client.deactivate()
        self._client.close()


def test_a_keyboard_that_jack_does_not_show_is_heard(
    jack_server: JackServer, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alsa = Alsa(monkeypatch, "USB MIDI 20:0")
    with start(tiny) as player:
        assert until(lambda: alsa.open == ["USB MIDI 20:0"])
        assert "USB MIDI 20:0" in player.stats().midi
        alsa.messages.append(([0x90, 60, 100], 0.0))
        assert until(lambda: player.stats().core.notes == 1)
        bridge = Keyboard()  # shows the same one on JACK
        try:
            assert until(lambda: player.stats().midi == "bridge:USB MIDI")
            assert until(lambda: alsa.open == [])
        finally:
            bridge.unplug()
        assert until(lambda: alsa.open == ["USB MIDI 20:0"])


@pytest.mark.parametrize(
    ("device", "midi"),
    [("organ", "organ pedals 24:0"), ("3", "organ pedals 24:0"), ("usb", "bridge:USB MIDI"),
     ("1", "bridge:USB MIDI")],
)  # fmt: skip
def test_a_device_that_is_named_is_found_on_either(
    jack_server: JackServer, tiny: Path, monkeypatch: pytest.MonkeyPatch, device: str, midi: str
) -> None:
    alsa = Alsa(monkeypatch, "USB MIDI 20:0", "organ pedals 24:0")
    bridge = Keyboard()
    try:
        with start(tiny, devices=(device,)) as player:
            assert until(lambda: midi in player.stats().midi)
            time.sleep(0.1)
            assert alsa.open == ([midi] if midi in alsa.names else [])
            assert ("bridge" in player.stats().midi) == ("bridge" in midi)
    finally:
        bridge.unplug()


def test_one_that_is_on_neither_is_told_with_what_there_is(
    jack_server: JackServer, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Alsa(monkeypatch, "USB MIDI 20:0")
    bridge = Keyboard()
    try:
        there = r"no MIDI input 'flute': there is 1 bridge:USB MIDI; 2 USB MIDI 20:0"
        with pytest.raises(RtsynthError, match=there):
            start(tiny, devices=("flute",))
    finally:
        bridge.unplug()


def test_no_connect_opens_no_keyboard(
    jack_server: JackServer, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alsa = Alsa(monkeypatch, "USB MIDI 20:0")
    with start(tiny, connect=False) as player:
        assert player.output.has_input()
        time.sleep(0.2)
        assert alsa.open == []


def test_devices_lists_both_with_numbers_that_go_on(
    jack_server: JackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    Alsa(monkeypatch, "USB MIDI 20:0")
    monkeypatch.setattr(devices, "_outputs", lambda jack_there: ())  # PortAudio stays out of it
    lines = list(devices.listing())
    assert any("1  USB MIDI 20:0  (default)" in line for line in lines)
    bridge = Keyboard()
    try:
        lines = list(devices.listing())
    finally:
        bridge.unplug()
    assert "    1  bridge:USB MIDI  (default)" in lines
    assert "  2  USB MIDI 20:0" in lines
