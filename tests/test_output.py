"""An output whose device fails in unexpected ways; the backend is a fake."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from rtsynth import backends, output
from rtsynth._core import Engine
from rtsynth.backends import OutputConfig
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
    midi = None
    sets_rate = True
    retry_s = 0.01

    def __init__(self, *streams: Stream) -> None:
        self.streams = list(streams)
        self.device = Device()
        self.looks = 0

    def look_again(self) -> Device:
        self.looks += 1
        if self.looks <= 2:
            raise OSError("no bus")
        return self.device

    def open(self, engine: Engine, controls: Any) -> Stream:
        return self.streams.pop(0)

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
