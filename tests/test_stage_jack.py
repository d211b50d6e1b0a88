"""A set list on a real audio server: JACK's callback leaves its program changes to Python."""

from pathlib import Path

import pytest
import rtmidi
from conftest import JackServer
from test_player_jack import Command, keys

__all__ = ["keys"]


def test_program_changes_step_through_a_set_list(
    jack_server: JackServer,
    keys: rtmidi.MidiOut,
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for folder, name, text in (
        ("presets", "one", '[channels.1]\nlayers = [{ timbre = "bell" }]\n'),
        ("presets", "two", ""),
        ("set-lists", "friday", 'presets = ["one", "two"]\nchannel = 16\n'),
    ):
        (tmp_path / "rtsynth" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "rtsynth" / folder / f"{name}.toml").write_text(f"format = 1\n{text}")
    command = Command("--instrument", tiny, "--set-list", "friday")
    try:
        assert any("preset one, 1 of 2" in line for line in command.lines)
        keys.send_message([0xC0, 1])  # channel 1 chooses its own timbre
        keys.send_message([0xCF, 1])
        command.read_until("preset two")
        keys.send_message([0x90, 60, 100])
        keys.send_message([0xCF, 0])
        command.read_until("preset one")
        assert command.stop() == 0
    finally:
        command.stop()
    assert any("1 notes" in line for line in command.lines)
