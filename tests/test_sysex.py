"""System Exclusive: what is asked for, and that nothing else does anything."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tuning_data import bulk, frequency, sysex

from rtsynth import _core
from rtsynth.sysex import KINDS, MOST_BYTES, MasterTuning, Reset, Setting, actions
from rtsynth.tuning.mts import KeyTuning, OctaveProgram, OctaveTuning

RANGES = {name: (low, high) for name, low, high, *_ in _core.PARAMETERS}
NAME = b"meantone".ljust(16)
BYTES_1 = [64, 65, 63, *[64] * 8, 127]
BYTES_2 = [0x40, 0, 0x7F, 0x7F, 0, 0, *[0x40, 0] * 9]


@pytest.mark.parametrize("device", [0x7F, 0x00, 0x10])
def test_general_midi(device: int) -> None:
    assert actions(sysex(0x7E, device, 9, 1)) == (Reset("gm"),)
    assert actions(sysex(0x7E, device, 9, 2)) == (Reset("off"),)
    assert actions(sysex(0x7E, device, 9, 3)) == (Reset("gm2"),)


def test_device_control() -> None:
    assert actions(sysex(0x7F, 0x7F, 4, 1, 0x7F, 0x7F)) == (Setting("volume", 1.0),)
    (half,) = actions(sysex(0x7F, 0x7F, 4, 1, 0x00, 0x40))
    assert isinstance(half, Setting)
    assert 20 * math.log10(half.value) == pytest.approx(-12.04, abs=0.01)
    assert actions(sysex(0x7F, 0x7F, 4, 2, 0, 0x40)) == (Setting("balance", 0.0),)
    assert actions(sysex(0x7F, 0x7F, 4, 2, 0, 0)) == (Setting("balance", -1.0),)
    assert actions(sysex(0x7F, 0x7F, 4, 2, 0x7F, 0x7F)) == (Setting("balance", 1.0),)
    assert actions(sysex(0x7F, 0x7F, 4, 3, 0, 0x60)) == (MasterTuning(cents=50.0),)
    assert actions(sysex(0x7F, 0x7F, 4, 4, 0x55, 0x3E)) == (MasterTuning(semitones=-2.0),)


def test_effects() -> None:
    reverb = (0x7F, 0x7F, 4, 5, 1, 1, 1, 1, 1)
    chorus = (0x7F, 0x7F, 4, 5, 1, 1, 1, 1, 2)
    (time,) = actions(sysex(*reverb, 1, 64))
    assert time == Setting("reverb_time", pytest.approx(1.822, abs=1e-3))
    size, time = actions(sysex(*reverb, 0, 0))
    assert size == Setting("reverb_size", 0.25)
    assert time == Setting("reverb_time", pytest.approx(1.105, abs=1e-3))
    assert actions(sysex(*reverb, 0, 8, 1, 40))[-1] == Setting("reverb_time", 1.0)
    assert actions(sysex(*chorus, 1, 3, 2, 15)) == (
        Setting("chorus_rate", pytest.approx(0.366)),
        Setting("chorus_depth", 2.5),
    )
    assert len(actions(sysex(*chorus, 0, 5))) == 2
    slow, fast = (actions(sysex(*chorus, 1, rate))[0] for rate in (0, 127))
    assert (slow, fast) == (
        Setting("chorus_rate", pytest.approx(0.05)),
        Setting("chorus_rate", 5.0),
    )
    assert actions(sysex(*chorus, 3, 5)) == ()  # feedback: the chorus has none
    assert actions(sysex(*reverb, 0, 7)) == ()
    assert actions(sysex(0x7F, 0x7F, 4, 5, 1, 1, 1, 1, 3, 0, 1)) == ()
    assert actions(sysex(0x7F, 0x7F, 4, 5, 1, 2, 1, 1, 1, 0, 1)) == ()
    assert actions(sysex(*reverb, 1)) == ()


def test_single_notes() -> None:
    two = [60, *frequency(61.5), 5, 0x7F, 0x7F, 0x7F]  # and one that is left as it is
    expected = KeyTuning((0, 3), ((60, 61.5),), True)
    assert actions(sysex(0x7F, 0x7F, 8, 2, 3, 2, two)) == (expected,)
    assert actions(sysex(0x7F, 0x7F, 8, 7, 9, 3, 2, two)) == (
        KeyTuning((9, 3), ((60, 61.5),), True),
    )
    assert actions(sysex(0x7E, 0x7F, 8, 7, 9, 3, 2, two)) == (
        KeyTuning((9, 3), ((60, 61.5),), False),
    )
    assert actions(sysex(0x7E, 0x7F, 8, 2, 3, 2, two)) == ()  # there is no such message
    assert actions(sysex(0x7F, 0x7F, 8, 2, 3, 3, two)) == ()  # it announces three


def test_dumps() -> None:
    (change,) = actions(bulk([key + 0.5 for key in range(127)] + [127.0], program=7))
    assert isinstance(change, KeyTuning)
    assert change.program == (0, 7)
    assert change.pitches[60] == (60, 60.5)
    assert not change.live
    keys = frequency(60.25) * 128
    assert actions(sysex(0x7E, 0, 8, 4, 1, 2, NAME, keys, 0)) == (
        KeyTuning((1, 2), tuple((key, 60.25) for key in range(128)), False),
    )
    cents_1 = (0.0, 1.0, -1.0, *[0.0] * 8, 63.0)
    assert actions(sysex(0x7E, 0, 8, 5, 1, 2, NAME, BYTES_1, 0)) == (
        OctaveProgram((1, 2), cents_1),
    )
    (octave,) = actions(sysex(0x7E, 0, 8, 6, 1, 2, NAME, BYTES_2, 0))
    assert isinstance(octave, OctaveProgram)
    assert octave.cents[:3] == (0.0, pytest.approx(99.988, abs=1e-3), -100.0)


@pytest.mark.parametrize(("manufacturer", "live"), [(0x7F, True), (0x7E, False)])
def test_scale_octave_tuning(manufacturer: int, live: bool) -> None:
    (one,) = actions(sysex(manufacturer, 0x7F, 8, 8, 0x02, 0x41, 0x05, BYTES_1))
    assert one == OctaveTuning((0, 2, 7, 13, 15), (0.0, 1.0, -1.0, *[0.0] * 8, 63.0), live)
    (two,) = actions(sysex(manufacturer, 0x7F, 8, 9, 3, 0x7F, 0x7F, BYTES_2))
    assert isinstance(two, OctaveTuning)
    assert two.channels == tuple(range(16))
    assert two.cents[2] == -100.0
    assert two.live == live


WHOLE = [
    sysex(0x7E, 0x7F, 9, 1),
    sysex(0x7F, 0x7F, 4, 1, 0, 64),
    sysex(0x7F, 0x7F, 4, 5, 1, 1, 1, 1, 1, 1, 64),
    sysex(0x7F, 0x7F, 8, 2, 0, 1, 60, 60, 0, 0),
    sysex(0x7E, 0x7F, 8, 8, 3, 127, 127, BYTES_1),
    bulk([float(key) for key in range(128)]),
]


@pytest.mark.parametrize("message", WHOLE, ids=lambda message: message[:5].hex())
def test_what_is_cut_or_grown_does_nothing(message: bytes) -> None:
    assert actions(message)
    for length in range(len(message)):
        assert actions(message[:length]) == ()
    for length in range(2, len(message) - 1):
        assert actions(message[:length] + b"\xf7") == ()
    assert actions(message[:-1] + b"\x01\xf7") == ()
    assert actions(message[:-1] + b"\x90\xf7") == ()
    assert actions(message + b"\0") == ()
    assert actions(message[:-1] + bytes(MOST_BYTES) + b"\xf7") == ()


def test_what_is_not_known_does_nothing() -> None:
    assert actions(sysex(0x41, 0x10, 0x42, 0x12, 0x40, 0, 0x7F, 0, 0x41)) == ()  # Roland's reset
    assert actions(sysex(0x7E, 0x7F, 6, 1)) == ()  # identity request
    assert actions(sysex(0x7E, 0x7F, 8, 0, 0)) == ()  # bulk dump request
    assert actions(b"") == ()


@given(st.sampled_from(list(KINDS)), st.binary(max_size=60))
def test_random_bodies_never_raise(kind: tuple[int, int, int], body: bytes) -> None:
    manufacturer, group, number = kind
    for action in actions(sysex(manufacturer, 0x7F, group, number, [b & 0x7F for b in body])):
        if isinstance(action, Setting):
            low, high = RANGES[action.name]
            assert low <= action.value <= high
