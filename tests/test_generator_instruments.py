"""Two instruments at once: held notes go on with the one that they began with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import save_model, tiny_metadata

from rtsynth import contract, instrument
from rtsynth._core import Engine
from rtsynth.generator import RETIRE_EVERY_S, Generator
from rtsynth.instrument import Instrument
from rtsynth.placing import Filling

KEY = 60
RATE_HZ = 48_000.0


@pytest.fixture(scope="module")
def dull(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """An instrument with hardly more than the fundamental."""
    path = tmp_path_factory.mktemp("dull") / "dull.onnx"
    return instrument.load(save_model(path, tiny_metadata(), fall_db=60.0))


class Stage:
    """An engine and its generator, one after the other."""

    def __init__(self, first: Instrument) -> None:
        self.engine = Engine(RATE_HZ, variation=0.0)
        self.generator = Generator(self.engine, first)
        self.clock_s = 0.0

    def play(self, seconds: float) -> np.ndarray:
        """Render, with the generator at work beside; returns the sound (samples, 2)."""
        sound = []
        for _ in range(round(100 * seconds)):
            block = np.zeros((480, 2), np.float32)
            self.engine.render(block)
            sound.append(block)
            self.clock_s += 0.01
            for _ in range(20):
                if not self.generator.work(self.clock_s):
                    break
        return np.concatenate(sound)


def brightness_db(sound: np.ndarray) -> float:
    """Level of the tenth partial above the fundamental's."""
    middle = sound.sum(1)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    pitch_hz = 440.0 * 2.0 ** ((KEY - 69) / 12.0)

    def level(partial: int) -> float:
        place = round(partial * pitch_hz * len(middle) / RATE_HZ)
        return float(spectrum[place - 3 : place + 4].max())

    return 20.0 * np.log10(level(10) / level(1))


def test_held_notes_keep_their_instrument_and_new_ones_have_the_other(
    tiny: Path, dull: Instrument
) -> None:
    stage = Stage(instrument.load(tiny))
    stage.generator.prime(0)
    stage.engine.midi(0x90, KEY, 100)
    before = stage.play(0.5)
    metadata = stage.generator.add(dull)
    assert {timbre.origin for timbre in metadata.timbres} == {1}
    told: list[str] = []
    stage.generator.fill(Filling(5, metadata.timbres[0]), lambda: told.append("ready"))
    between = stage.play(0.5)
    assert told == ["ready"]
    stage.engine.set_timbre(0, 5)
    stage.generator.use([5])
    held = stage.play(6.0)  # longer than what was there of it
    assert brightness_db(before[-19200:]) == pytest.approx(-20.0, abs=2.0)
    assert brightness_db(between[-19200:]) == pytest.approx(-20.0, abs=2.0)
    assert brightness_db(held[-19200:]) == pytest.approx(-20.0, abs=2.0)
    assert stage.engine.stats().late_frames == 0
    stage.engine.midi(0x80, KEY, 0)
    stage.play(1.0)
    stage.engine.midi(0x90, KEY, 100)
    assert brightness_db(stage.play(0.5)[-19200:]) < -80.0


def test_a_former_instrument_is_let_go_when_its_last_note_is_silent(
    tiny: Path, dull: Instrument
) -> None:
    stage = Stage(instrument.load(tiny))
    stage.generator.prime(0)
    stage.engine.midi(0x90, KEY, 100)
    stage.play(0.1)
    metadata = stage.generator.add(dull)
    stage.generator.fill(Filling(5, metadata.timbres[0]), lambda: None)
    stage.play(0.2)
    assert set(stage.generator._held) == {0, 5}  # 1 was not played
    stage.engine.set_timbre(0, 5)
    stage.generator.use([5])
    stage.play(0.5)
    assert set(stage.generator._held) == {0, 5}  # 0 sounds still
    assert len(stage.generator._maker._instruments) == 2
    stage.engine.midi(0x80, KEY, 0)
    stage.play(1.0 + RETIRE_EVERY_S)
    assert set(stage.generator._held) == {5}
    assert set(stage.generator._maker._instruments) == {1}
    assert stage.engine.frames_ready(0, KEY, 5) == 0
    stage.engine.midi(0x90, KEY, 100)
    stage.play(0.2)
    assert stage.generator.errors == 0


def test_what_is_wanted_of_an_emptied_slot_is_forgotten(tiny: Path, dull: Instrument) -> None:
    stage = Stage(instrument.load(tiny))
    stage.generator.use([0])
    stage.play(0.05)
    metadata = stage.generator.add(dull)
    stage.generator.fill(Filling(5, replace(metadata.timbres[0])), lambda: None)
    stage.generator.use([5])
    stage.play(1.0)
    assert set(stage.generator._held) == {5}
    stage.play(3.0)
    lowest, highest = contract.KEY_LOW, contract.KEY_HIGH
    assert all(stage.engine.frames_ready(5, key, 0) for key in (lowest, KEY, highest))


def test_an_instrument_that_is_followed_by_the_next_at_once_is_kept_until_it_is_filled(
    tiny: Path, dull: Instrument
) -> None:
    stage = Stage(instrument.load(tiny))
    stage.generator.prime(0)
    told: list[int] = []
    first = stage.generator.add(dull)
    stage.generator.fill(Filling(5, first.timbres[0]), lambda: told.append(5))
    stage.generator.add(dull)
    stage.play(0.5)
    stage.generator.fill(Filling(6, first.timbres[1]), lambda: told.append(6))
    stage.play(0.5)
    assert told == [5, 6]
