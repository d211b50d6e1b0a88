"""The analysis must find what a synthetic note was made of."""

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("scipy")

from rtsynth.codec.analysis import (
    SilentNoteError,
    analyse,
    find_onset,
    release_db_per_s,
    stereo_width,
)
from rtsynth.codec.pitch import HOP, SAMPLE_RATE, fit_pitch
from rtsynth.codec.resynthesis import Played, resynthesise
from rtsynth.contract import (
    DETUNED_PARTIALS,
    FLOOR_DB,
    FRAME_LEVELS,
    FRAME_PITCH,
    FRAME_VALUES,
    NOISE_BANDS,
    PARTIALS,
    key_hz,
    noise_edge_hz,
    partial_hz,
)

Floats = npt.NDArray[np.float64]


def tone(
    f0_hz: float,
    levels_db: list[float],
    seconds: float = 2.0,
    inharmonicity: float = 0.0,
    decay_db_per_s: float = 0.0,
) -> Floats:
    """A stereo note, (samples, 2); its channels differ in phase only."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    out = np.zeros((len(t), 2))
    rng = np.random.default_rng(3)
    for k, level in enumerate(levels_db, 1):
        hz = partial_hz(f0_hz, k, inharmonicity)
        for channel in range(2):
            phase = rng.uniform(0.0, 2.0 * np.pi)
            out[:, channel] += 10.0 ** (level / 20.0) * np.sin(2.0 * np.pi * hz * t + phase)
    return out * 10.0 ** (-decay_db_per_s * t / 20.0)[:, None]


def single(audio: Floats) -> npt.NDArray[np.float32]:
    return audio.astype(np.float32)


@pytest.mark.parametrize("key", [28, 45, 60, 84])
def test_partial_levels(key: int) -> None:
    levels = [-20.0, -26.0, -40.0, -23.0, -60.0]
    found = analyse(single(tone(key_hz(key), levels)), key, sustained=True)
    got = np.median(found.frames[40:-40, : len(levels)], axis=0) + found.reference_db
    assert np.allclose(got, levels, atol=0.3)
    assert np.all(found.frames[40:-40, len(levels) : PARTIALS] < -75.0)


def test_reference_is_the_loudest_frames_rms() -> None:
    found = analyse(single(tone(220.0, [-20.0, -20.0])), 57, sustained=True)
    assert found.reference_db == pytest.approx(-20.0, abs=0.3)
    power = 10.0 ** (found.frames[:, :FRAME_LEVELS].astype(np.float64) / 10.0)
    total = 0.5 * power[:, :PARTIALS].sum(axis=1) + power[:, PARTIALS:].sum(axis=1)
    assert 10.0 * np.log10(total.max()) == pytest.approx(0.0, abs=0.01)
    assert found.frames.shape == (375, FRAME_VALUES)
    assert found.frames[:, :FRAME_LEVELS].min() >= FLOOR_DB


@pytest.mark.parametrize(("key", "b", "cents"), [(33, 2e-4, -8.0), (60, 3e-4, 5.0), (84, 2e-3, 0)])
def test_stretched_partials(key: int, b: float, cents: float) -> None:
    f0_hz = key_hz(key) * 2.0 ** (cents / 1200.0)
    count = min(24, int(15_000 / f0_hz))
    audio = single(tone(f0_hz, [-20.0 - 2.0 * k for k in range(count)], inharmonicity=b))
    pitch = fit_pitch(audio, key, stiffness=1.5 * b)
    assert pitch.cents == pytest.approx(cents, abs=0.5)
    assert pitch.inharmonicity == pytest.approx(b, rel=0.1)


@pytest.mark.parametrize("key", [40, 69])
def test_noise_between_the_partials(key: int) -> None:
    rng = np.random.default_rng(5)
    audio = tone(key_hz(key), [-20.0, -30.0, -30.0], seconds=3.0)
    rms_db = -50.0
    audio += 10.0 ** (rms_db / 20.0) * rng.standard_normal(audio.shape)
    found = analyse(single(audio), key, sustained=True)
    got = np.mean(10.0 ** (found.frames[60:-60, PARTIALS:FRAME_LEVELS] / 10.0), axis=0)
    widths = np.diff([noise_edge_hz(edge) for edge in range(NOISE_BANDS + 1)])
    expected = rms_db + 10.0 * np.log10(widths / (SAMPLE_RATE / 2))
    error = 10.0 * np.log10(got) + found.reference_db - expected
    assert np.all(np.abs(error) < 2.5)
    assert abs(float(np.mean(error))) < 1.2


def test_noise_of_clean_partials_is_low() -> None:
    found = analyse(single(tone(key_hz(60), [-20.0] * 20)), 60, sustained=True)
    assert np.median(found.frames[40:-40, PARTIALS:]) < -70.0


@pytest.mark.parametrize("key", [28, 50, 90])
def test_an_abrupt_attack_stays_abrupt(key: int) -> None:
    audio = single(tone(key_hz(key), [-20.0, -22.0, -24.0, -26.0], decay_db_per_s=20.0))
    found = analyse(audio, key, sustained=False)
    assert np.all(np.abs(found.frames[:4, :4] - found.frames[20, :4]) < 6.0)


def test_a_slow_attack_stays_slow() -> None:
    audio = tone(110.0, [-20.0, -20.0, -20.0])
    rise = np.minimum(np.arange(len(audio)) / (0.1 * SAMPLE_RATE), 1.0)
    found = analyse(single(audio * rise[:, None]), 45, sustained=True)
    at_10_ms = found.frames[2, :3].mean() - found.frames[40, :3].mean()
    assert at_10_ms == pytest.approx(-20.0, abs=4.0)


def test_vibrato_is_followed() -> None:
    t = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    bend = 2.0 ** (25.0 / 1200.0 * np.sin(2.0 * np.pi * 5.5 * t))
    phase = 2.0 * np.pi * 880.0 * np.cumsum(bend) / SAMPLE_RATE
    audio = sum(0.1 / k * np.sin(k * phase) for k in range(1, 9))
    found = analyse(np.stack([audio, audio], axis=1).astype(np.float32), 81, sustained=True)
    first = found.frames[60:-60, 0]
    assert float(np.std(first)) < 0.8
    assert np.median(found.frames[60:-60, PARTIALS:FRAME_LEVELS]) < -55.0
    swing = 25.0 * np.sin(2.0 * np.pi * 5.5 * np.arange(len(found.frames)) * HOP / SAMPLE_RATE)
    miss = found.frames[60:-60, FRAME_PITCH] - swing[60:-60]
    assert float(np.abs(miss).max()) < 0.17 * 25.0  # at the turns, which the smoothing rounds
    assert abs(found.pitch.cents) < 0.5


def test_a_steady_pitch_stands_still() -> None:
    found = analyse(single(tone(key_hz(60), [-20.0, -26.0, -30.0])), 60, sustained=True)
    assert np.all(found.frames[:, FRAME_PITCH] == 0.0)


def test_a_bar_keeps_its_own_partials() -> None:
    f0_hz, ratios = key_hz(72), (1.0, 2.76, 5.40, 8.93)  # of a free bar
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    rings = [np.sin(2.0 * np.pi * f0_hz * r * t) * 10.0 ** (-3.0 * t) for r in ratios]
    audio = np.repeat(0.1 * np.sum(rings, axis=0)[:, None], 2, axis=1)
    found = analyse(single(audio), 72, sustained=False, kind="bar")
    hz = found.pitch.partials_hz()
    for ratio in ratios:
        k = round(ratio)
        assert 1200.0 * np.log2(hz[k - 1] / (f0_hz * ratio)) == pytest.approx(0.0, abs=1.0)
        assert found.frames[10, k - 1] > found.frames[10, :PARTIALS].max() - 3.0
    assert found.pitch.detune_cents.shape == (DETUNED_PARTIALS,)
    assert found.pitch.detune_cents[0] == 0.0


def test_a_sound_without_pitch_is_noise_alone() -> None:
    rng = np.random.default_rng(7)
    fall = 10.0 ** (-np.arange(SAMPLE_RATE) / SAMPLE_RATE)[:, None]
    audio = single(0.1 * rng.standard_normal((SAMPLE_RATE, 2)) * fall)
    found = analyse(audio, 40, sustained=False, kind="noise")
    assert np.all(found.frames[:, :PARTIALS] == FLOOR_DB)
    assert np.all(found.frames[:, FRAME_PITCH] == 0.0)
    played = resynthesise(found.frames, Played(100.0, gain_db=found.reference_db))
    level = [float(np.mean(x[:20_000].astype(np.float64) ** 2)) for x in (audio, played)]
    assert 10.0 * np.log10(level[1] / level[0]) == pytest.approx(-20.0 * 0.018, abs=0.6)


def test_width_follows_the_sides() -> None:
    mono = tone(220.0, [-20.0, -26.0])[:, :1]
    assert stereo_width(single(np.hstack([mono, mono]))) == pytest.approx(0.0, abs=1e-6)
    assert stereo_width(single(np.hstack([mono, 0.5 * mono]))) == pytest.approx(0.0, abs=1e-6)
    rng = np.random.default_rng(8)
    apart = rng.standard_normal((SAMPLE_RATE, 2))
    assert stereo_width(single(apart)) == pytest.approx(1.0, abs=1e-6)
    frames = np.full((200, FRAME_VALUES), FLOOR_DB, np.float32)
    frames[:, :60] = -20.0
    frames[:, FRAME_PITCH] = 0.0
    made = resynthesise(frames, Played(110.0, width=0.5))
    assert stereo_width(made) == pytest.approx(0.5, abs=0.05)


def test_onset_and_release() -> None:
    audio = np.concatenate([np.zeros((1234, 2)), tone(300.0, [-6.0], 0.5)])
    assert find_onset(single(audio)) == pytest.approx(1234, abs=3)
    falling = single(tone(300.0, [-6.0], 1.0, decay_db_per_s=120.0))
    assert release_db_per_s(falling) == pytest.approx(-120.0, rel=0.05)


def test_silence_is_an_error() -> None:
    with pytest.raises(SilentNoteError):
        find_onset(np.zeros((48_000, 2), np.float32))


def test_decaying_note_ends_and_falls_on() -> None:
    audio = single(tone(300.0, [-6.0, -12.0], 4.0, decay_db_per_s=40.0))
    found = analyse(audio, 62, sustained=False)
    assert len(found.frames) == pytest.approx(70.0 / 40.0 * SAMPLE_RATE / HOP, rel=0.03)
    assert found.tail_db_per_s == pytest.approx(-40.0, rel=0.05)


@pytest.mark.parametrize("width", [0.0, 0.8])
def test_frames_survive_a_round_trip(width: float) -> None:
    frames = np.full((600, FRAME_VALUES), FLOOR_DB, np.float32)
    frames[:, [0, 1, 4]] = [-3.0, -9.0, -30.0]
    frames[:, PARTIALS + 20] = -40.0
    frames[:, FRAME_PITCH] = 0.0
    audio = resynthesise(frames, Played(220.0, gain_db=-10.0, width=width))
    assert audio.shape == (600 * HOP, 2)
    assert np.array_equal(audio[:, 0], audio[:, 1]) == (width == 0.0)
    found = analyse(audio, 57, sustained=True)
    again = found.frames[40:560] + found.reference_db + 10.0
    assert np.allclose(np.median(again[:, [0, 1, 4]], axis=0), [-3.0, -9.0, -30.0], atol=0.3)
    band = 10.0 * np.log10(np.mean(10.0 ** (again[:, PARTIALS + 20] / 10.0)))
    assert band == pytest.approx(-40.0, abs=1.5)


def test_a_moving_pitch_survives_a_round_trip() -> None:
    frames = np.full((400, FRAME_VALUES), FLOOR_DB, np.float32)
    frames[:, :6] = [-3.0, -9.0, -12.0, -20.0, -20.0, -30.0]
    time_s = np.arange(400) * HOP / SAMPLE_RATE
    frames[:, FRAME_PITCH] = 30.0 * np.sin(2.0 * np.pi * 5.0 * time_s)
    found = analyse(resynthesise(frames, Played(440.0)), 69, sustained=True)
    miss = found.frames[40:360, FRAME_PITCH] - frames[40:360, FRAME_PITCH]
    assert float(np.abs(miss).max()) < 0.17 * 30.0  # at the turns, which the smoothing rounds
    levels = np.median(found.frames[40:360, :6] + found.reference_db, axis=0)
    assert np.allclose(levels, frames[0, :6], atol=0.3)
