"""Choosing an output, and a stream on a real JACK server that may die."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import JackServer

from rtsynth import audio, instrument
from rtsynth._core import Engine
from rtsynth.audio import Output
from rtsynth.backend import OutputConfig
from rtsynth.backends import PORTAUDIO, PortAudio
from rtsynth.errors import RtsynthError
from rtsynth.generator import Generator
from rtsynth.output import AudioOutput

WAIT_S = 30.0
NOBODY: Any = None  # PortAudio has no MIDI that anybody could follow
OUTPUTS = [
    Output(0, "HDMI", "ALSA", 8, 48000.0, 0.01),
    Output(3, "USB Audio", "ALSA", 2, 44100.0, 0.01),
    Output(4, "USB Audio 2", "ALSA", 2, 44100.0, 0.01),
]


def portaudio(
    audio: str | None = None, rate_hz: float | None = None, block: int | None = None
) -> OutputConfig:
    return OutputConfig(PORTAUDIO, audio, rate_hz, block)


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.02)
    return found


def blocks_arrive(engine: Engine) -> bool:
    before = engine.stats().callbacks
    return until(lambda: engine.stats().callbacks > before + 100)


def test_outputs_are_found_by_number_and_part_of_the_name() -> None:
    assert audio.find_output(OUTPUTS, "1").name == "HDMI"
    assert audio.find_output(OUTPUTS, "usb audio").index == 3
    assert audio.find_output(OUTPUTS, "audio 2").index == 4
    with pytest.raises(RtsynthError, match=r"no audio output 'tape'.*1 HDMI \(ALSA\); 2 USB"):
        audio.find_output(OUTPUTS, "tape")


def test_without_a_device_the_null_device_keeps_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audio, "list_outputs", list)
    monkeypatch.setattr(audio, "default_output", lambda: None)
    lines: list[str] = []
    output = AudioOutput(portaudio(block=128), lines.append)
    engine = Engine(output.rate_hz)
    output.start(engine, NOBODY)
    try:
        assert len(lines) == 1
        assert "no audio output" in lines[0]
        assert blocks_arrive(engine)
        assert engine.stats().block_samples == 128
        assert "null device" in output.description
    finally:
        output.stop()
    with pytest.raises(RtsynthError, match="none at all"):
        AudioOutput(portaudio("speakers"), lines.append)


def test_jack_is_preferred_where_it_is_left_to_portaudio(
    jack_server: JackServer, tiny: Path
) -> None:
    output = AudioOutput(portaudio(), print)
    assert output.rate_hz == 48000.0
    engine = Engine(output.rate_hz)
    Generator(engine, instrument.load(tiny)).prime(0)
    output.start(engine, NOBODY)
    try:
        assert "JACK" in output.description
        assert blocks_arrive(engine)
        assert engine.stats().block_samples == 64
        assert output.latency_s > 0.0
        assert "rtsynth-audio:out_0" in jack_server.ports()
    finally:
        output.stop()


@pytest.mark.parametrize("block", [32, 100, 256])
def test_other_blocks_than_the_server_s(jack_server: JackServer, block: int) -> None:
    output = AudioOutput(portaudio(block=block), print)
    engine = Engine(output.rate_hz)
    output.start(engine, NOBODY)
    try:
        assert blocks_arrive(engine)
        assert engine.stats().block_samples == block
    finally:
        output.stop()


def test_a_rate_that_the_device_refuses(jack_server: JackServer) -> None:
    output = AudioOutput(portaudio("system", 44100.0), print)
    with pytest.raises(RtsynthError, match="does not play at 44100 Hz: it takes --rate 48000"):
        output.start(Engine(output.rate_hz), NOBODY)
    output.stop()


def test_a_device_that_comes_later_is_taken(
    jack_server: JackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    jack_server.stop()
    monkeypatch.setattr(PortAudio, "retry_s", 0.2)
    lines: list[str] = []
    output = AudioOutput(portaudio(), lines.append)
    engine = Engine(output.rate_hz)
    output.start(engine, NOBODY)
    try:
        assert blocks_arrive(engine)
        jack_server.start()
        assert until(lambda: "JACK" in output.description)
        assert blocks_arrive(engine)
    finally:
        output.stop()
    assert lines[1] == "system (JACK) is there: playing"


@pytest.fixture
def hall(jack_server: JackServer) -> Iterator[Any]:
    """Another client that takes sound; PortAudio lists it as a device."""
    jack = pytest.importorskip("jack")
    client = jack.Client("hall", no_start_server=True)
    for name in ("in_1", "in_2"):
        client.inports.register(name)
    client.activate()
    yield client
    client.deactivate()
    client.close()


def test_another_device_is_chosen_while_it_plays(
    jack_server: JackServer, request: pytest.FixtureRequest
) -> None:
    output = AudioOutput(portaudio("system"), print)
    engine = Engine(output.rate_hz)
    output.start(engine, NOBODY)
    try:
        request.getfixturevalue("hall")  # plugged in since
        assert "hall (JACK)" in output.outputs()
        output.choose("hall")
        assert output.description == "hall (JACK)"
        assert blocks_arrive(engine)
        assert "   hall:in_1" in jack_server.ports()
        with pytest.raises(RtsynthError, match=r"no audio output 'attic': there is .*hall"):
            output.choose("attic")
        assert output.description == "hall (JACK)"
        before = engine.stats().clock_samples
        output.choose("system")
        assert engine.stats().clock_samples >= before
        assert blocks_arrive(engine)
    finally:
        output.stop()


def test_where_there_is_no_device_nothing_can_be_chosen() -> None:
    output = AudioOutput(OutputConfig("null"), print)
    engine = Engine(output.rate_hz)
    output.start(engine, NOBODY)
    try:
        assert output.outputs() == []
        with pytest.raises(RtsynthError, match="started with --backend null"):
            output.choose("system")
        assert blocks_arrive(engine)
    finally:
        output.stop()


class StuckStream:
    """A PortAudio stream that waits for a JACK client that was suspended."""

    active = True

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.calls: list[str] = []

    def abort(self) -> None:
        self.calls.append("abort")
        self.go_on.wait(WAIT_S)

    def close(self) -> None:
        self.calls.append("close")


def test_a_stream_that_does_not_stop_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    renewed: list[bool] = []
    monkeypatch.setattr(audio, "CLOSE_S", 0.05)
    monkeypatch.setattr(audio, "_renew_library", lambda: renewed.append(True))
    stuck = StuckStream()
    stream = audio.Stream.__new__(audio.Stream)
    stream._stream = stuck
    stream.output = Output(0, "speakers", "ALSA", 2, 48_000.0, 0.01)
    stream.close()
    assert renewed == [True]
    stuck.go_on.set()
    time.sleep(0.1)
    assert stuck.calls == ["abort"]  # the library is another by now


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_dies_while_playing(jack_server: JackServer, how: int) -> None:
    lines: list[str] = []
    output = AudioOutput(portaudio(), lines.append)
    engine = Engine(output.rate_hz)
    output.start(engine, NOBODY)
    try:
        for round_ in range(1, 3):
            assert blocks_arrive(engine)
            jack_server.stop(how)
            assert until(lambda: len(lines) == 2 * round_ - 1), lines  # noqa: B023
            assert "went away" in lines[-1]
            assert blocks_arrive(engine)  # the clock goes on without the device
            jack_server.start()
            assert until(lambda: len(lines) == 2 * round_), lines  # noqa: B023
            assert "is back" in lines[-1]
        assert blocks_arrive(engine)
        assert output.losses == 2
    finally:
        output.stop()
