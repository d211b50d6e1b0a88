"""Reading MIDI files, good and broken."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from conftest import tiny_directions

from rtsynth import contract, instrument
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError
from rtsynth.keys import Keys
from rtsynth.metadata import Metadata
from rtsynth.slots import Slots
from rtsynth.song import Event, read_song, song_takes, turning_channels
from rtsynth.tuning.own import Tuning


def slots_of(metadata: Metadata, events: list[Event], slot: int = 0) -> Slots:
    return Slots(metadata, slot, turning_channels(events))


def test_notes_and_their_times(make_song: Callable[..., Path]) -> None:
    events = read_song(make_song([(0.5, 60, 100, 0.25), (1.0, 64, 90, 0.5)]))
    assert [event.message[:2] for event in events] == [
        (0x90, 60), (0x80, 60), (0x90, 64), (0x80, 64)
    ]  # fmt: skip
    np.testing.assert_allclose([event.time_s for event in events], [0.5, 0.75, 1.0, 1.5])


def test_tempo_changes_are_followed(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=100)
    meta, notes = file.add_track(), file.add_track()
    meta.append(mido.MetaMessage("set_tempo", tempo=1_000_000, time=0))
    meta.append(mido.MetaMessage("set_tempo", tempo=250_000, time=100))
    notes.append(mido.Message("note_on", note=60, time=200))
    notes.append(mido.Message("program_change", program=9, time=0))
    file.save(tmp_path / "tempo.mid")
    events = read_song(tmp_path / "tempo.mid")
    assert events[0].time_s == pytest.approx(1.25)
    assert events[1].message == (0xC0, 9, 0)


def refusal(path: Path) -> str:
    with pytest.raises(RtsynthError) as caught:
        read_song(path)
    text = str(caught.value)
    assert str(path) in text
    assert "\n" not in text
    return text


def test_a_missing_file(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.mid")


def test_a_folder(tmp_path: Path) -> None:
    assert "directory" in refusal(tmp_path)


def test_no_midi_file(tmp_path: Path) -> None:
    path = tmp_path / "text.mid"
    path.write_text("this is not music, whatever its name says")
    assert "not a MIDI file" in refusal(path)


@pytest.mark.parametrize("length", [0, 3, 14, 20, 40])
def test_a_file_cut_short(make_song: Callable[..., Path], length: int) -> None:
    path = make_song([(0.0, 60, 100, 0.5), (0.5, 62, 100, 0.5)])
    path.write_bytes(path.read_bytes()[:length])
    assert "not a MIDI file, or a broken one" in refusal(path)


def test_random_changes_never_raise_anything_else(make_song: Callable[..., Path]) -> None:
    path = make_song([(0.1 * i, 50 + i, 100, 0.1) for i in range(20)])
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    rng = np.random.default_rng(5)
    for _ in range(300):
        broken = whole.copy()
        broken[rng.integers(0, len(whole), 4)] = rng.integers(0, 256, 4)
        path.write_bytes(broken.tobytes())
        with contextlib.suppress(RtsynthError):
            read_song(path)


def test_time_in_frames_of_film(make_song: Callable[..., Path]) -> None:
    path = make_song([(0.5, 60, 100, 0.25)])  # 480 ticks, then 240
    whole = bytearray(path.read_bytes())
    whole[12:14] = bytes([256 - 25, 40])  # 25 frames a second, 40 ticks a frame
    path.write_bytes(whole)
    np.testing.assert_allclose([event.time_s for event in read_song(path)], [0.48, 0.72])
    whole[12:14] = bytes([256 - 29, 40])
    path.write_bytes(whole)
    assert read_song(path)[0].time_s == pytest.approx(480 * 1.001 / 30 / 40)


def test_no_time_at_all_and_far_too_much(make_song: Callable[..., Path]) -> None:
    path = make_song([(0.0, 60, 100, 0.25)])
    whole = bytearray(path.read_bytes())
    whole[12:14] = bytes(2)
    path.write_bytes(whole)
    assert "broken one" in refusal(path)
    assert "lasts 30 hours" in refusal(make_song([(0.0, 60, 100, 30 * 3600.0)]))


def test_no_notes(make_song: Callable[..., Path]) -> None:
    assert "no notes" in refusal(make_song([]))
    assert "no notes" in refusal(make_song([(0.0, 36, 100, 0.1)], channel=9))


def test_a_file_of_songs_one_after_the_other(tmp_path: Path) -> None:
    file = mido.MidiFile(type=2)
    file.add_track().append(mido.Message("note_on", note=60, time=0))
    file.save(tmp_path / "two.mid")
    assert "type 2" in refusal(tmp_path / "two.mid")


def test_takes_of_a_song(make_song: Callable[..., Path], tiny: Path) -> None:
    events = read_song(make_song([(0.0, 10, 127, 0.1), (0.5, 60, 1, 0.1), (0.7, 60, 2, 0.1)]))
    assert song_takes(events, slots_of(instrument.load(tiny).metadata, events, 1)) == [
        (0.0, (1, contract.KEY_LOW, 7), 0),
        (0.5, (1, 60, 0), 0),
    ]


def test_takes_come_again_after_a_knob_was_turned(tiny: Path) -> None:
    metadata = replace(instrument.load(tiny).metadata, directions=tiny_directions())
    note, other, knob = (0x90, 60, 100), (0x91, 60, 100), (0xB0, 74, 100)
    events = [Event(0.1 * i, each) for i, each in enumerate([note, knob, note, other, note])]
    assert song_takes(events, slots_of(metadata, events, 1)) == [
        (0.0, (1, 60, 6), 0),
        (pytest.approx(0.2), (1, 60, 6), 2),
        (pytest.approx(0.3), (2, 60, 6), 4),
    ]


def test_takes_are_those_of_where_keys_are_tuned(tiny: Path) -> None:
    metadata = instrument.load(tiny).metadata
    note = (0x90, 60, 127)
    coarse = [(0xB0, 101, 0), (0xB0, 100, 2), (0xB0, 6, 64 - 3)]
    octave_up = bytes([0xF0, 0x7F, 0x7F, 0x04, 0x04, 0x00, 0x40 + 12, 0xF7])
    told = [note, *coarse, note, octave_up, note]
    events = [Event(0.1 * i, each) for i, each in enumerate(told)]

    def played(keys: Keys | None = None) -> list[int]:
        slots = slots_of(metadata, events)
        return [due.take[1] for due in song_takes(events, slots, {}, keys)]

    assert played() == [60, 57, 69]
    controls = Controls(Engine(48000.0), metadata)
    controls.set_tuning(Tuning(reference_hz=392.0))  # two semitones down
    for message in [(0xB0, 101, 0), (0xB0, 100, 2), (0xB0, 6, 64 + 5)]:
        assert controls.at(message)
    assert played(controls.ahead()[2]) == [63, 55, 67]


def test_channel_ten_plays_in_a_zone(tiny: Path) -> None:
    zone = [(0xB0, 101, 0), (0xB0, 100, 6), (0xB0, 6, 15)]
    metadata = instrument.load(tiny).metadata
    for before, takes in (([], 0), (zone, 1)):
        events = [Event(0.0, each) for each in [*before, (0x99, 60, 127)]]
        assert len(song_takes(events, slots_of(metadata, events))) == takes


def test_a_song_for_several_channels(tiny: Path, tmp_path: Path) -> None:
    file = mido.MidiFile(type=1)
    for channel, program in ((0, 0), (3, 100), (9, 0)):
        track = file.add_track()
        track.append(mido.Message("program_change", program=program, channel=channel))
        track.append(mido.Message("note_on", note=60, channel=channel, time=10 * channel))
    file.save(tmp_path / "gm.mid")
    events = read_song(tmp_path / "gm.mid")
    takes = song_takes(events, slots_of(instrument.load(tiny).metadata, events))
    assert [due.take for due in takes] == [(0, 60, 4), (1, 60, 4)]


def test_system_exclusive_comes_at_its_time_and_a_reset_brings_the_timbre_back(
    tiny: Path, tmp_path: Path
) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    track.append(mido.Message("program_change", program=100))
    track.append(mido.Message("note_on", note=60, velocity=72))
    track.append(mido.Message("sysex", data=(0x7E, 0x7F, 9, 1), time=480))
    track.append(mido.Message("sysex", data=[0] * 2000))  # nothing that is known is so long
    track.append(mido.Message("note_on", note=60, velocity=72, time=480))
    file.save(tmp_path / "reset.mid")
    events = read_song(tmp_path / "reset.mid")
    assert events[2] == (0.5, b"\xf0\x7e\x7f\x09\x01\xf7")
    assert len(events) == 4
    takes = song_takes(events, slots_of(instrument.load(tiny).metadata, events))
    assert [due.take for due in takes] == [(1, 60, 4), (0, 60, 4)]
