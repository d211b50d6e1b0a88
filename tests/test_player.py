"""The whole instrument on a null device: it starts, plays, stops, and fails in one line."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import tiny_directions

from rtsynth import audio, instrument, jack_client, ports
from rtsynth.errors import RtsynthError
from rtsynth.output import AudioOutput
from rtsynth.player import Player, PlayerConfig

WAIT_S = 60.0


@pytest.fixture(autouse=True)
def no_devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a machine without MIDI and without a sound card."""
    interval_s = sys.getswitchinterval()
    monkeypatch.setattr(ports, "choose_api", lambda *_: None)
    monkeypatch.setattr(jack_client, "open_client", lambda: None)
    monkeypatch.setattr(audio, "list_outputs", list)
    monkeypatch.setattr(audio, "default_output", lambda: None)
    yield
    sys.setswitchinterval(interval_s)


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.01)
    return found


def test_it_plays_and_records_a_song_at_its_own_samples(
    make_song: Callable[..., Path], tiny: Path, tmp_path: Path
) -> None:
    song = make_song([(0.5 * i, 60 + i, 100, 0.3) for i in range(4)])
    out = tmp_path / "live.wav"
    config = PlayerConfig(instrument=str(tiny), midi_file=song, record=out)
    with Player(config) as player:
        assert until(lambda: player.stats().song_done)
        trace = player.engine.trace()
        stats = player.stats()
    assert stats.core.notes == 4
    assert stats.core.cache_hits == 4
    np.testing.assert_array_equal(np.diff(trace[:, 1]), [24_000] * 3)
    assert (trace[:, 2] >= trace[:, 1]).all()  # later only where Python had no processor
    sound, rate = soundfile.read(out)
    assert rate == 48_000
    assert len(sound) == player.engine.stats().clock_samples
    assert np.abs(sound).max() > 0.01


def test_the_first_note_is_its_own_and_at_once(tiny: Path) -> None:
    with Player(PlayerConfig(instrument=str(tiny))) as player:
        for key in (21, 60, 108):
            player.controls.at((0x90, key, 90))
        assert until(lambda: player.stats().core.notes == 3)
        assert player.stats().core.cache_hits == 3
        assert player.stats().latency_ms > 0.0


def test_a_program_change_brings_the_other_timbre(tiny: Path) -> None:
    with Player(PlayerConfig(instrument=str(tiny), timbre="organ")) as player:
        player.controls.at((0xC0, 100, 0))
        assert until(lambda: player.engine.frames_ready(1, 60, 5) > 0)
        player.controls.at((0x90, 60, 90))
        assert until(lambda: player.stats().core.notes == 1)


@pytest.mark.parametrize("timbre", ["organ:0.6+bell:0.4", "random:7"])
def test_a_made_timbre_is_played_and_presets_are_still_reached(tiny: Path, timbre: str) -> None:
    with Player(PlayerConfig(instrument=str(tiny), timbre=timbre)) as player:
        assert player.controls.slot_of(0) == 2
        player.controls.at((0x90, 60, 90))
        assert until(lambda: player.stats().core.notes == 1)
        assert player.stats().core.cache_hits == 1
        player.controls.at((0xC0, 100, 0))
        assert player.controls.timbre_of(0).name == "bell"
        player.controls.at((0x90, 64, 90))
        assert until(lambda: player.stats().core.notes == 2)


def test_a_knob_that_is_swept_holds_up_no_note(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = instrument.load(tiny)
    loaded.metadata = replace(loaded.metadata, directions=tiny_directions())
    monkeypatch.setattr(instrument, "load", lambda name: loaded)
    with Player(PlayerConfig()) as player:
        player.controls.at((0x90, 48, 90))
        player.controls.at((0x91, 55, 90))
        for i in range(300):
            player.controls.live((0xB0, 74, i % 128), time.monotonic_ns())
            if i % 20 == 0:
                player.controls.live((0x90, 60 + i // 20, 90), time.monotonic_ns())
            time.sleep(0.001)
        slot = player.controls.slot_of(0)
        assert until(lambda: player.stats().core.notes == 17)
        assert until(lambda: player.engine.frames_ready(slot, 21, 0) > 0)
        assert player.stats().generator_errors == 0
        trace = player.engine.trace()
    np.testing.assert_array_equal(trace[:, 2], trace[:, 1])  # every note sounds when it is due


def test_python_may_stall_and_no_block_is_lost(tiny: Path) -> None:
    with Player(PlayerConfig(instrument=str(tiny))) as player:
        player.controls.at((0x90, 60, 90))
        before = player.stats().core
        sum(i * i for i in range(3_000_000))  # Python has its hands full
        after = player.stats().core
    assert after.clock_samples > before.clock_samples
    assert after.late_frames == 0


def test_a_note_that_sounds_at_the_end_fades(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "live.wav"
    with Player(PlayerConfig(instrument=str(tiny), record=out)) as player:
        player.controls.at((0x90, 60, 120))
        assert until(lambda: player.stats().core.clock_samples > 12_000)
    sound, _ = soundfile.read(out)
    assert np.abs(sound).max() > 0.01
    assert np.abs(sound[-1]).max() < 1e-4


def test_a_recording_begins_and_ends_while_it_plays(tiny: Path, tmp_path: Path) -> None:
    with Player(PlayerConfig(instrument=str(tiny))) as player:
        assert player.stop_recording() is None
        for number in (1, 2):
            begin = player.stats().core.clock_samples
            path = player.record(tmp_path / "take.wav")
            assert player.recording == path
            with pytest.raises(RtsynthError, match="is being recorded: stop that first"):
                player.record(tmp_path / "other.wav")
            player.controls.at((0x90, 60, 90))
            assert until(lambda: player.stats().core.clock_samples > begin + 12_000)  # noqa: B023
            player.controls.at((0x80, 60, 0))
            assert player.stop_recording() == path
            assert player.recording is None
            length = player.stats().core.clock_samples - begin
            sound, _ = soundfile.read(path)
            assert path.name == ("take.wav" if number == 1 else "take-2.wav")
            assert 11_000 < len(sound) <= length
            assert np.abs(sound).max() > 0.01
        with pytest.raises(RtsynthError, match="cannot record to"):
            player.record(tmp_path / "nowhere" / "take.wav")
        assert player.recording is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take-2.wav", "take.wav"]


def test_it_can_be_stopped_twice_and_started_never(tiny: Path) -> None:
    player = Player(PlayerConfig(instrument=str(tiny)))
    player.stop()
    player.stop()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"instrument": "none.onnx"}, "no instrument file none.onnx"),
        ({"timbre": "tuba"}, "no timbre named 'tuba'"),
        ({"timbre": "organ:loud+bell"}, "the weight 'loud' is not a number"),
        ({"timbre": "random:x"}, "write random:SEED"),
        ({"audio": "speakers"}, "no audio output 'speakers'"),
        ({"midi_file": Path("none.mid")}, "cannot read none.mid"),
        ({"record": Path("/nowhere/x.wav")}, "cannot record to /nowhere/x.wav"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    tiny: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(RtsynthError, match=message):
        Player(PlayerConfig(**{"instrument": str(tiny), **changes}))  # type: ignore[arg-type]


def test_a_missing_midi_input_stops_what_was_started(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "take.wav"
    player = Player(PlayerConfig(instrument=str(tiny), devices=("USB",), record=out))
    with pytest.raises(RtsynthError, match="no MIDI input 'USB'"):
        player.start()
    assert not out.exists()


@pytest.mark.parametrize(
    "changes", [{"timbre": "tuba"}, {"record": Path("/nowhere/x.wav")}, {"polyphony": -1}]
)
def test_an_output_is_let_go_where_something_else_cannot_be_used(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]
) -> None:
    stopped: list[AudioOutput] = []
    monkeypatch.setattr(AudioOutput, "stop", lambda self: stopped.append(self))
    with pytest.raises((RtsynthError, ValueError)):
        Player(PlayerConfig(**{"instrument": str(tiny), **changes}))  # type: ignore[arg-type]
    assert len(stopped) == 1
