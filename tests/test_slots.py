"""Channels and slots: what is shared, what is turned in place, and what gives way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import tiny_directions
from hypothesis import given
from hypothesis import strategies as st

from rtsynth import contract, instrument
from rtsynth.metadata import Metadata, Timbre
from rtsynth.placing import Filling
from rtsynth.slots import Slots
from rtsynth.timbres import NEUTRAL, turned
from rtsynth.turns import TURNS

BRIGHT, LONG = 74, 72


@pytest.fixture
def metadata(tiny: Path) -> Metadata:
    return replace(instrument.load(tiny).metadata, directions=tiny_directions())


def note(channel: int) -> tuple[int, int, int]:
    return 0x90 | channel, 60, 100


def knob(channel: int, controller: int, value: int) -> tuple[int, int, int]:
    return 0xB0 | channel, controller, value


def program(channel: int, number: int) -> tuple[int, int, int]:
    return 0xC0 | channel, number, 0


def same(filling: Filling, slot: int, timbre: Timbre) -> bool:
    return filling.slot == slot and bool((filling.timbre.latent == timbre.latent).all())


def test_the_chart() -> None:
    values = {cc: [TURNS[cc][1](value) for value in (0, 64, 127)] for cc in TURNS}
    assert values.pop(71) == [1.0, 0.0, -1.0]  # more tone is less breath
    assert values.pop(73) == [1.0, 0.0, -1.0]  # a longer attack is softer
    assert values.pop(2)[::2] == [0.0, 1.0]
    assert set(map(tuple, values.values())) == {(-1.0, 0.0, 1.0)}


def test_a_knob_turns_the_slot_of_the_only_player_in_place(metadata: Metadata) -> None:
    slots = Slots(metadata, 1)
    slots.follow(note(0))
    (filling,) = slots.follow(knob(0, BRIGHT, 127))
    assert same(filling, 1, turned(metadata, metadata.timbres[1], (1.0, 0.0, 0.0, 0.0)))
    (filling,) = slots.follow(knob(0, LONG, 1))
    assert same(filling, 1, turned(metadata, metadata.timbres[1], (1.0, 0.0, 0.0, -1.0)))
    assert slots.slot_of(0) == 1
    assert slots.follow(knob(0, LONG, 1)) == []


def test_two_channels_on_a_preset_have_their_own_turns(metadata: Metadata) -> None:
    slots = Slots(metadata, 0)
    slots.follow(note(0))
    slots.follow(note(1))
    *_, filling = slots.follow(knob(1, BRIGHT, 127))
    assert slots.slot_of(0) == 0
    assert slots.slot_of(1) == filling.slot == 2
    (filling,) = slots.follow(knob(0, BRIGHT, 0))
    assert filling.slot == 0
    assert slots.timbre_of(0) is slots.timbre_of(1) is metadata.timbres[0]


def test_a_preset_that_was_turned_is_there_again_for_others(metadata: Metadata) -> None:
    slots = Slots(metadata, 0)
    slots.follow(note(0))
    slots.follow(knob(0, BRIGHT, 127))
    (filling,) = slots.follow(note(5))  # never played before, and begins with the same preset
    assert same(filling, 2, metadata.timbres[0])
    assert slots.slot_of(5) == 2
    assert slots.follow(program(6, 0)) == []
    assert slots.slot_of(6) == 2


def test_a_channel_that_will_turn_shares_nothing_from_the_start(metadata: Metadata) -> None:
    slots = Slots(metadata, 0, turning=[1])
    assert slots.follow(note(0)) == []
    (own,) = slots.follow(note(1))
    assert same(own, 2, metadata.timbres[0])
    (turn,) = slots.follow(knob(1, BRIGHT, 127))
    assert turn.slot == 2
    slots.follow(knob(1, BRIGHT, 64))
    assert slots.follow(program(5, 100)) == []
    slots.follow(program(0, 100))
    assert slots.slot_of(0) == slots.slot_of(5) == 1
    slots.follow(program(1, 100))
    assert slots.slot_of(1) not in (0, 1)


def test_reset_is_neutral_again(metadata: Metadata) -> None:
    slots = Slots(metadata, 0)
    slots.follow(knob(0, BRIGHT, 127))
    (filling,) = slots.follow(knob(0, 121, 0))
    assert same(filling, 0, metadata.timbres[0])
    assert slots.follow(knob(0, 121, 0)) == []


def test_a_turn_stays_over_a_program_change(metadata: Metadata) -> None:
    slots = Slots(metadata, 0)
    slots.follow(knob(0, BRIGHT, 127))
    (filling,) = slots.follow(program(0, 100))
    assert same(filling, 2, turned(metadata, metadata.timbres[1], (1.0, 0.0, 0.0, 0.0)))
    assert slots.follow(program(0, 0)) == []
    assert slots.slot_of(0) == 0


def test_drums_and_missing_directions_turn_nothing(metadata: Metadata) -> None:
    slots = Slots(metadata, 0)
    assert slots.follow(knob(9, BRIGHT, 127)) == []
    assert slots.follow(knob(0, 17, 127)) == []  # hard: the tiny instrument has bright and long
    plain = Slots(replace(metadata, directions=None), 0)
    assert plain.follow(knob(0, BRIGHT, 127)) == []


def full_bank() -> Metadata:
    """As many timbres as there are slots, two programs each."""
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((contract.TIMBRE_SLOTS, contract.LATENT_SIZE)).astype(np.float32)
    timbres = tuple(
        Timbre(str(i), latent, 21, 108, (2 * i, 2 * i + 1), True)
        for i, latent in enumerate(latents)
    )
    ways = rng.standard_normal((2, 1, *latents.shape)).astype(np.float32)
    directions = replace(tiny_directions(), names=("bright",), anchors=latents, up=ways[0],
                         down=ways[1])  # fmt: skip
    return Metadata("full", "", "", (), 0, 0.0, timbres, "", {}, directions, None)  # type: ignore[arg-type]


def messages() -> st.SearchStrategy[tuple[int, int, int]]:
    channels, values = st.integers(0, 15), st.integers(0, 127)
    return st.one_of(
        st.builds(note, channels),
        st.builds(program, channels, values),
        st.builds(knob, channels, st.sampled_from([BRIGHT, 16, 121]), values),
    )


@given(st.lists(messages(), max_size=80))
def test_whatever_is_played_every_channel_has_the_timbre_it_asked_for(
    played: list[tuple[int, int, int]],
) -> None:
    metadata = full_bank()
    slots = Slots(metadata, 0)
    held = dict(enumerate(metadata.timbres))
    bases, turns, awake = [0] * 16, [NEUTRAL] * 16, set()
    for message in played:
        for filling in slots.follow(message):
            held[filling.slot] = filling.timbre
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if channel == 9:
            continue
        before = turns[channel]
        if kind == 0xC0:
            bases[channel] = message[1] // 2
        elif kind == 0xB0 and message[1] == 121:
            turns[channel] = NEUTRAL
        elif kind == 0xB0:
            turns[channel] = (TURNS[message[1]][1](message[2]), 0.0, 0.0, 0.0)
        if kind != 0xB0 or turns[channel] != before:
            awake.add(channel)
        for each in awake:
            wanted = turned(metadata, metadata.timbres[bases[each]], turns[each])
            np.testing.assert_array_equal(held[slots.slot_of(each)].latent, wanted.latent)


def test_what_may_come_next_has_a_slot_that_nobody_plays(metadata: Metadata) -> None:
    slots = Slots(metadata, 0)
    slots.follow(note(0))
    organ, bell = metadata.timbres
    bright = (0.5, 0.0, 0.0, 0.0)
    (filling,) = slots.prepare([(bell, NEUTRAL), (organ, bright)])
    assert same(filling, 2, turned(metadata, organ, bright))
    assert slots.prepared == (1, 2)  # the bell was there
    assert slots.arrange(0, [organ], bright) == []  # nothing to fill any more
    assert slots.slot_of(0) == 2
    assert slots.prepare([(organ, NEUTRAL)]) == []
    assert slots.prepared == (0,)


def test_a_slot_that_is_prepared_gives_way_last(metadata: Metadata) -> None:
    slots = Slots(metadata, 0)
    slots.follow(note(0))
    made = [replace(metadata.timbres[0], name=str(i)) for i in range(contract.TIMBRE_SLOTS)]
    slots.prepare([(made[0], NEUTRAL)])
    (kept,) = slots.prepared
    for timbre in made[1:]:
        (filling,) = slots.choose(1, timbre)
        assert filling.slot not in (kept, slots.slot_of(0))
    assert slots.arrange(0, made[:1], NEUTRAL) == []
    assert slots.slot_of(0) == kept


def test_only_so_much_is_prepared_as_there_is_room_for(metadata: Metadata) -> None:
    slots = Slots(metadata, 0)
    slots.follow(note(0))
    made = [replace(metadata.timbres[0], name=str(i)) for i in range(2 * contract.TIMBRE_SLOTS)]
    fillings = slots.prepare((timbre, NEUTRAL) for timbre in made)
    assert len(fillings) == len({each.slot for each in fillings}) == contract.TIMBRE_SLOTS - 1
    assert slots.slot_of(0) not in slots.prepared


def test_layers_that_are_gone_are_dropped_and_turns_the_instrument_lacks_are_none(
    metadata: Metadata,
) -> None:
    slots = Slots(metadata, 0)
    organ, bell = metadata.timbres
    slots.arrange(3, [organ, bell, organ], (0.5, 0.9, 0.0, 0.0))  # it knows no way to "hard"
    assert slots.slot_of(3, 2) == slots.slot_of(3, 0)
    assert slots.arrange(3, [organ, bell], (0.5, 0.0, 0.0, 0.0)) == []
    assert slots.slot_of(3, 2) == -1


def test_another_instrument_s_timbres_take_the_place_of_what_was_left(metadata: Metadata) -> None:
    slots = Slots(metadata, 1)
    slots.follow(note(0))
    timbres = tuple(replace(each, origin=1) for each in metadata.timbres)
    other = replace(metadata, origin=1, timbres=timbres)
    slots.adopt(other)
    assert slots.slot_of(0) == 1
    assert slots.is_former(1)
    assert slots.known(0) == [-1] * 128  # all have to be filled first
    (filling,) = slots.arrange(0, [other.timbres[1]], NEUTRAL)
    assert filling.base is other.timbres[1]
    assert filling.slot != 1  # notes may be held there
    assert not slots.is_former(filling.slot)
    assert slots.follow(program(2, 0))[0].base is other.timbres[0]


def test_reset_turns_back_all_layers(metadata: Metadata) -> None:
    slots = Slots(metadata)
    slots.arrange(0, [metadata.timbres[0], metadata.timbres[1]], NEUTRAL)
    slots.follow(knob(0, BRIGHT, 127))
    turned_slots = {slots.slot_of(0, layer) for layer in (0, 1)}
    slots.reset()
    assert slots.timbre_of(0, 1) is metadata.timbres[1]
    assert not turned_slots & {slots.slot_of(0, layer) for layer in (0, 1)}


def test_where_all_slots_are_played_a_part_has_its_own_again(metadata: Metadata) -> None:
    slots = Slots(metadata)
    made = [replace(metadata.timbres[0], name=str(i)) for i in range(65)]
    for place in range(64):
        slots.choose(place // 4, made[place], place % 4)
    places = [slots.slot_of(place // 4, place % 4) for place in range(64)]
    assert len(set(places)) == 64
    assert [filling.slot for filling in slots.choose(5, made[64], 3)] == [places[23]]
    assert [slots.slot_of(place // 4, place % 4) for place in range(64)] == places
