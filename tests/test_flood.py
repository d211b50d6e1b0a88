"""More than any player sends: nothing is lost that matters, and nothing sticks after panic."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import tiny_directions
from hypothesis import given, settings
from hypothesis import strategies as st

from rtsynth import instrument, placing
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.desk import Desk, Layer
from rtsynth.messages import CHANNELS, DRUM_CHANNEL
from rtsynth.parameters import PARAMETERS
from rtsynth.parser import Parser
from rtsynth.turns import TURNS
from tests.desk_rig import Rig, rig

__all__ = ["rig"]  # a fixture

CONTROLLERS = (1, 2, 5, 7, 10, 11, 64, 65, 66, 67, 68, *sorted(TURNS), 76, 77, 78, 84, 91, 93)
HEARD = [channel for channel in range(CHANNELS) if channel != DRUM_CHANNEL]


def zoned(rig: Rig) -> None:
    for message in [(0xB0, 101, 0), (0xB0, 100, 6), (0xB0, 6, 15)]:
        rig.controls.at(message)


def flood(rig: Rig, chance: random.Random, messages: int) -> None:
    """Controllers, pressure, bends, programs and notes on all channels, as fast as they come."""
    for _ in range(messages):
        channel, value = chance.randrange(CHANNELS), chance.randrange(128)
        rig.controls.live(chance.choice([
            (0xB0 | channel, chance.choice(CONTROLLERS), value),
            (0xB0 | channel, chance.choice(CONTROLLERS), value),
            (0xD0 | channel, value, 0), (0xA0 | channel, value, value),
            (0xE0 | channel, value, value), (0xC0 | channel, value, 0),
            (0x90 | channel, value, chance.randrange(128)), (0x80 | channel, value, 64),
        ]), 0)  # fmt: skip


def settle(rig: Rig) -> None:
    for _ in range(8):
        rig.play(4800)


@pytest.mark.parametrize("members", [False, True])
def test_nothing_sticks_after_panic(rig: Rig, members: bool) -> None:
    rig.desk.set_layers((Layer("organ"), Layer("bell", transpose=7)), 3)
    if members:
        zoned(rig)
    for channel in range(CHANNELS):  # 16 x 128 notes at once
        for key in range(128):
            assert rig.controls.at((0x90 | channel, key, 100))
    rig.play(512)
    chance = random.Random(7)
    for _ in range(30):
        flood(rig, chance, 300)
        rig.play(512)
    assert rig.generator.errors == 0
    rig.desk.panic()
    settle(rig)
    assert rig.engine.stats().voices == 0
    for channel in HEARD:
        rig.note(60, channel)
    rig.play(512)
    assert rig.engine.stats().voices >= len(HEARD)
    for channel in HEARD:
        rig.controls.at((0x80 | channel, 60, 0))
    rig.play(96_000)
    assert rig.engine.stats().voices == 0
    assert rig.controls.parts.slots.lent() == set()


def test_every_channel_plays_what_it_asked_for_last(rig: Rig) -> None:
    chance = random.Random(3)
    for _ in range(20):
        flood(rig, chance, 200)
        rig.play(512)
    programs = {channel: chance.randrange(128) for channel in HEARD}
    for channel, program in programs.items():
        rig.controls.at((0xC0 | channel, program, 0))
        rig.controls.at((0xB0 | channel, 121, 0))
    settle(rig)
    for channel, program in programs.items():
        wanted = rig.metadata.timbres[0 if program < 64 else 1]
        slot = rig.controls.slot_of(channel)
        assert rig.controls.parts._sent[channel, 0] == slot
        assert rig.generator._held[slot].latent.tolist() == wanted.latent.tolist()


def test_a_timbre_that_a_full_queue_refused_comes_with_the_next_message(rig: Rig) -> None:
    rig.controls.at((0x92, 60, 88))
    while rig.controls.at((0xB5, 7, 100)):
        pass
    assert not rig.controls.at((0xC2, 100, 0))
    rig.play(512)
    assert rig.controls.at((0xB2, 7, 100))
    rig.play(512)
    assert rig.controls.parts._sent[2, 0] == rig.controls.slot_of(2) == 1


def test_a_knob_at_full_rate_computes_what_is_carried_out_alone(
    rig: Rig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computed = []
    turned = placing.turned

    def count(*arguments: object) -> object:
        computed.append(arguments)
        return turned(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(placing, "turned", count)
    for i in range(2_000):
        rig.controls.at((0xB0, 74, i % 128))
    rig.play(512)
    assert len(computed) == 1


KEPT = Engine(8000.0, polyphony=1, arena_mib=1)  # its noise tables are shared
LIKELY = st.sampled_from([
    (0xB0, 101, 0), (0xB0, 100, 6), (0xB0, 6, 3), (0xBF, 101, 0), (0xBF, 100, 6), (0xBF, 6, 14),
    (0xB1, 74, 3), (0xD1, 90, 0), (0xD0, 30, 0), (0x91, 60, 90), (0x81, 60, 0), (0xC0, 100, 0),
    (0xB0, 64, 127), (0xB0, 64, 0), (0xB0, 121, 0), (0xB0, 74, 100), (0xB2, 7, 3), (0x90, 60, 9),
])  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.one_of(LIKELY, st.binary(max_size=12)), max_size=80), st.data())
def test_whatever_comes_the_desk_keeps_up_and_panic_ends_it(
    tiny: Path, played: list[tuple[int, int, int] | bytes], data: st.DataObject
) -> None:
    metadata = replace(instrument.load(tiny).metadata, directions=tiny_directions())
    engine = Engine(8000.0, polyphony=4, arena_mib=1)
    fills: list[Callable[[], None]] = []
    controls = Controls(engine, metadata, fill=lambda filling, then: fills.append(then))
    desk = Desk(controls)
    desk.learn.learn(data.draw(st.sampled_from(sorted(PARAMETERS))), 3)
    parser = Parser()
    for each in played:
        for message in parser.feed(bytes(each)):
            assert controls.play(message)
            engine.render(np.zeros((64, 2), np.float32))
        if fills and data.draw(st.booleans()):
            fills.pop(data.draw(st.integers(0, len(fills) - 1)))()
    desk.catch_up()
    for (name, _), value in desk._values.all.items():
        assert PARAMETERS[name].low <= value <= PARAMETERS[name].high
    state = desk.state()
    desk.load(state)
    assert desk.state() == state
    desk.panic()
    engine.render(np.zeros((4000, 2), np.float32))
    assert engine.stats().voices == 0
    slots = controls.parts.slots
    assert not slots.lent()
    for then in fills:
        then()
    for channel in range(CHANNELS):
        assert controls.parts._sent[channel, 0] == slots.slot_of(channel)
