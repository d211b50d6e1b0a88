"""Tunings as they are heard: the pitch of notes that were played, by their partials."""

import math
from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
import tuning_library
from conftest import run_cli
from listening import RATE_HZ, Sound, Timed, listen
from tuning_data import (
    BOHLEN_PIERCE,
    EDO_31,
    MEANTONE,
    PYTHAGOREAN,
    WHITE_KEYS,
    bulk,
    frequency,
    sysex,
)

from rtsynth.tuning.stretch import stretch_cents

CENTS = 0.005  # half a cent, in keys
NOTE_S = 0.5
SCALES = {"pythagorean": PYTHAGOREAN, "meantone": MEANTONE, "31": EDO_31, "bp": BOHLEN_PIERCE}


def notes(*keys: int, channel: int = 0) -> list[Timed]:
    """One after the other."""
    found: list[Timed] = []
    for i, key in enumerate(keys):
        found.append((i * NOTE_S, (0x90 | channel, key, 90)))
        found.append(((i + 1) * NOTE_S - 0.15, (0x80 | channel, key, 64)))
    return found


def heard(sound: Sound, i: int, near: float) -> float:
    """The pitch of the note in place i."""
    return sound.key(i * NOTE_S + 0.06, (i + 1) * NOTE_S - 0.16, near)


@pytest.mark.parametrize("name", list(SCALES))
def test_a_scale_is_heard_as_it_is_written(name: str, tmp_path: Path) -> None:
    """Against the pitches that another library reads from the same file."""
    (tmp_path / "a.scl").write_text(SCALES[name])
    keys = (55, 60, 64, 67, 73)
    sound = listen(notes(*keys), len(keys) * NOTE_S, tuning=tmp_path / "a.scl")
    theirs = tuning_library.Tuning(tuning_library.parse_scl_data(SCALES[name]))
    for i, key in enumerate(keys):
        wanted = 69.0 + 12.0 * math.log2(theirs.frequency_for_midi_note(key) / 440.0)
        assert heard(sound, i, wanted) == pytest.approx(wanted, abs=CENTS), key


def test_a_keyboard_map_leaves_keys_silent(tmp_path: Path) -> None:
    seven = "\n".join(["seven equal steps", "7", *(f"{1200.0 * i / 7:.6f}" for i in range(1, 8))])
    (tmp_path / "7.scl").write_text(seven)
    (tmp_path / "white.kbm").write_text(WHITE_KEYS)
    files = {"tuning": tmp_path / "7.scl", "keyboard_map": tmp_path / "white.kbm"}
    sound = listen(notes(69, 70, 71), 3 * NOTE_S, **files)
    assert heard(sound, 0, 69.0) == pytest.approx(69.0, abs=CENTS)
    assert sound.silent(NOTE_S + 0.1, 2 * NOTE_S)
    assert heard(sound, 2, 70.7) == pytest.approx(69.0 + 12.0 / 7, abs=CENTS)


def test_concert_pitch_and_stretch() -> None:
    sound = listen(notes(69, 36, 96), 3 * NOTE_S, reference_hz=415.0, stretch=1.0)
    low = 12.0 * math.log2(415.0 / 440.0)
    for i, key in enumerate((69, 36, 96)):
        wanted = key + low + stretch_cents(key) / 100.0
        assert heard(sound, i, wanted) == pytest.approx(wanted, abs=CENTS), key


def test_a_live_change_moves_a_sounding_note_and_another_only_the_next() -> None:
    change = [8, 7, 0, 0, 1, 60, *frequency(60.4)]
    for manufacturer, during in ((0x7F, 60.4), (0x7E, 60.0)):
        sound = listen(
            [
                (0.0, (0x90, 60, 90)),
                (0.4, sysex(manufacturer, 0x7F, *change)),
                (0.8, (0x80, 60, 64)),
                (1.0, (0x90, 60, 90)),
            ],
            1.4,
        )
        assert sound.key(0.1, 0.39, 60.0) == pytest.approx(60.0, abs=CENTS)
        assert sound.key(0.5, 0.79, during) == pytest.approx(during, abs=CENTS)
        assert sound.key(1.06, 1.4, 60.4) == pytest.approx(60.4, abs=CENTS)


def test_a_sounding_note_glides_to_its_new_tuning_without_a_click() -> None:
    change = sysex(0x7F, 0x7F, 8, 2, 0, 1, 60, frequency(61.0))
    sound = listen([(0.0, (0x90, 60, 90)), (0.4, change)], 0.8)
    jumps = np.abs(np.diff(sound.cut(0.2, 0.39), n=2, axis=0)).max()
    assert np.abs(np.diff(sound.cut(0.39, 0.45), n=2, axis=0)).max() < 1.5 * jumps


def test_a_file_and_the_command_line(make_song: Callable[..., Path], tmp_path: Path) -> None:
    """A dump of all keys in a MIDI file, and options of `render`."""
    file = mido.MidiFile(make_song([(0.0, 60, 90, 0.45), (0.5, 67, 90, 0.45)]))
    dump = bulk([key + 0.25 for key in range(127)] + [127.0])
    file.tracks[0].insert(0, mido.Message("sysex", data=dump[1:-1]))
    file.save(tmp_path / "dump.mid")
    options = ("--timbre", "reed-organ", "--rate", str(RATE_HZ), "--bits", "float")
    out = tmp_path / "out.wav"
    done = run_cli("render", tmp_path / "dump.mid", out, *options, "--reference", "432")
    assert done.returncode == 0, done.stderr
    sound = Sound(soundfile.read(out)[0])
    wanted = 60.25 + 12.0 * math.log2(432.0 / 440.0)
    assert heard(sound, 0, wanted) == pytest.approx(wanted, abs=0.02)  # notes vary by a cent
    (tmp_path / "wrong.scl").write_text("name\n2\n3/2\nhello\n")
    refused = run_cli("render", tmp_path / "dump.mid", out, "--tuning", tmp_path / "wrong.scl")
    assert refused.returncode == 1
    assert refused.stderr.strip().endswith(
        "wrong.scl, line 4: 'hello' is no interval: write cents with a point (701.955) "
        "or a ratio (3/2)"
    )
