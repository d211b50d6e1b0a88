"""The sampler that rivals the network, answers to velocity, and morphs."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("librosa")

from rtsynth import contract as c
from training.evaluation import response, sampler, tuning
from training.evaluation.playing import Instrument, InstrumentError, Voice, sound
from training.evaluation.spectra import SAMPLE_RATE, Sound
from training.notes import is_held_out_key


def recording(hz: float, seconds: float, decay_db_per_s: float) -> npt.NDArray[np.float32]:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = np.sin(2.0 * np.pi * hz * t) + 0.5 * np.sin(4.0 * np.pi * hz * t)
    wave *= 0.2 * 10.0 ** (-decay_db_per_s * t / 20.0)
    return np.stack([wave, wave], axis=1).astype(np.float32)


@pytest.mark.parametrize(("low", "high"), [(21, 108), (60, 79), (70, 71)])
def test_there_is_a_root_an_octave_and_no_note_is_far(low: int, high: int) -> None:
    roots = sampler.roots(low, high)
    assert len(roots) == max(1, round((high - low + 1) / 12))
    assert not any(is_held_out_key(key) for key in roots)
    assert max(min(abs(key - root) for root in roots) for key in range(low, high + 1)) <= 9


def test_all_samples_fit_the_bytes() -> None:
    length = sampler.sample_length(1_000_000, 44)
    made = sampler.make(recording(220.0, 2.0, 0.0), 57, 220.0, length, decaying=False)
    assert 44 * made.sixteen.nbytes <= 1_000_000


@pytest.mark.parametrize("key", [57, 61, 52])
def test_a_short_sample_goes_on_in_tune_and_decays(key: int) -> None:
    table = [sampler.make(recording(220.0, 3.0, 12.0), 57, 220.0, 12_000, decaying=True)]
    made = sampler.play(table, key, c.key_hz(key), 96, 1.5)
    assert made.shape == (round(1.5 * SAMPLE_RATE), 1)
    expected = tuning.expected_hz(c.key_hz(key), 1e-8, np.zeros(32))
    assert tuning.pitch_error_cents(made, expected) == pytest.approx(0.0, abs=1.0)
    early, late = (float(np.sqrt(np.mean(made[at : at + 4800] ** 2))) for at in (9_600, 57_600))
    ratio = c.key_hz(key) / 220.0  # what is played faster decays faster
    assert 20.0 * np.log10(late / early) == pytest.approx(-12.0 * ratio, abs=1.0)


def test_velocity_is_level_only() -> None:
    table = [sampler.make(recording(220.0, 1.0, 0.0), 57, 220.0, 24_000, decaying=False)]
    loud, soft = (sampler.play(table, 57, 220.0, v, 0.3) for v in (127, 64))
    gain = c.velocity_gain_db(127) - c.velocity_gain_db(64)
    assert np.allclose(loud, soft * 10.0 ** (gain / 20.0), atol=1e-4)


def test_monotonicity_of_ramps() -> None:
    up, down = [1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]
    assert response.share_rising(up, 0.1) == 1.0
    assert response.share_rising(down, 0.1) == 0.0
    assert response.share_rising([1.0, 2.0, 1.95, 3.0, 1.0], 0.1) == 0.75
    assert response.rank_correlation(up) == pytest.approx(1.0)
    assert response.rank_correlation(down) == pytest.approx(-1.0)
    assert response.rank_correlation([2.0, 2.0, 2.0]) == 0.0
    found = response.velocity_response([(up, [100.0, 200.0, 300.0, 400.0]), (down, [9.0] * 4)])
    assert found["louder"] == 50.0
    assert found["brighter"] == 100.0
    assert found["brighter_rank"] == pytest.approx(0.5)
    assert response.velocity_response([]) == {}


class Fake:
    """An instrument whose levels are a function of the first latent value, 0..1."""

    def __init__(self, level_db: Any) -> None:
        self.level_db = level_db

    def frames(
        self, latents: Any, keys: Any, velocities: Any, steps: int, seed: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        shape = (1, steps * c.FRAMES_PER_STEP, c.FRAME_VALUES)
        frames = np.full(shape, c.FLOOR_DB, np.float32)
        frames[..., c.FRAME_PITCH] = 0.0
        frames[..., :8] = self.level_db(float(np.asarray(latents)[0]))
        note = np.zeros((1, c.NOTE_VALUES), np.float32)
        note[0, :2] = (-8.0, -20.0)
        return frames, note


def voice(name: str, value: float) -> Voice:
    return Voice(name, [value] * c.LATENT_SIZE, 48, 72, True)


def test_an_even_morph_has_even_steps_and_no_dip() -> None:
    even: Any = Fake(lambda share: -30.0 + 20.0 * share)
    found = response.walk(even, voice("a", 0.0), voice("b", 1.0), 8, 1)
    assert found.largest_step == pytest.approx(1.0, abs=0.1)
    assert found.dip_db == pytest.approx(0.0, abs=0.01)
    assert found.key == 60


def test_a_morph_that_turns_over_and_one_that_dips_are_told() -> None:
    sudden: Any = Fake(lambda share: -30.0 if share < 0.5 else -10.0)
    assert response.walk(sudden, voice("a", 0.0), voice("b", 1.0), 8, 1).largest_step > 6.0
    dipping: Any = Fake(lambda share: -10.0 - 40.0 * share * (1.0 - share))
    found = response.walk(dipping, voice("a", 0.0), voice("b", 1.0), 8, 1)
    assert found.dip_db == pytest.approx(10.0, abs=0.1)


def test_pairs_use_each_timbre_about_as_often() -> None:
    voices = [voice(str(i), 0.0) for i in range(6)]
    drawn = response.pairs(voices, 9, 1)
    assert len(drawn) == 9
    assert all(a.name != b.name for a, b in drawn)
    counts = [sum(v.name in (a.name, b.name) for a, b in drawn) for v in voices]
    assert set(counts) == {3}
    assert response.pairs(voices[:1], 4, 1) == []


def test_a_note_is_played_at_its_pitch_and_level(tiny: Path) -> None:
    instrument = Instrument.open(tiny)
    organ = instrument.voices["organ"]
    frames, notes = instrument.frames(organ.latent, [60, 64], [127, 64], 12, 1)
    assert frames.shape == (2, 96, c.FRAME_VALUES)
    loud, soft = (
        sound(frames[0], notes[0], c.key_hz(60), velocity, 0.5, 1) for velocity in (127, 64)
    )
    assert loud.shape == (SAMPLE_RATE // 2, 1)
    fall = Sound(soft, 60).loudness_db - Sound(loud, 60).loudness_db
    assert fall == pytest.approx(c.velocity_gain_db(64), abs=0.01)
    expected = tuning.expected_hz(c.key_hz(60), 1e-5, np.zeros(32))
    assert tuning.pitch_error_cents(loud, expected) == pytest.approx(0.0, abs=0.1)
    long = sound(frames[0], notes[0], c.key_hz(60), 127, 1.0, 1)
    assert np.all(long[-SAMPLE_RATE // 3 :] == 0.0)  # there are no more frames


def test_what_is_no_instrument_is_refused_in_a_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"nothing")
    with pytest.raises(InstrumentError, match="is not an instrument"):
        Instrument.open(broken)
