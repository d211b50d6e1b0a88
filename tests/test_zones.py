"""MPE zones come, shrink each other and go, as the configuration message says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtsynth.zones import Zones


def configure(zones: Zones, manager: int, members: int) -> bool:
    changed = [zones.follow((0xB0 | manager, controller, value))
               for controller, value in ((101, 0), (100, 6), (6, members))]  # fmt: skip
    assert changed[:2] == [False, False]
    return changed[2]


def test_a_lower_and_an_upper_zone() -> None:
    zones = Zones()
    assert configure(zones, 0, 5)
    assert configure(zones, 15, 3)
    assert zones.reach(0) == (0, 1, 2, 3, 4, 5)
    assert zones.reach(15) == (15, 12, 13, 14)
    assert [zones.lead(channel) for channel in range(16)] == [0] * 6 + [*range(6, 12)] + [15] * 4
    assert zones.reach(3) == (3,)
    assert not configure(zones, 15, 3)  # as it was
    assert configure(zones, 15, 0)
    assert not zones.is_member(14)


@pytest.mark.parametrize(
    ("first", "then", "left"),
    [((0, 10), (15, 7), 7), ((15, 10), (0, 7), 7), ((0, 15), (15, 1), 13), ((15, 3), (0, 15), 0)],
)
def test_a_later_zone_takes_what_it_needs(
    first: tuple[int, int], then: tuple[int, int], left: int
) -> None:
    zones = Zones()
    configure(zones, *first)
    configure(zones, *then)
    assert len(zones.reach(then[0])) == 1 + then[1]
    before = [each for each in range(16) if zones.lead(each) == first[0] and each != first[0]]
    assert len(before) == left


def test_only_managers_configure_and_only_by_the_registered_parameter() -> None:
    zones = Zones()
    assert not configure(zones, 3, 5)
    for message in [(0xB0, 99, 0), (0xB0, 98, 6), (0xB0, 6, 5)]:  # unregistered
        assert not zones.follow(message)
    assert not zones.follow((0xB0, 38, 5))
    version = zones.version
    zones.reset()
    assert zones.version != version
    assert not any(zones.is_member(channel) for channel in range(16))


@given(st.lists(st.tuples(st.sampled_from([0, 15]), st.integers(0, 127))))
def test_every_channel_has_one_lead_whatever_is_configured(
    configurations: list[tuple[int, int]],
) -> None:
    zones = Zones()
    for manager, members in configurations:
        configure(zones, manager, members)
    for channel in range(16):
        lead = zones.lead(channel)
        assert zones.lead(lead) == lead
        assert channel in zones.reach(lead)
