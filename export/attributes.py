"""What can be heard of a note, measured on its frames: the axes of the named directions."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtsynth import contract as c

Floats = NDArray[np.float32]

ATTRIBUTES: Final = ("bright", "hard", "breathy", "long", "loudness", "pitch")
BODY: Final = slice(round(0.1 * c.FRAME_RATE_HZ), None)  # frames behind the attack
ATTACK_FRAMES: Final = round(0.4 * c.FRAME_RATE_HZ)
ATTACK_FLOOR_S: Final = 2e-3  # quicker than a frame is all the same
DECAY_DB: Final = 20.0
LONGEST_S: Final = 8.0
NOISE_FLOOR: Final = 1e-7  # power re the note's loudest frame: where all noise is inaudible


def measure(frames: Floats, note: Floats, keys: Floats) -> Floats:
    """Attributes (batch, len(ATTRIBUTES)) of notes, from frames that begin at the onset.

    Args:
        frames: (batch, frames, FRAME_VALUES), at least half a second.
        note: (batch, NOTE_VALUES).
        keys: (batch,) MIDI keys.

    Returns:
        bright: log2 of the spectral centroid over the fundamental, hard: -log10 of the attack time
        in s, breathy: noise to partials in dB, long: log10 of the times in s that the held and the
        released note take to fall by 20 dB, averaged, loudness: A-weighted level in dB, pitch: mean
        deviation in cents.
    """
    partials = np.exp2(frames[..., : c.PARTIALS] * np.float32(math.log2(10.0) / 10.0))  # power
    noise = np.exp2(frames[..., c.PARTIALS : c.FRAME_LEVELS] * np.float32(math.log2(10.0) / 10.0))
    envelope = 0.5 * partials.sum(-1) + noise.sum(-1)  # (batch, frames) mean square
    spectrum = 0.5 * partials.mean(1)  # (batch, PARTIALS)
    hiss = noise[:, BODY].mean(1).sum(-1)
    tone = 0.5 * partials[:, BODY].mean(1).sum(-1)
    return np.stack(
        [
            _centroid(spectrum),
            -np.log10(_attack_s(envelope) + ATTACK_FLOOR_S),
            10.0 * np.log10((hiss + NOISE_FLOOR) / (tone + NOISE_FLOOR)),
            0.5 * (np.log10(_decay_s(envelope, _field(note, "tail_db_per_s"))) + _release(note)),
            _loudness_db(spectrum, noise.mean(1), keys) + _field(note, "gain_db"),
            frames[..., c.FRAME_PITCH].mean(1),
        ],
        axis=1,
    ).astype(np.float32)


def _field(note: Floats, name: str) -> Floats:
    return note[:, c.NOTE_FIELDS.index(name)]


def _centroid(power: Floats) -> Floats:
    """log2 of the centroid of amplitudes, in partials."""
    amplitude = np.sqrt(power)
    number = np.arange(1, c.PARTIALS + 1, dtype=np.float32)
    centre: Floats = np.log2((amplitude * number).sum(-1) / (amplitude.sum(-1) + 1e-9) + 1e-9)
    return centre


def _attack_s(envelope: Floats) -> Floats:
    """How long the level lacks of its maximum, in s: a smooth measure of the rise."""
    level = np.sqrt(envelope[:, :ATTACK_FRAMES])
    risen = np.maximum.accumulate(level, axis=1)
    lack: Floats = (1.0 - risen / (risen[:, -1:] + 1e-9)).sum(1) * np.float32(c.HOP_S)
    return lack


def _decay_s(envelope: Floats, tail_db_per_s: Floats) -> Floats:
    """Seconds in which the held note falls by `DECAY_DB`, from its energy: a smooth measure.

    An exponential decay has the energy peak / rate; what the frames do not reach, the tail does.
    """
    slope = np.maximum(-tail_db_per_s, DECAY_DB / LONGEST_S)  # dB/s
    per_neper = 10.0 / math.log(10.0)  # dB of power
    energy = envelope.sum(1) * c.HOP_S + envelope[:, -8:].mean(1) * per_neper / slope
    fall: Floats = energy / (envelope.max(1) + 1e-9) * (DECAY_DB / per_neper)
    return np.clip(fall, 0.01, LONGEST_S)


def _release(note: Floats) -> Floats:
    """log10 of the seconds in which the released note falls by `DECAY_DB`."""
    slope = np.minimum(_field(note, "release_db_per_s"), -3.0)
    seconds: Floats = np.log10(DECAY_DB / -slope)
    return seconds


def _loudness_db(partials: Floats, noise: Floats, keys: Floats) -> Floats:
    number = np.arange(1, c.PARTIALS + 1, dtype=np.float32)
    f0 = np.array([c.key_hz(float(key)) for key in keys], np.float32)
    hz = f0[:, None] * number  # (batch, PARTIALS)
    middles = np.array(
        [math.sqrt(c.noise_edge_hz(max(b, 1)) * c.noise_edge_hz(b + 1)) if b else 30.0
         for b in range(c.NOISE_BANDS)],
        np.float32,
    )  # fmt: skip
    power = (partials * a_weight(hz)).sum(-1) + (noise * a_weight(middles)).sum(-1)
    level: Floats = 10.0 * np.log10(power + 1e-12)
    return level


def a_weight(hz: Floats) -> Floats:
    """Power weight of a frequency in Hz (IEC 61672-1), 1 at 1 kHz; 0 above the audible range."""
    square = np.square(np.asarray(hz, np.float64))
    response = (12194.0**2 * square**2) / (
        (square + 20.6**2)
        * np.sqrt((square + 107.7**2) * (square + 737.9**2))
        * (square + 12194.0**2)
    )
    weight: Floats = np.where(hz < c.NOISE_TOP_HZ, np.square(1.2589 * response), 0.0)
    return weight
