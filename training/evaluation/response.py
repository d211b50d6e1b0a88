"""How a sound answers to velocity, and how smoothly one timbre becomes another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import scipy.stats

from rtsynth import contract as c
from training.evaluation.measures import spectral_distance
from training.evaluation.playing import STEP_S, Instrument, Voice, opened, sound
from training.evaluation.recordings import Effort
from training.evaluation.spectra import WINDOWS, Sound

LOUDNESS_SLACK_DB: Final = 0.1  # so much less is not yet quieter
BRIGHTNESS_SLACK: Final = 0.01  # relative
MORPH_SECONDS: Final = 0.6
MORPH_VELOCITY: Final = 90


def share_rising(values: Sequence[float], slack: float) -> float:
    """Share of neighbours that do not fall by more than `slack`."""
    return float(np.mean(np.diff(np.asarray(values)) >= -slack))


def rank_correlation(values: Sequence[float]) -> float:
    """Spearman's rank correlation with the order they are in; 0 where all are the same."""
    if np.ptp(np.asarray(values)) < 1e-9:
        return 0.0
    return float(scipy.stats.spearmanr(np.arange(len(values)), values).statistic)


def velocity_response(ladders: Sequence[tuple[list[float], list[float]]]) -> dict[str, float]:
    """Means over ladders of (loudness in dB, centroid in Hz) from soft to loud."""
    if not ladders:
        return {}
    loud = [one for one, _ in ladders]
    bright = [one for _, one in ladders]
    return {
        "louder": 100.0 * float(np.mean([share_rising(v, LOUDNESS_SLACK_DB) for v in loud])),
        "louder_rank": float(np.mean([rank_correlation(v) for v in loud])),
        "brighter": 100.0
        * float(np.mean([share_rising(np.log(v).tolist(), BRIGHTNESS_SLACK) for v in bright])),
        "brighter_rank": float(np.mean([rank_correlation(v) for v in bright])),
    }


@dataclass(frozen=True)
class Morph:
    """A walk in a straight line from one timbre's latent to another's, on one key."""

    first: str
    last: str
    key: int
    largest_step: float  # of the log-spectral distances of neighbours, relative to their mean
    mean_step_db: float
    dip_db: float  # how far the loudness falls below the quieter end, 0 or more


def pairs(voices: Sequence[Voice], count: int, seed: int) -> list[tuple[Voice, Voice]]:
    """Pairs of timbres, drawn at random, each timbre about equally often."""
    random = np.random.default_rng(seed)
    found: list[tuple[Voice, Voice]] = []
    while len(found) < count and len(voices) > 1:
        order = random.permutation(len(voices))
        found += [(voices[a], voices[b]) for a, b in zip(order[::2], order[1::2], strict=False)]
    return found[:count]


@dataclass(frozen=True)
class Walk:
    """What a process is told of one morph."""

    instrument: Path
    first: str
    last: str
    steps: int
    seed: int


def walks(path: Path, timbres: Sequence[str], effort: Effort) -> list[Walk]:
    """The morphs of an instrument that are played."""
    voices = Instrument.open(path).voices
    chosen = pairs([voices[name] for name in timbres], effort.morphs, effort.seed)
    return [Walk(path, a.name, b.name, effort.morph_steps, effort.seed) for a, b in chosen]


def run_walk(told: Walk) -> Morph:
    """Play one morph, in a process of its own."""
    instrument = opened(told.instrument)
    first, last = instrument.voices[told.first], instrument.voices[told.last]
    return walk(instrument, first, last, told.steps, told.seed)


def walk(instrument: Instrument, first: Voice, last: Voice, steps: int, seed: int) -> Morph:
    """Play a morph in `steps` equal steps; chance is the same at each of them."""
    low, high = max(first.low, last.low), min(first.high, last.high)
    key = (low + high) // 2  # between the ranges where they do not meet
    share = np.linspace(0.0, 1.0, steps + 1)[:, None]
    latents = (1.0 - share) * np.asarray(first.latent) + share * np.asarray(last.latent)
    count = int(np.ceil(MORPH_SECONDS / STEP_S))
    sounds = []
    for latent in latents:  # one at a time: each with the same noise
        frames, note = instrument.frames(latent, [key], [MORPH_VELOCITY], count, seed)
        f0_hz = c.key_hz(key)
        audio = sound(frames[0], note[0], f0_hz, MORPH_VELOCITY, MORPH_SECONDS, seed)
        sounds.append(Sound(audio, key))
    window = WINDOWS[-1]
    moved = [
        0.5 * (spectral_distance(a, b, window) + spectral_distance(b, a, window))
        for a, b in pairwise(sounds)
    ]
    loudness = [each.loudness_db for each in sounds]
    dip = min(loudness[0], loudness[-1]) - min(loudness)
    mean = float(np.mean(moved))
    return Morph(first.name, last.name, key, max(moved) / max(mean, 1e-9), mean, dip)


def summary(morphs: Sequence[Morph]) -> dict[str, float]:
    """Medians, and the worst, over all morphs."""
    if not morphs:
        return {}
    steps, dips = [m.largest_step for m in morphs], [m.dip_db for m in morphs]
    return {
        "morph_step": float(np.median(steps)),
        "morph_step_worst": float(np.max(steps)),
        "morph_dip": float(np.median(dips)),
        "morph_dip_worst": float(np.max(dips)),
    }
