"""The arena keeps to its budget in bytes, whatever is played, turned or dropped."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtsynth import contract
from rtsynth._core import Engine

ARENA_MIB = 1  # 101 pages of 16 bits: full at once
PAGE = np.full((contract.PAGE_FRAMES, contract.FRAME_VALUES), -20.0, np.float32)
PAGE[:, contract.FRAME_PITCH] = 0.0
NOTE = np.zeros(contract.NOTE_VALUES, np.float32)
NOTE[:4] = (-8.0, -20.0, 0.0, -100.0)

slots = st.integers(0, 2)
keys = st.integers(58, 66)
layers = st.integers(4, 6)
actions = st.one_of(
    st.tuples(st.just("note"), keys, layers, slots),
    st.tuples(st.just("release"), keys),
    st.tuples(st.just("put"), slots, keys, layers, st.integers(0, 40), st.integers(1, 24)),
    st.tuples(st.just("middle"), slots, keys, layers, st.integers(0, 60), st.integers(1, 4)),
    st.tuples(st.just("drop"), slots, keys, layers),
    st.tuples(st.just("drop_timbre"), slots),
    st.tuples(st.just("render"), st.integers(1, 9000)),
)


def carry_out(engine: Engine, action: tuple) -> None:
    name, *of = action
    if name == "note":
        key, layer, slot = of
        engine.set_timbre(0, slot)
        engine.midi(0x90, key, contract.layer_velocity(layer))
    elif name == "release":
        engine.midi(0x80, of[0], 0)
    elif name in ("put", "middle"):
        slot, key, layer, page, pages = of
        slot += contract.TIMBRE_SLOTS if name == "middle" else 0
        count = min(pages, contract.TAKE_PAGES - page)
        first = page * contract.PAGE_FRAMES
        engine.put(slot, key, layer, first, np.tile(PAGE, (count, 1)), NOTE)
    elif name == "drop":
        engine.drop(*of)
    elif name == "drop_timbre":
        engine.drop_timbre(of[0])
    else:
        engine.render(np.empty((of[0], 2), np.float32))


def pages_in_use(engine: Engine, bits: int) -> float:
    words = contract.FRAME_VALUES if bits == 16 else contract.FRAME_LEVELS // 2 + 1
    return engine.stats().arena_used_bytes / (contract.PAGE_FRAMES * words * 2)


@settings(max_examples=60)
@given(st.lists(actions, max_size=60), st.sampled_from([8, 16]))
def test_the_arena_is_never_overdrawn_and_no_page_is_lost(played: list[tuple], bits: int) -> None:
    engine = Engine(48000.0, polyphony=8, arena_mib=ARENA_MIB, frame_bits=bits)
    for action in played:
        reading = {tuple(row[:2]) for slot in range(3) for row in engine.reading(slot).tolist()}
        carry_out(engine, action)
        stats = engine.stats()
        assert 0 <= stats.arena_used_bytes <= stats.arena_bytes <= ARENA_MIB << 20
        assert pages_in_use(engine, bits) == int(pages_in_use(engine, bits))
        if action[0] in ("put", "middle", "drop", "drop_timbre"):  # what voices read, they keep
            still = {tuple(row[:2]) for slot in range(3) for row in engine.reading(slot).tolist()}
            assert reading <= still
        assert np.isfinite(stats.peak_left)
    engine.panic()
    engine.render(np.empty((48000, 2), np.float32))
    assert engine.stats().voices == 0
    assert [engine.drop_timbre(slot) for slot in range(3)] == [0, 0, 0]
    stats = engine.stats()
    assert (stats.arena_used_bytes, stats.takes) == (0, 0)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_the_arena_s_memory_stays_flat_once_it_was_full() -> None:
    engine = Engine(48000.0, polyphony=8, arena_mib=8)
    out = np.empty((480, 2), np.float32)
    frames = np.tile(PAGE, (8, 1))

    def resident_bytes() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    def churn(rounds: int) -> None:
        for i in range(rounds):
            key, slot = 21 + i * 7 % 88, i % 3
            engine.put(slot, key, i % 8, 0, frames, NOTE)
            engine.put(contract.TIMBRE_SLOTS + slot, key, i % 8, 32 * (i % 40), frames, NOTE)
            engine.midi(0x90 if i % 2 else 0x80, key, 100)
            engine.render(out)
            if i % 97 == 0:
                engine.drop_timbre(slot)

    churn(1500)
    before = resident_bytes()
    churn(3000)
    assert resident_bytes() - before < 1 << 20
