"""What `rtsynth devices` says where no JACK server runs; tests/test_midi_beside.py has one."""

from typing import Any

import pytest
import rtmidi

from rtsynth import audio, devices, jack_client, ports


@pytest.fixture(autouse=True)
def no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """No JACK, no MIDI, no sound card."""
    monkeypatch.setattr(jack_client, "open_client", lambda name: None)
    monkeypatch.setattr(ports, "choose_api", lambda *_: None)
    monkeypatch.setattr(audio, "use_own_name", lambda: None)
    monkeypatch.setattr(audio, "list_outputs", list)
    monkeypatch.setattr(audio, "default_output", lambda: None)


def test_it_says_that_there_is_nothing_and_what_happens_then() -> None:
    lines = list(devices.listing())
    assert "  none: no ALSA sequencer, no JACK" in lines
    assert "  none: rtsynth plays into a null device, and --record still records" in lines
    assert not any("JACK, period" in line for line in lines)


def test_inputs_and_outputs_have_numbers_and_the_defaults_are_marked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Client:
        def get_ports(self) -> list[str]:
            return ["Midi Through 14:0", "USB MIDI 20:0"]

        def delete(self) -> None:
            return

    class Card:
        label = "card"
        rate_hz = 44_100.0
        latency_s = 0.012

    card: Any = Card()
    monkeypatch.setattr(ports, "choose_api", lambda *_: rtmidi.API_LINUX_ALSA)
    monkeypatch.setattr(ports, "open_client", lambda api, name: Client())
    monkeypatch.setattr(audio, "list_outputs", lambda: [card])
    monkeypatch.setattr(audio, "default_output", lambda: card)
    assert list(devices.listing())[1:] == [
        "  1  Midi Through 14:0",
        "  2  USB MIDI 20:0  (default)",
        "Audio outputs: choose with --audio NUMBER or NAME",
        "  1  card, 44100 Hz, 12.0 ms  (default)",
    ]
