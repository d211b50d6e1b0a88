"""A latent is found by what it plays; the rest is a correction."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rtsynth import contract, fitting
from rtsynth.likeness import Note
from rtsynth.metadata import CORRECTION_FRAMES, Timbre

RANDOM = np.random.default_rng(7)
BASE = -20.0 - 12.0 * np.log2(np.arange(1, contract.FRAME_VALUES + 1)) * 0.5
MAP = RANDOM.standard_normal((contract.LATENT_SIZE, contract.FRAME_VALUES)) * 2.0
MAP[:, contract.FRAME_PITCH] = 0.0
START = RANDOM.standard_normal((4, contract.LATENT_SIZE)).astype(np.float32)


class Curved:
    """Plays levels that are a smooth function of the latent and fall with time."""

    class metadata:  # noqa: N801 (stands for the attribute)
        timbres = tuple(Timbre(f"t{i}", z, 21, 108, (), False) for i, z in enumerate(START))

    def __init__(self) -> None:
        self.rows = 0

    def generate(self, keys: Any, velocities: Any, latents: Any, steps: Any, noise: Any) -> Any:
        """As `Instrument.generate`."""
        self.rows += len(keys)
        count = (noise.shape[1] - 2 * contract.CONTEXT_STEPS) * contract.FRAMES_PER_STEP
        frame = steps[:, None] * contract.FRAMES_PER_STEP + np.arange(count)
        fall = (8.0 + 2.0 * np.tanh(latents[:, :1])) * frame * contract.HOP_S
        levels = BASE + 6.0 * np.tanh(latents @ MAP / 6.0)
        frames = np.maximum(levels[:, None, :] - fall[:, :, None], contract.FLOOR_DB)
        frames[..., contract.FRAME_PITCH] = 0.0
        notes = np.zeros((len(keys), contract.NOTE_VALUES))
        notes[:, 2] = -8.0 - 2.0 * np.tanh(latents[:, 0])
        notes[:, 3] = -100.0
        notes[:, contract.NOTE_DETUNE + 1 :] = 5.0 * latents[:, 1:2]
        return frames.astype(np.float32), notes.astype(np.float32)


def played(instrument: Any, latent: Any, length: int = 960, **changes: Any) -> Note:
    """The note that a latent plays."""
    shape = (1, length // 8 + 8, contract.STEP_NOISE_SIZE)
    made, values = instrument.generate(
        np.full(1, 60.0), np.full(1, 100.0), latent[None], np.zeros(1), np.zeros(shape)
    )
    told = {"tail_db_per_s": float(values[0, 2]), "release_db_per_s": float(values[0, 3])}
    detunes = values[0, contract.NOTE_DETUNE :]
    return replace(Note(60, 100.0, made[0], told, detunes), **changes)


@pytest.mark.parametrize("frames", [24, 200, 960])
def test_a_latent_is_found_again(frames: int) -> None:
    instrument: Any = Curved()
    goal = START[0] + 0.4 * RANDOM.standard_normal(contract.LATENT_SIZE).astype(np.float32)
    found = fitting.fit(instrument, played(instrument, goal, frames))
    assert found.latent_db < 0.35 * found.preset_db
    assert found.corrected_db <= found.latent_db + 0.01
    assert np.linalg.norm(found.latent - goal) < 0.5 * np.linalg.norm(START[found.preset] - goal)


def test_a_preset_is_recognised() -> None:
    instrument: Any = Curved()
    found = fitting.fit(instrument, played(instrument, START[2]))
    assert found.preset == 2
    assert found.preset_db < 0.01
    np.testing.assert_allclose(found.latent, START[2], atol=0.05)
    assert np.abs(found.correction).max() < 0.1


def test_a_good_guess_is_taken() -> None:
    instrument: Any = Curved()
    goal = (6.0 * RANDOM.standard_normal(contract.LATENT_SIZE)).astype(np.float32)
    note = played(instrument, goal)
    guessed = fitting.fit(instrument, note, [goal + np.float32(0.05)])
    assert guessed.latent_db < 0.3
    assert guessed.latent_db < fitting.fit(instrument, note).latent_db


def test_what_no_latent_gives_is_corrected() -> None:
    instrument: Any = Curved()
    note = played(instrument, START[1])
    frames = note.frames.copy()
    frames[:, 4] += 12.0  # one partial
    frames[:, contract.PARTIALS + 3] += 9.0  # one band
    found = fitting.fit(instrument, replace(note, frames=frames))
    assert found.corrected_db < 0.5 * found.latent_db
    assert found.correction[:, 4].mean() == pytest.approx(12.0, abs=4.0)
    others = np.delete(found.correction, [4, contract.PARTIALS + 3], axis=1)
    assert np.abs(others).mean() < 1.0


def test_a_correction_follows_time() -> None:
    instrument: Any = Curved()
    note = played(instrument, START[1])
    frames = note.frames.copy()
    frames[:16, 2] += 15.0  # a partial that only the attack has
    correction = fitting.fit(instrument, replace(note, frames=frames)).correction
    assert correction[2, 2] > correction[-1, 2] + 4.0


def test_a_short_note_is_corrected_at_all_times() -> None:
    instrument: Any = Curved()
    found = fitting.fit(instrument, played(instrument, START[1], 160))
    assert found.correction.shape == (len(CORRECTION_FRAMES), contract.FRAME_LEVELS)
    assert np.all(found.correction[-1] == found.correction[-2])


def test_what_lies_above_the_recording_is_not_known() -> None:
    instrument: Any = Curved()
    note = played(instrument, START[0])
    dull = note.frames.copy()
    above = np.array([contract.partial_hz(contract.key_hz(60), k, 0.0) > 4000.0
                      for k in range(1, contract.PARTIALS + 1)])  # fmt: skip
    dull[:, : contract.PARTIALS][:, above] = contract.FLOOR_DB
    bands = [contract.noise_edge_hz(edge + 1) > 4000.0 for edge in range(contract.NOISE_BANDS)]
    dull[:, contract.PARTIALS : contract.FRAME_LEVELS][:, bands] = contract.FLOOR_DB
    told = fitting.fit(instrument, replace(note, frames=dull, top_hz=4000.0))
    assert told.preset_db < 0.1
    assert np.abs(told.correction).max() < 0.5


def test_it_takes_few_rows_of_the_generator() -> None:
    instrument: Any = Curved()
    note = played(instrument, START[0] + np.float32(0.3))
    instrument.rows = 0
    fitting.fit(instrument, note)
    assert instrument.rows < 3000
