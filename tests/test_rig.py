"""A rig on an engine that another one was on before: it goes on, and nothing is heard of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import tiny_directions

from rtsynth import contract
from rtsynth import instrument as instruments
from rtsynth._core import Engine
from rtsynth.instrument import Instrument
from rtsynth.messages import NOTE_ON
from rtsynth.rig import Rig

ORIGIN = b"o" * 32
BLOCK = 256


@pytest.fixture
def instrument(tiny: Path) -> Instrument:
    loaded = instruments.load(tiny)
    loaded.metadata = replace(loaded.metadata, directions=tiny_directions())
    return loaded


def rig_on(engine: Engine, instrument: Instrument, resumes: bool, origin: bytes = ORIGIN) -> Rig:
    return Rig(engine, instrument, lambda line: None, origin=origin, resumes=resumes)


def play(engine: Engine, key: int) -> None:
    engine.midi(NOTE_ON, key, 100)
    engine.render(np.zeros((BLOCK, 2), np.float32))


def keys_in(engine: Engine, slot: int) -> list[int]:
    """Keys that notes play from a slot."""
    return [int(key) for key in engine.reading(slot)[:, 0]]


def test_notes_between_two_rigs_play_what_was_chosen(instrument: Instrument) -> None:
    engine = Engine(48_000, arena_mib=32)
    second = instrument.metadata.timbres[1].name
    first = rig_on(engine, instrument, resumes=False)
    first.desk.set_timbre(second)
    first.desk.set("gain", -20.0)
    first.generator.prime(1)
    first.generator.prime(0)
    play(engine, 60)
    assert keys_in(engine, 1) == [60]

    later = rig_on(engine, instrument, resumes=True)
    play(engine, 62)
    assert sorted(keys_in(engine, 1)) == [60, 62]
    later.desk.load({"channels": {"1": {"layers": [{"timbre": second}]}}})
    later.controls.parts.begin()
    play(engine, 64)
    assert sorted(keys_in(engine, 1)) == [60, 62, 64]
    assert keys_in(engine, 0) == []


def test_what_was_not_loaded_is_as_at_the_start_once_it_begins(instrument: Instrument) -> None:
    engine = Engine(48_000, arena_mib=32)
    first = rig_on(engine, instrument, resumes=False)
    first.desk.set_timbre(instrument.metadata.timbres[1].name)
    first.generator.prime(0)
    first.generator.prime(1)
    play(engine, 60)
    later = rig_on(engine, instrument, resumes=True)
    later.desk.load({})
    later.controls.parts.begin()
    play(engine, 62)
    assert keys_in(engine, 0) == [62]


def ready(engine: Engine, slot: int) -> bool:
    """Whether a slot has any takes."""
    return any(engine.frames_ready(slot, key, 5) for key in range(21, 109))


def test_takes_of_the_same_timbres_stay(instrument: Instrument) -> None:
    engine = Engine(48_000, arena_mib=32)
    first = rig_on(engine, instrument, resumes=False)
    for slot in (0, 1):
        first.generator.prime(slot)
    rig_on(engine, instrument, resumes=True)
    assert ready(engine, 0)
    assert ready(engine, 1)


def test_takes_of_another_origin_do_not(instrument: Instrument) -> None:
    engine = Engine(48_000, arena_mib=32)
    rig_on(engine, instrument, resumes=False).generator.prime(0)
    rig_on(engine, instrument, resumes=False, origin=b"x" * 32)
    assert not ready(engine, 0)


def test_takes_of_a_timbre_that_was_turned_do_not(instrument: Instrument) -> None:
    engine = Engine(48_000, arena_mib=32)
    first = rig_on(engine, instrument, resumes=False)
    first.generator.prime(0)
    first.generator.prime(1)
    first.desk.set("bright", 0.7)
    first.generator.settle(0.0)
    turned = first.controls.slot_of(0)
    assert ready(engine, turned)
    rig_on(engine, instrument, resumes=True)
    assert not ready(engine, turned)
    assert ready(engine, 1)


def test_a_timbre_that_was_turned_back_is_kept(instrument: Instrument) -> None:
    engine = Engine(48_000, arena_mib=32)
    first = rig_on(engine, instrument, resumes=False)
    first.generator.prime(0)
    for at_s, value in ((0.0, 0.7), (1.0, 0.0)):
        first.desk.set("bright", value)
        first.generator.settle(at_s)
    slot = first.controls.slot_of(0)
    assert slot == 0
    rig_on(engine, instrument, resumes=True)
    assert ready(engine, slot)


def test_slots_beyond_the_presets_hold_nothing_for_the_next(instrument: Instrument) -> None:
    engine = Engine(48_000, arena_mib=32)
    rig_on(engine, instrument, resumes=False)
    count = len(instrument.metadata.timbres)
    keys = [engine.slot_key(slot) for slot in range(contract.TIMBRE_SLOTS)]
    assert all(keys[:count])
    assert not any(keys[count:])
