"""Ordinary MIDI files find fitting timbres, also in instruments that have only a few."""

from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest

from export.gm import PROGRAMS, programs_of, range_of
from rtsynth import instrument
from rtsynth.contract import KEY_HIGH, KEY_LOW, LATENT_SIZE
from rtsynth.metadata import Timbre
from rtsynth.slots import Slots
from rtsynth.song import read_song, song_takes
from training.bank import TIMBRES

BANK = [spec.name for spec in TIMBRES]
FIRST = ["piano", "guitar", "strings", "trumpet", "flute", "marimba", "organ", "choir"]


def player_of(names: list[str]) -> dict[int, str]:
    return {program: name for name, owned in programs_of(names).items() for program in owned}


@pytest.mark.parametrize("names", [BANK, FIRST, ["piano"], ["organ", "choir"], ["unknown"]])
def test_every_program_is_played_once(names: list[str]) -> None:
    owned = [program for programs in programs_of(names).values() for program in programs]
    assert sorted(owned) == list(range(PROGRAMS))


def test_every_timbre_of_the_bank_plays_its_own_program() -> None:
    player = player_of(BANK)
    for spec in TIMBRES:
        assert player[spec.program] == spec.name


def test_neighbours_stand_in_for_what_the_bank_lacks() -> None:
    player = player_of(BANK)
    assert player[44] == "strings"  # tremolo strings
    assert player[67] == "tenor-sax"  # baritone sax
    assert player[110] == "violin"  # fiddle
    assert player[91] == "choir"  # choir pad


def test_a_few_timbres_stand_in_by_family() -> None:
    player = player_of(FIRST)
    assert {player[program] for program in range(8)} == {"piano", "guitar"}
    assert {player[program] for program in range(16, 24)} == {"organ"}
    assert player[42] == "strings"
    assert player[57] == "trumpet"
    assert player[71] == "flute"


def test_ranges_come_from_the_data_set() -> None:
    about = {"ranges": {"violin": [55, 99]}}
    assert range_of(about, "violin") == (55, 99)
    assert range_of(about, "other") == (KEY_LOW, KEY_HIGH)


def test_an_ordinary_midi_file_plays_fitting_instruments(tiny: Path, tmp_path: Path) -> None:
    programs = programs_of(BANK)
    latent = np.zeros(LATENT_SIZE, np.float32)
    timbres = [
        Timbre(spec.name, latent, spec.low, spec.high, tuple(programs[spec.name]), spec.sustained)
        for spec in TIMBRES
    ]
    metadata = replace(instrument.load(tiny).metadata, timbres=tuple(timbres))
    file = mido.MidiFile(type=1)
    for channel, program in enumerate([0, 33, 49, 56, 73, 105]):
        track = file.add_track()
        track.append(mido.Message("program_change", program=program, channel=channel))
        track.append(mido.Message("note_on", note=60, channel=channel, time=10 * channel))
    file.save(tmp_path / "band.mid")
    takes = song_takes(read_song(tmp_path / "band.mid"), Slots(metadata))
    played = [BANK[due.take[0]] for due in takes]
    assert played == ["piano", "bass", "strings", "trumpet", "flute", "clavinet"]
