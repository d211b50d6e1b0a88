"""Which keys are held, by hand or by pedal, and how far notes are turned."""

import pytest

from rtsynth.hands import PRESSURE_TURN, Hands
from rtsynth.zones import Zones


@pytest.fixture
def hands() -> Hands:
    return Hands(Zones())


def zone(hands: Hands, members: int) -> None:
    for controller, value in ((101, 0), (100, 6), (6, members)):
        hands._zones.follow((0xB0, controller, value))


def test_keys_are_held_by_hand_then_by_pedal(hands: Hands) -> None:
    hands.follow((0x91, 60, 100))
    hands.follow((0x91, 64, 100))
    hands.follow((0xB1, 64, 30))  # half way down it holds, too
    hands.follow((0x81, 60, 0))
    assert hands.keys(1) == {60, 64}
    hands.follow((0xB1, 64, 0))
    assert hands.keys(1) == {64}
    hands.follow((0x91, 64, 0))
    assert hands.keys(1) == set()


@pytest.mark.parametrize("controller", [120, 123, 124, 127])
def test_all_notes_off_is_none_held(hands: Hands, controller: int) -> None:
    hands.follow((0x90, 60, 100))
    hands.follow((0xB0, controller, 0))
    assert hands.keys(0) == set()


def test_pressure_turns_towards_bright(hands: Hands) -> None:
    hands.follow((0xD2, 127, 0))
    assert hands.bright(2) == PRESSURE_TURN
    hands.pressure_turn[2] = -1.0
    assert hands.bright(2) == -1.0
    hands.follow((0xB2, 121, 0))
    assert hands.bright(2) == 0.0


def test_a_slide_is_a_member_s_own_and_the_manager_presses_all(hands: Hands) -> None:
    hands.follow((0xB1, 74, 127))  # no member yet: a knob of the channel
    assert hands.bright(1) == 0.0
    zone(hands, 3)
    hands.follow((0xB1, 74, 127))
    hands.follow((0xD2, 127, 0))
    assert [hands.bright(channel) for channel in range(4)] == [0.0, 1.0, PRESSURE_TURN, 0.0]
    hands.follow((0xD0, 127, 0))
    assert hands.bright(3) == PRESSURE_TURN
    assert hands.bright(2) == PRESSURE_TURN  # no more than full pressure


def test_the_manager_s_pedal_holds_its_members_keys(hands: Hands) -> None:
    zone(hands, 3)
    hands.follow((0xB0, 64, 127))
    hands.follow((0x91, 60, 100))
    hands.follow((0x81, 60, 0))
    assert hands.keys(1) == {60}
    hands.follow((0xB0, 64, 0))
    assert hands.keys(1) == set()


def test_letting_go_of_everything(hands: Hands) -> None:
    for message in [(0x90, 60, 100), (0xB0, 64, 127), (0xD0, 100, 0)]:
        hands.follow(message)
    hands.let_go()
    assert (hands.keys(0), hands.bright(0)) == (frozenset(), 0.0)
    hands.follow((0x90, 61, 100))
    hands.follow((0x80, 61, 0))
    assert hands.keys(0) == set()
