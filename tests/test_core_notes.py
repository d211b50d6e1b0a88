"""What a note sounds like, against the contract: places of partials, leans, variation."""

import numpy as np
import pytest

from rtsynth import contract
from rtsynth._core import Engine
from rtsynth.codec.resynthesis import Played, resynthesise

RATE_HZ = 48000.0


def note_engine(seed: int = 0, variation: float = 0.0) -> Engine:
    return Engine(RATE_HZ, arena_mib=8, seed=seed, variation=variation)


def played(engine: Engine, samples: int) -> np.ndarray:
    out = np.empty((samples, 2), np.float32)
    engine.render(out)
    return out


def sine_frames(partial: int = 1) -> np.ndarray:
    """Sixteen pages of one partial at 0 dB."""
    frames = np.full(
        (16 * contract.PAGE_FRAMES, contract.FRAME_VALUES), contract.FLOOR_DB, np.float32
    )
    frames[:, [partial - 1, contract.FRAME_PITCH]] = 0.0
    return frames


def note_with(**values: float) -> np.ndarray:
    """Note values: those of NOTE_FIELDS given, no detunes."""
    note = np.zeros(contract.NOTE_VALUES, np.float32)
    note[:4] = (-8.0, -20.0, 0.0, -100.0)
    for name, value in values.items():
        note[contract.NOTE_FIELDS.index(name)] = value
    return note


def spectrum_peak_hz(x: np.ndarray) -> float:
    """Frequency of the loudest line, within 0.1 Hz (parabola through the logarithm)."""
    levels = np.log(np.abs(np.fft.rfft(x * np.hanning(len(x)))) + 1e-12)
    i = int(levels.argmax())
    left, middle, right = levels[i - 1 : i + 2]
    return (i + 0.5 * (left - right) / (left - 2 * middle + right)) * RATE_HZ / len(x)


@pytest.mark.parametrize("k", [1, 2, 5, 32, 33])
def test_partials_lie_where_the_contract_says(k):
    engine = note_engine()
    note = note_with(inharmonicity_log10=-4.0)
    detunes = np.linspace(-400.0, 400.0, contract.DETUNED_PARTIALS)
    note[contract.NOTE_DETUNE :] = detunes
    frames = sine_frames(k)
    frames[:, contract.FRAME_PITCH] = 25.0
    assert engine.put(0, 45, 7, 0, frames, note)
    engine.midi(0x90, 45, 127)
    cents = 25.0 + (detunes[k - 1] if 1 < k <= contract.DETUNED_PARTIALS else 0.0)
    wanted = contract.partial_hz(contract.key_hz(45), k, 1e-4) * 2.0 ** (cents / 1200.0)
    heard = spectrum_peak_hz(played(engine, 72000)[12000:, 0])
    assert 1200.0 * abs(np.log2(heard / wanted)) < 1.0


@pytest.mark.parametrize("k", [1, 2, 3, 50])
def test_a_wide_note_leans_as_the_contract_says(k):
    energies = []
    for width in (0.0, 0.8):
        engine = note_engine()
        assert engine.put(0, 64, 7, 0, sine_frames(k), note_with(width=width))
        engine.midi(0x90, 64, 127)  # the key in the middle: no pan of its own
        energies.append((played(engine, 48000)[4800:] ** 2).sum(axis=0))
    narrow, wide = energies
    assert narrow[0] == pytest.approx(narrow[1], rel=1e-5)
    lean = 0.8 * contract.stereo_lean(k)
    assert wide[1] / wide[0] == pytest.approx(((1 + lean) / (1 - lean)) ** 2, rel=1e-3)
    assert wide.sum() == pytest.approx(narrow.sum(), rel=1e-3)


def repeated(seed: int) -> np.ndarray:
    """Six times the same note, half a second each: (6, samples) of the left side."""
    engine = note_engine(seed, variation=1.0)
    frames = sine_frames()
    frames[:, : contract.PARTIALS] = -6.0 * np.log2(np.arange(1, contract.PARTIALS + 1))
    assert engine.put(0, 57, 7, 0, frames, note_with())
    notes = []
    for _ in range(6):
        engine.midi(0x90, 57, 127)
        notes.append(played(engine, 24000)[:, 0])
        engine.midi(0x80, 57, 0)
        played(engine, 48000)
    return np.array(notes)


def test_repeated_notes_vary_a_little_and_a_seed_repeats_them():
    notes = repeated(1)
    powers = np.abs(np.fft.rfft(notes[:, 4800:] * np.hanning(19200), axis=1)) ** 2
    lines = 88 * np.arange(1, 17)  # 220 Hz and its partials
    levels = 10.0 * np.log10(sum(powers[:, lines + side] for side in (-1, 0, 1)))
    spread = levels.std(axis=0)
    assert 0.1 < np.median(spread) < 1.5
    assert np.ptp(levels, axis=0).max() < 5.0
    np.testing.assert_array_equal(repeated(1), notes)
    assert not np.array_equal(repeated(2), notes)


def test_the_codec_plays_a_note_as_the_core_does():
    rng = np.random.default_rng(1)
    frames = np.full((256, contract.FRAME_VALUES), contract.FLOOR_DB, np.float32)
    frames[:, :40] = -0.5 * np.arange(40)
    vibrato = 30.0 * np.sin(2 * np.pi * 5 * np.arange(256) / contract.FRAME_RATE_HZ)
    frames[:, contract.FRAME_PITCH] = vibrato
    note = note_with(inharmonicity_log10=-4.0, gain_db=-40.0, width=0.6)
    detunes = rng.normal(0.0, 30.0, contract.DETUNED_PARTIALS)
    detunes[0] = 0.0
    note[contract.NOTE_DETUNE :] = detunes
    engine = note_engine()
    assert engine.put(0, 64, 7, 0, frames, note)
    engine.midi(0xB0, 7, 127)
    played(engine, 9600)
    engine.midi(0x90, 64, 127)
    core = played(engine, 60000)
    codec = resynthesise(frames, Played(contract.key_hz(64), 1e-4, -40.0, 0.6, detunes))
    part = slice(4800, 4800 + 32768)
    window = np.hanning(32768)[:, None]
    levels = []
    for sound in (core * np.sqrt(2.0), codec):  # a pan in the middle takes 3 dB from each side
        power = np.abs(np.fft.rfft(sound[part] * window, axis=0)) ** 2
        bands = power[: 200 * 60].reshape(60, 200, 2).sum(axis=1)  # of 293 Hz
        levels.append(10.0 * np.log10(bands))
    core_db, codec_db = levels
    heard = codec_db > codec_db.max() - 40.0
    assert heard.sum() > 80
    assert np.abs(core_db - codec_db)[heard].max() < 0.3
