"""Ordinary MIDI files find fitting timbres, also in instruments that have only a few."""

import pytest

from export.gm import PROGRAMS, programs_of, range_of
from rtsynth.contract import KEY_HIGH, KEY_LOW
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
