"""Distances of sounds, on pairs whose distance is known."""

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("librosa")

from rtsynth.contract import key_hz, partial_hz
from training.evaluation import measures, tuning
from training.evaluation.spectra import SAMPLE_RATE, Sound, stft_power

Audio = npt.NDArray[np.float32]
KEY = 69


def noise(seconds: float = 1.0, channels: int = 1) -> Audio:
    random = np.random.default_rng(0)
    shape = (round(seconds * SAMPLE_RATE), channels)
    return (0.1 * random.standard_normal(shape)).astype(np.float32)


def tone(hz: float = 440.0, seconds: float = 1.0) -> Audio:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.5 * np.sin(2.0 * np.pi * hz * t))[:, None].astype(np.float32)


def shaped(audio: Audio, level_db: npt.NDArray[np.float64]) -> Audio:
    return (audio * 10.0 ** (level_db[:, None] / 20.0)).astype(np.float32)


def seconds_of(audio: Audio) -> npt.NDArray[np.float64]:
    return np.arange(len(audio)) / SAMPLE_RATE


def test_a_sound_is_at_no_distance_from_itself() -> None:
    fading = shaped(noise(2.0), -20.0 * seconds_of(noise(2.0)))
    found = measures.compare(Sound(fading, KEY), Sound(fading, KEY), decaying=True)
    assert set(found) == set(measures.PAIRED)
    assert all(value == pytest.approx(0.0, abs=1e-9) for value in found.values())


def test_a_gain_of_6_db_is_6_db_of_spectral_distance_and_of_loudness() -> None:
    quiet, loud = noise(), noise() * 10.0 ** (6.0 / 20.0)
    found = measures.compare(Sound(loud, KEY), Sound(quiet, KEY), decaying=False)
    assert found["lsd"] == pytest.approx(6.0, abs=1e-3)
    assert found["loudness"] == pytest.approx(6.0, abs=1e-3)
    assert found["mfcc"] == pytest.approx(0.0, abs=1e-3)  # a level is no timbre
    assert found["centroid"] == pytest.approx(0.0, abs=1e-3)
    assert np.isnan(found["decay"])


def test_what_is_below_the_floor_or_in_silent_frames_does_not_count() -> None:
    real = tone()
    faint = real + 1e-7 * noise()
    assert measures.log_spectral_distance(Sound(faint, KEY), Sound(real, KEY)) < 0.01
    ended = np.concatenate([real, np.zeros_like(real)])
    going_on = np.concatenate([real, 0.5 * noise()])
    near = measures.log_spectral_distance(Sound(going_on, KEY), Sound(ended, KEY))
    assert near < measures.log_spectral_distance(Sound(going_on, KEY), Sound(going_on * 2, KEY))


def test_channels_count_by_their_mean_power() -> None:
    mono = noise()
    wide = np.concatenate([mono * np.sqrt(2.0), np.zeros_like(mono)], axis=1)
    assert np.allclose(stft_power(wide, 512), stft_power(mono, 512), rtol=1e-4)
    found = measures.compare(Sound(wide, KEY), Sound(mono, KEY), decaying=False)
    assert found["lsd"] == pytest.approx(0.0, abs=1e-3)


def test_the_spectrum_of_a_sine_peaks_at_its_power() -> None:
    power = stft_power(tone(480.0 * SAMPLE_RATE / 48_000), 2000)
    assert power[10].max() == pytest.approx((0.5 / 2.0) ** 2, rel=0.01)


def test_the_attack_time_of_a_ramp() -> None:
    for ramp_s in (0.05, 0.2):
        level = np.minimum(seconds_of(tone()) / ramp_s, 1.0)
        sound = Sound((tone(1000.0) * level[:, None]).astype(np.float32), 83)
        assert measures.attack_s(sound) == pytest.approx(0.5 * ramp_s, abs=0.004)


def test_a_decay_of_half_the_time_is_off_by_half() -> None:
    slow = shaped(tone(seconds=2.0), -15.0 * seconds_of(tone(seconds=2.0)))
    fast = shaped(tone(seconds=2.0), -30.0 * seconds_of(tone(seconds=2.0)))
    assert measures.decay_error(Sound(fast, KEY), Sound(slow, KEY)) == pytest.approx(50.0, abs=1.0)
    assert measures.decay_error(Sound(slow, KEY), Sound(fast, KEY)) == pytest.approx(100.0, abs=2.0)
    assert np.isnan(measures.decay_error(Sound(fast, KEY), Sound(tone(seconds=2.0), KEY)))


def test_a_texture_that_is_smoothed_away_is_noticed() -> None:
    rough = noise(2.0)
    t = seconds_of(rough)
    moving = shaped(rough, 6.0 * np.sin(2.0 * np.pi * 5.0 * t))
    assert measures.fluctuation_error(Sound(rough, KEY), Sound(moving, KEY)) > 1.0
    again = shaped(rough[::-1], 6.0 * np.cos(2.0 * np.pi * 5.0 * t))
    assert measures.fluctuation_error(Sound(again, KEY), Sound(moving, KEY)) < 0.5


def test_the_centroid_of_two_octaves() -> None:
    found = measures.compare(Sound(tone(2000.0), KEY), Sound(tone(1000.0), KEY), decaying=False)
    assert found["centroid"] == pytest.approx(100.0, abs=6.0)


@pytest.mark.parametrize("key", [28, 45, 69, 96])
@pytest.mark.parametrize("cents", [-4.0, 0.0, 0.5])
def test_a_note_that_is_out_of_tune_is_found_so(key: int, cents: float) -> None:
    none = np.zeros(32)
    expected = tuning.expected_hz(key_hz(key), 1e-4, none)
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    shift = 2.0 ** (cents / 1200.0)
    audio = sum(
        0.3 / k * np.sin(2.0 * np.pi * shift * partial_hz(key_hz(key), k, 1e-4) * t)
        for k in range(1, 9)
        if partial_hz(key_hz(key), k, 1e-4) < 20_000.0
    )
    found = tuning.pitch_error_cents(np.asarray(audio, np.float32)[:, None], expected)
    assert found == pytest.approx(cents, abs=0.05)


def test_a_bells_own_partials_are_expected_where_it_has_them() -> None:
    detune = np.zeros(32)
    detune[1:4] = (300.0, -250.0, 120.0)
    expected = tuning.expected_hz(440.0, 1e-8, detune)
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    audio = sum(0.2 * np.sin(2.0 * np.pi * hz * t) for hz in expected[:4])
    found = tuning.pitch_error_cents(np.asarray(audio, np.float32)[:, None], expected)
    assert found == pytest.approx(0.0, abs=0.05)
    assert np.isnan(tuning.pitch_error_cents(np.zeros((SAMPLE_RATE, 1), np.float32), expected))
