"""Slots filled anew: held notes go over to the latest value, in turn, at little cost."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtsynth import contract, instrument
from rtsynth._core import Engine
from rtsynth.fillings import EVERY_S, HELD_BATCH, ONSETS_EVERY_S, TURNING_S
from rtsynth.generator import Generator
from rtsynth.metadata import Timbre
from rtsynth.placing import Filling

CHUNK = 64
ONSETS = len(range(21, 109, 6))


class Rig:
    """An engine and a generator in one thread, with a clock; keeps what was generated."""

    def __init__(self, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        loaded = instrument.load(tiny)
        self.timbre: Timbre = loaded.metadata.timbres[0]
        self.engine = Engine(48000.0)
        self.generator = Generator(self.engine, loaded)
        self.clock = 0
        self.made: list[tuple[float, float, int, int]] = []  # key, latent, first step, pages
        generate = loaded.generate

        def noted(*inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            keys, _, latents, steps, noise = inputs
            pages = (noise.shape[1] - 2 * contract.CONTEXT_STEPS) // 4
            self.made += [(k, z[0], int(s), pages) for k, z, s in zip(keys, latents, steps,
                                                                     strict=True)]  # fmt: skip
            return generate(*inputs)

        monkeypatch.setattr(loaded, "generate", noted)

    def hold(self, keys: list[int], seconds: float) -> None:
        self.generator.ensure((0, key, 5) for key in keys)
        for key in keys:
            self.engine.midi(0x90, key, 88)
        self.play(seconds)
        self.made.clear()

    def play(self, seconds: float) -> None:
        until = self.clock + round(48000.0 * seconds)
        while self.clock < until:
            self.generator.settle(self.clock / 48000.0)
            self.engine.render(np.zeros((CHUNK, 2), np.float32))
            self.clock += CHUNK
            while self.generator.serve():
                pass

    def turn(self, amount: float) -> None:
        latent = self.timbre.latent + np.float32(amount)
        self.generator.fill(Filling(0, replace(self.timbre, latent=latent)), lambda: None)

    def latent(self, amount: float) -> float:
        return float((self.timbre.latent + np.float32(amount))[0])


@pytest.fixture
def rig(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    return Rig(tiny, monkeypatch)


@pytest.mark.parametrize("held_s", [0.4, 4.0, 15.0])
def test_a_turn_costs_a_page_or_two_however_long_a_note_is_held(rig: Rig, held_s: float) -> None:
    rig.hold([60], held_s)
    rig.turn(0.01)
    rig.generator.settle(rig.clock / 48000.0)
    assert sum(pages for *_, pages in rig.made) <= 2 + ONSETS
    key, latent, step, _ = rig.made[0]
    assert (key, latent) == (60.0, pytest.approx(rig.latent(0.01)))
    if held_s < 10.0:
        assert abs(step * contract.FRAMES_PER_STEP - held_s * contract.FRAME_RATE_HZ) <= 33
    rig.play(0.002)
    assert rig.engine.stats().arrivals == 1


def test_a_knob_that_turns_on_and_on_is_followed_without_a_late_frame(rig: Rig) -> None:
    keys = list(range(40, 60))
    rig.hold(keys, 2.0)
    for i in range(200):
        rig.turn(0.001 * i)
        rig.play(0.005)
    stats = rig.engine.stats()
    assert (stats.voices, stats.late_frames) == (20, 0)
    assert stats.arrivals >= 20 * (1.0 / EVERY_S - 4)
    rig.play(15.0)  # and on, round the loop
    stats = rig.engine.stats()
    assert (stats.voices, stats.late_frames) == (20, 0)
    assert [made[1] for made in rig.made[-40:]] == pytest.approx([rig.latent(0.199)] * 40)


def test_each_held_note_gets_the_latest_value_in_turn(rig: Rig) -> None:
    keys = list(range(40, 40 + 3 * HELD_BATCH))
    rig.hold(keys, 1.0)
    now_s = rig.clock / 48000.0
    groups = []
    for i in range(1, 4):
        rig.turn(0.1 * i)  # while the round goes on
        before = len(rig.made)
        assert rig.generator._fillings.step(now_s)
        groups.append(rig.made[before:])
    assert sorted(made[0] for group in groups for made in group) == keys
    for i, group in enumerate(groups, 1):
        assert [made[1] for made in group] == pytest.approx([rig.latent(0.1 * i)] * HELD_BATCH)
    assert rig.generator._fillings.step(now_s)  # the onsets end the round
    assert not rig.generator._fillings.step(now_s)
    before = len(rig.made)
    assert rig.generator._fillings.step(now_s + EVERY_S)  # those behind: two groups are left
    again = {made[0] for made in rig.made[before:]}
    assert again == {made[0] for made in groups[0]}


def test_rounds_and_onsets_keep_their_distance(rig: Rig) -> None:
    rig.hold([60], 1.0)
    start_s = rig.clock / 48000.0
    for i in range(100):
        rig.turn(0.001 * i)
        rig.generator.settle(start_s + 0.001 * i)
    held = [made for made in rig.made if made[2] > 0]
    onsets = [made for made in rig.made if made[2] == 0]
    assert len(held) == int(0.099 / EVERY_S) + 1
    assert len(onsets) == ONSETS * (int(0.099 / ONSETS_EVERY_S) + 1)
    rig.generator.settle(start_s + 1.0)
    assert rig.made[-1][1] == pytest.approx(rig.latent(0.099))


def test_where_nothing_sounds_the_latest_value_is_there_at_once(rig: Rig) -> None:
    for i in range(3):
        rig.turn(0.1 * i)
        rig.generator.settle(0.001 * i)
        assert rig.generator._held[0].latent[0] == pytest.approx(rig.latent(0.1 * i))


def test_a_clock_that_went_back_is_another_one(rig: Rig) -> None:
    rig.hold([60], 1.0)
    for i, now_s in enumerate([50.0, 3.0, 50.0, 49.999, 0.0]):
        rig.turn(0.1 * i)
        rig.generator.settle(now_s)
        assert rig.generator._held[0].latent[0] == pytest.approx(rig.latent(0.1 * i))


def test_what_was_put_off_says_until_when(rig: Rig) -> None:
    fillings = rig.generator._fillings
    assert fillings.due_s() == np.inf
    rig.hold([60], 1.0)
    start_s = rig.clock / 48000.0
    rig.turn(0.1)
    rig.generator.settle(start_s)
    assert fillings.due_s() == np.inf
    rig.turn(0.2)
    rig.generator.settle(start_s + 0.001)
    assert fillings.due_s() == pytest.approx(start_s + EVERY_S)
    rig.generator.settle(fillings.due_s())
    assert fillings.due_s() == pytest.approx(start_s + ONSETS_EVERY_S)
    assert fillings.turning(start_s + EVERY_S) == [0]
    fillings.renew_onsets()
    rig.generator.settle(start_s + EVERY_S)
    assert fillings.due_s() == np.inf
    assert fillings.turning(start_s + EVERY_S + TURNING_S) == []


def test_a_decaying_note_goes_on_where_it_is(rig: Rig) -> None:
    rig.engine.set_timbre(0, 1)
    rig.generator.ensure([(1, 60, 5)])
    rig.engine.midi(0x90, 60, 88)
    rig.play(1.0)
    bell = rig.generator._held[1]
    rig.generator.fill(Filling(1, replace(bell, latent=bell.latent + 0.1)), lambda: None)
    rig.play(0.5)
    stats = rig.engine.stats()
    assert (stats.arrivals, stats.late_frames) == (1, 0)
