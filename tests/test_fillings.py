"""Slots filled anew: drafts while a knob turns, the real thing when it rests."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtsynth import contract, instrument
from rtsynth._core import Engine
from rtsynth.fillings import HEAD_PAGES, REST_S, TAIL_PAGES, bridged, to_and_fro
from rtsynth.generator import Generator
from rtsynth.metadata import Timbre
from rtsynth.slots import Filling

CHUNK = 512


def frames(*levels: float) -> np.ndarray:
    return np.tile(np.array(levels, np.float32)[:, None], (1, contract.FRAME_VALUES))


def test_a_bridge_is_straight() -> None:
    whole = bridged(frames(0.0, -1.0), frames(-5.0, -9.0), 7)
    np.testing.assert_allclose(whole[:, 0], [0.0, -1.0, -2.0, -3.0, -4.0, -5.0, -9.0])
    np.testing.assert_array_equal(bridged(frames(0.0), frames(-5.0), 2)[:, 3], [0.0, -5.0])


@pytest.mark.parametrize(("length", "last"), [(1, 1.0), (3, 3.0), (4, 3.0), (6, 1.0), (8, 2.0)])
def test_to_and_fro_has_no_seam(length: int, last: float) -> None:
    played = to_and_fro(frames(1.0, 2.0, 3.0), length)[:, 0]
    assert (len(played), played[-1]) == (length, last)
    assert np.abs(np.diff(played)).max(initial=0.0) <= 1.0


class Rig:
    """An engine and a generator in one thread, with a clock; counts pages that were generated."""

    def __init__(self, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        loaded = instrument.load(tiny)
        self.timbre: Timbre = loaded.metadata.timbres[0]
        self.engine = Engine(48000.0)
        self.generator = Generator(self.engine, loaded)
        self.clock = 0
        self.made = 0
        generate = loaded.generate

        def counted(*inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            steps = inputs[4].shape[1] - 2 * contract.CONTEXT_STEPS
            self.made += len(inputs[0]) * steps * contract.FRAMES_PER_STEP // contract.PAGE_FRAMES
            return generate(*inputs)

        monkeypatch.setattr(loaded, "generate", counted)

    @property
    def now_s(self) -> float:
        return self.clock / 48000.0

    def play(self, seconds: float) -> None:
        until = self.clock + round(48000.0 * seconds)
        while self.clock < until:
            self.generator.settle(self.now_s)
            self.engine.render(np.zeros((CHUNK, 2), np.float32))
            self.clock += CHUNK
            while self.generator.serve():
                pass

    def turn(self, amount: float) -> None:
        latent = self.timbre.latent + np.float32(amount)
        self.generator.fill(Filling(0, replace(self.timbre, latent=latent)), lambda: None)


@pytest.fixture
def rig(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    return Rig(tiny, monkeypatch)


@pytest.mark.parametrize("held_s", [4.0, 15.0])
def test_a_turning_knob_costs_little_however_long_a_note_is_held(rig: Rig, held_s: float) -> None:
    rig.generator.ensure([(0, 60, 5)])
    rig.engine.midi(0x90, 60, 88)
    rig.play(held_s)
    ready = rig.engine.frames_ready(0, 60, 5)
    before, turns = rig.made, 10
    for i in range(turns):
        rig.turn(0.01 * (i + 1))
        rig.play(0.06)
    onsets = len(range(21, 109, 6))
    pages_of_the_time = 4
    assert rig.made - before <= turns * (onsets + HEAD_PAGES + TAIL_PAGES + 1) + pages_of_the_time
    assert rig.engine.frames_ready(0, 60, 5) >= ready
    stats = rig.engine.stats()
    assert (stats.voices, stats.late_frames) == (1, 0)


def test_when_the_knob_rests_the_take_is_what_it_should_be(rig: Rig) -> None:
    rig.generator.ensure([(0, 60, 5)])
    rig.engine.midi(0x90, 60, 88)
    rig.play(4.0)
    rig.turn(0.5)
    rig.play(0.1)
    assert rig.generator._fillings._drafted == {0}
    before = rig.made
    rig.play(REST_S + 0.1)
    assert rig.generator._fillings._drafted == set()
    assert rig.made - before >= rig.engine.frames_ready(0, 60, 5) // contract.PAGE_FRAMES - 2
    before = rig.made
    rig.play(1.0)
    assert rig.made - before <= 8  # and nothing more than the note goes on to
    assert rig.engine.stats().late_frames == 0
