"""An output whose device fails in unexpected ways; the backend is a fake."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from rtsynth import backends, output
from rtsynth._core import Engine
from rtsynth.backend import OutputConfig
from rtsynth.errors import RtsynthError
from rtsynth.output import AudioOutput

WAIT_S = 30.0
NOBODY: Any = None


class Device:
    label = "card"
    rate_hz = 48_000.0


class Stream:
    """Stands for a stream of the device."""

    label = "card"
    latency_s = 0.0

    def __init__(self, error: Exception | None = None) -> None:
        self.active = True
        self.closed = 0
        self._error = error

    def start(self) -> None:
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self.closed += 1


class Backend:
    """Stands for a way to the device: opens the streams that were laid ready, in turn."""

    brings_midi = False
    midi = ()
    sets_rate = True
    retry_s = 0.01

    def __init__(self, *streams: Stream) -> None:
        self.streams = list(streams)
        self.device = Device()
        self.looks = 0
        self.chosen: list[str] = []
        self.refuses = 0.0  # any other rate than this

    def look_again(self) -> Device:
        self.looks += 1
        if self.looks <= 2:
            raise OSError("no bus")
        return self.device

    def open(self, engine: Engine, controls: Any) -> Stream:
        if self.refuses and engine.rate_hz != self.refuses:
            raise RtsynthError("refuses the rate")
        return self.streams.pop(0)

    def choose(self, audio: str) -> Device:
        self.chosen.append(audio)
        if audio not in ("card", "other"):
            raise RtsynthError(f"no audio output '{audio}'")
        device = Device()
        device.label, device.rate_hz = audio, self.refuses or device.rate_hz
        return device

    def rewire(self, stream: Any, config: Any) -> bool:
        return False

    def release(self) -> None:
        return


def made(monkeypatch: pytest.MonkeyPatch, backend: Backend, lines: list[str]) -> AudioOutput:
    monkeypatch.setattr(backends, "choose", lambda *_: (backend, backend.device))
    monkeypatch.setattr(output, "WATCH_S", 0.001)
    monkeypatch.setattr(output, "RETRY_S", 0.001)
    return AudioOutput(OutputConfig(), lines.append)


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.005)
    return found


def test_a_stream_that_cannot_start_is_closed_whatever_the_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Stream(RuntimeError("port went"))
    out = made(monkeypatch, Backend(stream), [])
    with pytest.raises(RuntimeError, match="port went"):
        out.start(Engine(48_000.0), NOBODY)
    assert stream.closed == 1


def test_a_stream_at_a_rate_that_the_engine_refuses_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Stream()
    backend = Backend(stream)
    out = made(monkeypatch, backend, [])
    backend.device.rate_hz = 1.0
    with pytest.raises(ValueError, match="rate"):
        out.start(Engine(48_000.0), NOBODY)
    assert stream.closed == 1


def test_the_watch_survives_what_nobody_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Stream(), Stream()
    lines: list[str] = []
    out = made(monkeypatch, Backend(first, Stream(RuntimeError("port went")), second), lines)
    engine = Engine(48_000.0)
    out.start(engine, NOBODY)
    try:
        first.active = False
        assert until(lambda: out._stream is second)
        assert engine.stats().callbacks > 0  # the clock went on meanwhile
    finally:
        out.stop()
    assert lines[1:] == ["audio: no bus", "audio: port went", "card is back"]


def test_another_output_is_chosen_while_it_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = Stream(), Stream(), Stream()
    out = made(monkeypatch, Backend(first, second, third), [])
    engine = Engine(48_000.0)
    with pytest.raises(RtsynthError, match="nothing plays yet"):
        out.choose("other")
    out.start(engine, NOBODY)
    try:
        out.choose("other")
        assert out._stream is second
        assert first.closed == 1
        with pytest.raises(RtsynthError, match="no audio output 'attic'"):
            out.choose("attic")
        assert out._stream is third  # what played before plays on
        assert second.closed == 1
        assert out._null is None
    finally:
        out.stop()


def test_an_output_that_takes_only_its_own_rate_is_played_at_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = Backend(Stream(), Stream())
    out = made(monkeypatch, backend, [])
    engine = Engine(48_000.0)
    out.start(engine, NOBODY)
    try:
        backend.refuses = 96_000.0
        out.choose("other")
        assert engine.rate_hz == out.rate_hz == 96_000.0
    finally:
        out.stop()


def test_where_no_output_opens_the_clock_goes_on_and_the_device_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last = Stream()
    backend = Backend(Stream(), Stream(RtsynthError("busy")), Stream(RtsynthError("busy")), last)
    out = made(monkeypatch, backend, [])
    backend.looks = 10  # the device is there
    engine = Engine(48_000.0)
    out.start(engine, NOBODY)
    try:
        with pytest.raises(RtsynthError, match="busy"):
            out.choose("other")
        before = engine.stats().clock_samples
        assert until(lambda: engine.stats().clock_samples > before or out._stream is last)
        assert until(lambda: out._stream is last)
    finally:
        out.stop()
