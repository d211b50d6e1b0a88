"""Channels without an engine, and the table of controllers, as Python sees them."""

import pytest

from rtsynth import contract
from rtsynth._core import CONTROLLERS, Channels


def registered(channels: Channels, channel: int, number: int, value: int) -> None:
    for controller, data in ((101, 0), (100, number), (6, value)):
        channels.midi(0xB0 | channel, controller, data)


def test_the_table_names_each_controller_once():
    numbers = [number for number, *_ in CONTROLLERS]
    assert numbers == sorted(set(numbers))
    assert all(name for _, name, *_ in CONTROLLERS)
    assert all(0 <= preset <= 127 for _, _, preset, *_ in CONTROLLERS if preset is not None)
    table = {number: row for number, *row in CONTROLLERS}
    assert table[7] == ["channel volume", 100, False, 39]
    assert table[11] == ["expression", 127, True, 43]
    assert table[121][1:] == [None, False, None]


def test_a_key_plays_the_take_nearest_to_its_tuned_pitch():
    channels = Channels()
    assert channels.take_key(0, 60) == 60
    registered(channels, 0, 2, 64 + 5)  # coarse tuning
    assert channels.take_key(0, 60) == 65
    assert channels.take_key(1, 60) == 60
    assert channels.take_key(0, 120) == contract.KEY_HIGH
    assert channels.tune(0, 60, -0.6)
    assert channels.take_key(0, 60) == 64
    channels.reset()
    assert channels.take_key(0, 60) == 59  # the tuning of keys stays


def test_keys_that_do_not_sound():
    channels = Channels()
    assert channels.take_key(9, 60) is None  # drums
    registered(channels, 0, 6, 15)
    assert channels.take_key(9, 60) == 60  # a member of a zone
    channels.tune(0, 61, -128.0)
    assert channels.take_key(3, 61) is None


def test_arguments_are_checked():
    channels = Channels()
    for bad in (
        lambda: channels.take_key(16, 60),
        lambda: channels.take_key(0, 128),
        lambda: channels.tune(0, 60, 129.0),
        lambda: channels.tune(0, 60, float("nan")),
        lambda: channels.midi(0x7F, 0, 0),
        lambda: channels.midi(0xB0, 0, 200),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            bad()
