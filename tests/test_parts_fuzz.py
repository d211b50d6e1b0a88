"""Whatever is done to a desk: the engine knows the slots, they are right, and presets come back."""

import random
from pathlib import Path

import numpy as np
import pytest

from rtsynth.contents import NO_SLOT
from rtsynth.desk import Layer
from rtsynth.errors import RtsynthError
from rtsynth.messages import CHANNELS
from rtsynth.parameters import PARAMETERS
from rtsynth.parts import LAYERS
from rtsynth.timbres import turned
from tests.desk_rig import Rig

TIMBRES = ("organ", "bell", "organ:0.5+bell:0.5", "random:3", "random:4", "bell:0.2+organ")
CONTROLLERS = (74, 73, 2, 71, 72, 17, 64, 66, 121, 120, 123, 0, 7)
STEPS = 50


def do_anything(rig: Rig, chance: random.Random, states: list[dict[str, object]]) -> None:
    """One thing that a player, a page or a set list does."""
    channel, desk = chance.choice((0, 1, 2, 9, 15)), rig.desk
    match chance.randrange(11):
        case 0:
            desk.set_timbre(chance.choice(TIMBRES), channel, chance.randrange(2))
        case 1:
            desk.move_timbre(chance.choice(TIMBRES), channel, chance.randrange(2))
        case 2:
            count = chance.randint(1, 4)
            desk.set_layers([Layer(chance.choice(TIMBRES)) for _ in range(count)], channel)
        case 3:
            known = chance.choice(list(PARAMETERS.values()))
            desk.set(known.name, chance.uniform(known.low, known.high), channel)
        case 4:
            desk.play((0x90 | channel, chance.randint(30, 90), chance.choice((0, 90))))
        case 5:
            controller, value = chance.choice(CONTROLLERS), chance.choice((0, 30, 64, 127))
            desk.play((0xB0 | channel, controller, value))
        case 6:
            desk.play((chance.choice((0xC0, 0xD0)) | channel, chance.choice((0, 1, 100)), 0))
        case 7:
            zone(rig, chance.choice((0, 15)), chance.choice((0, 3, 15)))
        case 8:
            rig.controls.sysex(bytes((0xF0, 0x7E, 0x7F, 9, 1, 0xF7)))
        case 9:
            desk.panic()
        case 10:
            states.append(desk.state())
            desk.load(chance.choice(states))


def zone(rig: Rig, manager: int, members: int) -> None:
    for number, value in ((101, 0), (100, 6), (6, members)):
        rig.desk.play((0xB0 | manager, number, value))


def check(rig: Rig) -> None:
    parts = rig.controls.parts
    slots = parts.slots
    assert parts._sent == {place: slots.slot_of(*place) for place in parts._sent}
    assert not parts._filling
    assert not parts._awaited
    for (channel, _), part in slots._parts.items():
        if part.awake and not slots.zones.is_member(channel):
            content, held = slots._contents[part.slot], rig.generator._held[part.slot]
            assert content is not None
            assert content == (part.base, slots._turns[channel], True)
            wanted = turned(rig.metadata, content.base, content.turns)
            assert held.latent == pytest.approx(wanted.latent)


def playing(rig: Rig) -> list[str]:
    """What each layer of each channel plays."""
    places = [(channel, layer) for channel in range(CHANNELS) for layer in range(LAYERS)]
    return [rig.controls.timbre_of(*place).name if rig.controls.slot_of(*place) != NO_SLOT else ""
            for place in places]  # fmt: skip


def settle(rig: Rig) -> None:
    for channel in range(CHANNELS):  # what a full queue had refused comes with the next message
        rig.desk.play((0xB0 | channel, 1, 0))
    rig.play(12_000)


@pytest.mark.parametrize("seed", range(24))
def test_whatever_is_done_slots_are_right_and_a_preset_comes_back(tiny: Path, seed: int) -> None:
    rig, chance, states = Rig(tiny), random.Random(seed), [{}]
    for _ in range(STEPS):
        try:
            do_anything(rig, chance, states)
        except RtsynthError as error:
            if "has no layer" not in str(error):
                raise
        rig.play(512 * chance.randrange(4))
    settle(rig)
    check(rig)
    for manager in (0, 15):
        zone(rig, manager, 0)
    settle(rig)
    state, other = rig.desk.state(), Rig(tiny)
    other.desk.load(state)
    settle(other)
    check(other)
    assert other.desk.state() == state
    assert playing(other) == playing(rig)
    rig.desk.load({})
    assert rig.desk.state() == {}
    settle(rig)
    check(rig)
    rig.desk.panic()
    rig.play(48_000)
    assert rig.engine.stats().voices == 0
    assert not np.any(rig.play(512))
