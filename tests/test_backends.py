"""Which way to a loudspeaker is taken, and what is refused in one line."""

from types import SimpleNamespace
from typing import Any

import pytest
from conftest import JackServer

from rtsynth import audio, backends, devices, jack_client
from rtsynth.backend import OutputConfig
from rtsynth.backends import Jack, NoDevice, PortAudio, choose
from rtsynth.errors import RtsynthError


class Output:
    """A sound card."""

    name = label = "card"
    rate_hz = 44_100.0
    latency_s = 0.01


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Output:
    """PortAudio's only output."""
    output: Any = Output()
    monkeypatch.setattr(audio, "list_outputs", lambda: [output])
    monkeypatch.setattr(audio, "default_output", lambda: output)
    monkeypatch.setattr(audio, "use_own_name", lambda: None)  # opens JACK
    return output


@pytest.fixture
def no_jack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jack_client, "open_client", lambda: None)


def news(line: str) -> None:
    raise AssertionError(line)


def test_without_jack_auto_is_portaudio_and_jack_waits(card: Output, no_jack: None) -> None:
    backend, device = choose(OutputConfig(), news)
    assert isinstance(backend, PortAudio)
    assert device is card
    backend, device = choose(OutputConfig(backends.JACK), news)
    assert isinstance(backend, Jack)
    assert device is None


def test_null_looks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jack_client, "open_client", lambda: pytest.fail("looked for JACK"))
    backend, device = choose(OutputConfig(backends.NULL, midi="keys"), news)
    assert isinstance(backend, NoDevice)
    assert device is None
    assert backend.midi == "keys"


def test_portaudio_waits_for_the_output_it_had(
    card: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio, "refresh", lambda: None)
    backend, _ = choose(OutputConfig(backends.PORTAUDIO), news)
    monkeypatch.setattr(audio, "list_outputs", list)
    assert backend.look_again() is None
    monkeypatch.setattr(audio, "list_outputs", lambda: [card])
    assert backend.look_again() is card


def test_a_server_is_taken_with_its_own_rate_and_period(
    jack_server: JackServer, card: Output
) -> None:
    lines: list[str] = []
    backend, device = choose(OutputConfig(block=256), lines.append)
    try:
        assert isinstance(backend, Jack)
        assert device is not None
        assert device.rate_hz == 48_000.0
        assert lines == ["JACK's own period of 64 samples is used, whatever --block says"]
    finally:
        backend.release()
    with pytest.raises(RtsynthError, match="JACK does not play at 44100 Hz: it takes --rate 48000"):
        choose(OutputConfig(rate_hz=44_100.0), news)


def test_an_output_that_only_portaudio_knows_is_taken_there(
    jack_server: JackServer, card: Output
) -> None:
    backend, device = choose(OutputConfig(audio="card"), news)
    assert isinstance(backend, PortAudio)
    assert device is card
    with pytest.raises(RtsynthError, match="no audio output 'card' on JACK"):
        choose(OutputConfig(backends.JACK, audio="card"), news)


def test_a_port_that_goes_while_it_is_looked_at_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jack = pytest.importorskip("jack")

    def gone(**_: bool) -> None:
        raise jack.JackError("port not found")

    closed: list[bool] = []
    client = SimpleNamespace(
        samplerate=48_000, blocksize=64, get_ports=gone, close=lambda: closed.append(True)
    )
    monkeypatch.setattr(jack_client, "open_client", lambda *_: client)
    with pytest.raises(RtsynthError, match=r"looked at \(port not found\)"):
        choose(OutputConfig(backends.JACK, audio="card"), news)
    with pytest.raises(RtsynthError, match=r"looked at \(port not found\)"):
        list(devices.listing())
    assert closed == [True, True]
