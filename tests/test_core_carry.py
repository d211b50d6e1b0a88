"""Held notes of a channel go to another slot, as soon as that has their frames."""

import numpy as np
import pytest

from rtsynth import contract
from rtsynth._core import Engine

PAGES = 4
KEY, LAYER = 60, 5
VELOCITY = 88  # of that layer
BLOCK = 640


def put(engine: Engine, slot: int, level_db: float, key: int = KEY) -> None:
    frames = np.full((PAGES * contract.PAGE_FRAMES, contract.FRAME_VALUES), contract.FLOOR_DB,
                     np.float32)  # fmt: skip
    frames[:, 0] = level_db
    frames[:, contract.FRAME_PITCH] = 0.0
    note = np.zeros(contract.NOTE_VALUES, np.float32)
    note[:4] = (-8.0, -20.0, 0.0, -100.0)
    assert engine.put(slot, key, LAYER, 0, frames, note)


def play(engine: Engine, samples: int = BLOCK) -> float:
    """RMS in dB of what is played."""
    out = np.zeros((samples, 2), np.float32)
    engine.render(out)
    return float(10.0 * np.log10(np.mean(np.square(out)) + 1e-20))


def keys(engine: Engine, slot: int) -> list[int]:
    return sorted(row[0] for row in engine.reading(slot).tolist())


@pytest.fixture
def engine() -> Engine:
    engine = Engine(48000.0, variation=0.0)
    put(engine, 0, 0.0)
    engine.midi(0x90, KEY, VELOCITY)
    engine.midi(0x91, KEY, VELOCITY)
    play(engine)
    return engine


def test_a_channel_s_note_goes_and_others_stay(engine: Engine) -> None:
    put(engine, 3, -40.0)
    before = play(engine)
    engine.carry(0, 0, 3)
    play(engine, 4800)
    assert keys(engine, 0) == [KEY]
    assert keys(engine, 3) == [KEY]
    assert 2.0 < before - play(engine) < 8.0  # one of two is left
    assert engine.stats().arrivals == 1
    engine.midi(0x90, KEY + 1, VELOCITY)  # new notes begin where they did
    play(engine)
    assert {row[0] for row in engine.requests(64, 0.0).tolist()} <= {0}


def test_it_plays_on_until_frames_are_there(engine: Engine) -> None:
    before = play(engine)
    engine.carry(0, 0, 3)
    assert play(engine, 9600) == pytest.approx(before, abs=0.1)
    assert (3, KEY, LAYER) in {tuple(row[:3]) for row in engine.requests(64, 0.0).tolist()}
    put(engine, 3, -40.0)
    play(engine, 4800)
    assert keys(engine, 3) == [KEY]
    assert engine.stats().late_frames == 0


def test_a_note_that_was_let_go_stays(engine: Engine) -> None:
    put(engine, 3, -40.0)
    engine.midi(0x80, KEY, 0)
    engine.carry(0, 0, 3)
    play(engine)
    assert keys(engine, 3) == []
    engine.midi(0xB1, 64, 127)
    engine.midi(0x81, KEY, 0)  # the pedal holds it: it goes
    engine.carry(1, 0, 3)
    play(engine)
    assert keys(engine, 3) == [KEY]


def test_a_note_of_another_slot_stays(engine: Engine) -> None:
    put(engine, 3, -40.0)
    put(engine, 4, -40.0)
    engine.carry(0, 3, 4)
    play(engine)
    assert keys(engine, 4) == []


@pytest.mark.parametrize(("channel", "source", "slot"), [(16, 0, 1), (0, -1, 1), (0, 0, 64)])
def test_slots_and_channels_that_there_are_not(
    engine: Engine, channel: int, source: int, slot: int
) -> None:
    with pytest.raises(ValueError, match=r"channels|no such timbre slot"):
        engine.carry(channel, source, slot)
