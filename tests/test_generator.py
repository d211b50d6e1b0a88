"""The generator beside a real engine."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import tiny_directions

from rtsynth import contract, instrument
from rtsynth._core import Engine
from rtsynth.fillings import KEY_STEP
from rtsynth.generator import NEVER, PRIME_LAYERS, Generator
from rtsynth.placing import Filling
from rtsynth.timbres import turned

WAIT_S = 30.0


@pytest.fixture
def engine() -> Engine:
    return Engine(48000.0)


def until(condition: Callable[[], bool]) -> bool:
    """Wait for what another thread does; generous, and no test measures it."""
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.005)
    return found


def play(engine: Engine, samples: int = 480) -> np.ndarray:
    out = np.zeros((samples, 2), np.float32)
    engine.render(out)
    return out


def test_priming_makes_every_key_sound_at_once(engine: Engine, tiny: Path) -> None:
    Generator(engine, instrument.load(tiny)).prime(0)
    for layer in PRIME_LAYERS:
        for key in range(contract.KEY_LOW, contract.KEY_HIGH + 1):
            assert engine.frames_ready(0, key, layer) == contract.PAGE_FRAMES
    engine.midi(0x90, 60, contract.layer_velocity(PRIME_LAYERS[0]))
    play(engine)
    assert engine.stats().cache_hits == 1


def test_what_a_voice_asks_for_is_made(engine: Engine, tiny: Path) -> None:
    generator = Generator(engine, instrument.load(tiny))
    generator.ensure([(0, 60, 5)])
    engine.midi(0x90, 72, 30)
    play(engine)
    assert engine.stats().cache_misses == 1
    assert generator.serve()
    assert engine.frames_ready(0, 72, contract.velocity_layer(30)) == contract.PAGE_FRAMES
    while generator.serve():
        pass
    assert engine.frames_ready(0, 72, contract.velocity_layer(30)) > contract.PAGE_FRAMES


def test_a_held_note_never_runs_out(engine: Engine, tiny: Path) -> None:
    generator = Generator(engine, instrument.load(tiny))
    generator.ensure([(0, 60, 5)])
    engine.midi(0x90, 60, 88)
    for _ in range(1500):  # 15 s, longer than a take
        play(engine)
        while generator.serve():
            pass
    stats = engine.stats()
    assert stats.voices == 1
    assert stats.late_frames == 0


def test_ensure_adds_only_what_is_missing(engine: Engine, tiny: Path) -> None:
    generator = Generator(engine, instrument.load(tiny))
    generator.ensure([(0, 60, 5), (0, 60, 5)])
    assert generator.pages_made == 1
    generator.ensure([(0, 60, 5), (1, 61, 2)], pages=3)
    assert generator.pages_made == 1 + 2 + 3
    assert engine.frames_ready(0, 60, 5) == 3 * contract.PAGE_FRAMES


def test_the_thread_fills_the_keyboard_and_follows_the_timbre(engine: Engine, tiny: Path) -> None:
    generator = Generator(engine, instrument.load(tiny))
    generator.use([0])
    generator.start()
    try:
        assert until(lambda: engine.frames_ready(0, 21, 0) >= 3 * contract.PAGE_FRAMES)
        generator.use([1, 0])
        assert until(lambda: engine.frames_ready(1, 21, 0) >= 3 * contract.PAGE_FRAMES)
    finally:
        generator.stop()


def test_the_same_seed_makes_the_same_takes_in_any_order(tiny: Path) -> None:
    sounds = []
    for keys in ([60, 64, 67], [67, 60, 64]):
        engine = Engine(48000.0, seed=1)
        generator = Generator(engine, instrument.load(tiny), seed=5)
        for key in keys:
            generator.ensure([(0, key, 5)], pages=2)
        for key in (60, 64, 67):
            engine.midi(0x90, key, 88)
        sounds.append(play(engine, 9600))
    np.testing.assert_array_equal(sounds[0], sounds[1])


def test_the_thread_survives_a_network_that_fails(
    engine: Engine, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = instrument.load(tiny)
    lines: list[str] = []
    good = loaded.generate
    broken = True

    def sometimes(*arguments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if broken:
            raise RuntimeError("out of memory\nmore")
        return good(*arguments)

    monkeypatch.setattr(loaded, "generate", sometimes)
    generator = Generator(engine, loaded, say=lines.append)
    generator.start()
    try:
        assert until(lambda: generator.errors > 2)
        broken = False
        assert until(lambda: generator.pages_made > 0)
    finally:
        generator.stop()
    assert lines == ["the generator failed (out of memory): notes play on what is there"]


def test_work_ahead_leaves_room_in_the_arena(tiny: Path) -> None:
    engine = Engine(48000.0, arena_mib=8)
    generator = Generator(engine, instrument.load(tiny))
    generator.start()
    try:
        assert until(lambda: engine.stats().arena_used_bytes > 0.7 * engine.stats().arena_bytes)
        made = -1
        while made != generator.pages_made:
            made = generator.pages_made
            time.sleep(0.2)
    finally:
        generator.stop()
    stats = engine.stats()
    assert stats.arena_used_bytes < 0.85 * stats.arena_bytes


def filled(tiny: Path, slot: int, turns: float) -> Filling:
    metadata = replace(instrument.load(tiny).metadata, directions=tiny_directions())
    return Filling(slot, turned(metadata, metadata.timbres[0], (turns, 0.0, 0.0, 0.0)))


def test_a_filled_slot_is_made_anew_and_held_notes_go_over(engine: Engine, tiny: Path) -> None:
    generator = Generator(engine, instrument.load(tiny))
    generator.ensure([(0, 60, 5)], pages=4)
    engine.midi(0x90, 60, 88)
    for _ in range(60):  # 0.6 s
        play(engine)
        while generator.serve():
            pass
    told: list[str] = []
    generator.fill(filled(tiny, 0, 1.0), lambda: told.append("ready"))
    generator.settle(0.3)
    assert told == ["ready"]
    assert engine.frames_ready(0, 60, 5) <= contract.PAGE_FRAMES
    assert engine.frames_ready(contract.TIMBRE_SLOTS, 60, 5) >= 4 * contract.PAGE_FRAMES
    for _ in range(40):
        play(engine)
        while generator.serve():
            pass
    stats = engine.stats()
    assert (stats.voices, stats.late_frames, stats.arrivals) == (1, 0, 1)


def test_offline_the_clock_says_when_timbres_turn(engine: Engine, tiny: Path) -> None:
    generator = Generator(engine, instrument.load(tiny))
    generator.ensure([(0, 60, 5)], pages=4)
    engine.midi(0x90, 60, 88)
    assert generator.settle_offline(begins=True) == NEVER
    play(engine)

    def turn(turns: float) -> None:
        generator.fill(filled(tiny, 0, turns), lambda: told.append(turns))

    told: list[float] = []
    turn(0.5)
    assert generator.settle_offline(begins=False) == NEVER
    assert told == [0.5]
    turn(1.0)  # at the same sample: the crossfade to the one before is to end first
    look_at = generator.settle_offline(begins=False)
    assert 0.02 < look_at / 48000.0 - 0.01 < 0.025
    while (now := engine.stats().clock_samples) < look_at:
        engine.render(np.zeros((min(480, look_at - now), 2), np.float32))
        assert engine.stats().clock_samples == look_at or generator.settle_offline(False) == look_at
    before = engine.stats().arrivals
    generator.settle_offline(begins=True)  # which takes the note along, and renews onsets at once
    assert told == [0.5, 1.0]
    play(engine)
    assert engine.stats().arrivals == before + 1


def test_an_empty_slot_is_filled_with_onsets_near_every_key(engine: Engine, tiny: Path) -> None:
    generator = Generator(engine, instrument.load(tiny))
    generator.fill(filled(tiny, 40, 0.5), lambda: None)
    generator.settle(0.0)
    there = [key for key in range(21, 109) if engine.frames_ready(40, key, PRIME_LAYERS[0])]
    assert np.diff([21, *there, 108]).max() <= KEY_STEP
    engine.set_timbre(0, 40)
    engine.midi(0x90, there[3] + 1, 100)
    play(engine)
    assert generator.serve()
    assert engine.frames_ready(40, there[3] + 1, contract.velocity_layer(100)) > 0


def test_whoever_filled_a_slot_hears_of_it_and_the_latest_counts(
    engine: Engine, tiny: Path
) -> None:
    generator = Generator(engine, instrument.load(tiny))
    told: list[int] = []
    for i in range(200):  # a knob sends two hundred values in 0.2 s
        generator.fill(filled(tiny, 0, i / 200), lambda i=i: told.append(i))
        generator.settle(1e-3 * i)
    generator.settle(1.0)
    assert told == list(range(200))
    np.testing.assert_array_equal(generator._held[0].latent, filled(tiny, 0, 199 / 200)[1].latent)


def test_the_thread_carries_out_a_sweep_and_ends_at_the_last_value(
    engine: Engine, tiny: Path
) -> None:
    generator = Generator(engine, instrument.load(tiny))
    generator.start()
    told: list[int] = []
    try:
        for i in range(50):
            generator.fill(filled(tiny, 0, i / 50), lambda i=i: told.append(i))
            time.sleep(0.002)
        assert until(lambda: len(told) == 50)
    finally:
        generator.stop()
    assert generator.errors == 0
    np.testing.assert_array_equal(generator._held[0].latent, filled(tiny, 0, 49 / 50)[1].latent)


def test_a_large_bank_makes_room_for_what_is_chosen_last(tiny: Path) -> None:
    engine = Engine(48000.0, arena_mib=24)
    loaded = instrument.load(tiny)
    one = loaded.metadata.timbres[0]
    generator = Generator(engine, loaded, timbres=[one] * 54)
    generator.start()
    try:
        for slot in range(6):
            generator.use(range(slot, -1, -1))
            assert until(lambda slot=slot: engine.frames_ready(slot, 21, 0) > 0)
    finally:
        generator.stop()
    assert engine.stats().arena_used_bytes < 0.85 * engine.stats().arena_bytes


def test_held_notes_come_first_then_what_is_near_then_the_rest(
    engine: Engine, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = Generator(engine, instrument.load(tiny))
    generator.ensure([(0, 60, 5)])
    made: list[tuple[int, int]] = []
    put = generator._put
    monkeypatch.setattr(
        generator,
        "_put",
        lambda jobs, *rest: (made.extend((job.key, job.layer) for job in jobs if not job.page),
                             put(jobs, *rest)),
    )  # fmt: skip
    for key in (80, 84):
        engine.midi(0x90, key, contract.layer_velocity(2))
    play(engine)
    clock_s = 0.0
    while len(made) < 60 and generator.work(clock_s):
        clock_s += 0.001
    assert set(made[:2]) == {(80, 2), (84, 2)}
    far = [min(abs(key - held) + 4 * abs(layer - 2) for held in (80, 84)) for key, layer in made]
    assert far == sorted(far)
