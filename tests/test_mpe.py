"""MPE from messages to sound: zones, members' bends, pressure and slide, as the bundled instrument
plays them.
"""

from collections.abc import Iterator

import pytest
from listening import Timed, listen

CENTS = 0.03  # of a key


def zone(manager: int, members: int) -> Iterator[Timed]:
    for controller, value in ((101, 0), (100, 6), (6, members), (101, 127), (100, 127)):
        yield 0.0, (0xB0 | manager, controller, value)


def bend(channel: int, semitones: float, reach: float = 48.0, at_s: float = 0.0) -> Timed:
    value = round(8192 + 8191 * semitones / reach)
    return at_s, (0xE0 | channel, value & 0x7F, value >> 7)


def test_members_are_bent_by_themselves_and_with_their_manager() -> None:
    played = [*zone(0, 15), bend(1, 12.0), bend(9, -5.0), (0.05, (0x91, 60, 100)),
              (0.05, (0x99, 60, 100)), bend(0, 2.0, 2.0, at_s=1.0)]  # fmt: skip
    heard = listen(played, 2.0)
    assert heard.key(0.3, 0.9, near=72) == pytest.approx(72.0, abs=CENTS)
    assert heard.key(0.3, 0.9, near=55) == pytest.approx(55.0, abs=CENTS)  # drums' channel as well
    assert heard.key(1.3, 1.9, near=74) == pytest.approx(74.0, abs=CENTS)
    assert heard.key(1.3, 1.9, near=57) == pytest.approx(57.0, abs=CENTS)


def test_without_a_zone_channel_ten_is_silent_and_a_bend_is_two_semitones() -> None:
    heard = listen([bend(9, 0.0), (0.0, (0x99, 60, 100))], 0.5)
    assert heard.silent(0.0, 0.5)
    heard = listen([bend(1, 48.0), (0.05, (0x91, 60, 100))], 1.0)
    assert heard.key(0.3, 0.9, near=62) == pytest.approx(62.0, abs=CENTS)


def test_pressure_and_slide_reach_their_own_note() -> None:
    for message in ((0xD2, 127, 0), (0xB2, 74, 127)):
        notes = [*zone(0, 15), (0.0, (0x91, 48, 90)), (0.0, (0x92, 67, 90))]
        plain = listen(notes, 2.0)
        moved = listen([*notes, (0.2, message)], 2.0)
        other = [sound.partial_db(1.2, 1.9, 2 * 130.81) for sound in (plain, moved)]
        assert abs(other[1] - other[0]) < 0.5
        assert moved.centroid_hz(1.2, 1.9) > 1.1 * plain.centroid_hz(1.2, 1.9)
