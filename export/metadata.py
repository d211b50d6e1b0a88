"""What an instrument file says of itself: timbres, level, credits and the card."""

from __future__ import annotations

import json
import math
from typing import Any, Final

import numpy as np
import torch

from export.card import Reports, card
from export.checkpoint import Checkpoint
from export.gm import programs_of, range_of, sustained_of
from rtsynth import contract as c

LICENSE: Final = "MIT"
CREDITS: Final = (
    "Trained on notes of two soundfonts: MuseScore_General, S. Christian Collins, 2018-2021 (MIT; "
    "parts CC0 or public domain), and Fluid R3 GM, Frank Wen, 2000-2002, 2008 (MIT)",
    "MuseScore_General builds on FluidR3Mono, Michael Cowgill, 2014-2017 (MIT), and that on Fluid "
    "R3 GM",
    "Fluid R3 GM was made with the help of Suren M. Seron, Scott Hanan, Steve Aupperle, Chris "
    "Gillman, Alex Taubr, Chris Prola, Andrew Klenk, Winfried Hubbe, Dylan, Tim, Gort, Uros Katic "
    "and Ethan Winer",
    "Splendid Grand piano from AKAI S5000 (public domain)",
    "Ensemble strings from Versilian Studios Chamber Orchestra 2.1.1 Community Edition, Sam "
    "Gossner, Simon Dalzell, Elan Hickler/Soundemote (CC0)",
)
PEAK_DBFS: Final = -12.0  # of a fortissimo note
FORTISSIMO: Final = 127.0
LOUD_SHARE: Final = 0.75  # this share of the fortissimo notes peaks below `PEAK_DBFS`
PAN_DB: Final = -3.0  # of a note in the middle, on each side


def level_db(checkpoint: Checkpoint) -> float:
    """Output gain at which `LOUD_SHARE` of the fortissimo notes peak below `PEAK_DBFS`."""
    peaks = []
    for timbre, latent in zip(checkpoint.timbres, checkpoint.latents, strict=True):
        low, high = range_of(checkpoint.about, timbre)
        keys = np.arange(low, high + 1, 4, dtype=np.float32)
        peaks += _peaks_db(checkpoint, latent, keys)
    return float(round(PEAK_DBFS - PAN_DB - float(np.quantile(peaks, LOUD_SHARE)), 2))


def _peaks_db(checkpoint: Checkpoint, latent: list[float], keys: Any) -> list[float]:
    """Peak in dB re full scale of fortissimo notes before `level_db`, phases at random."""
    steps, batch = 12, len(keys)
    generator = torch.Generator().manual_seed(3)
    shape = (batch, steps + 2 * c.CONTEXT_STEPS, c.STEP_NOISE_SIZE)
    key = torch.from_numpy(keys)
    with torch.no_grad():
        frames, note = checkpoint.generator(
            key,
            torch.full((batch,), FORTISSIMO),
            torch.tensor([latent]).expand(batch, -1),
            torch.zeros(batch),
            torch.randn(shape, generator=generator),
        )
    random = np.random.default_rng(4)
    power = (10.0 ** (frames[:, :, : c.PARTIALS].numpy() / 10.0)).sum(-1)  # (batch, frames)
    peaks = []
    for row, at in enumerate(power.argmax(-1)):
        amplitude = 10.0 ** (frames[row, at, : c.PARTIALS].numpy() / 20.0)
        amplitude[amplitude <= 1.01e-5] = 0.0
        phase = random.uniform(0.0, 2.0 * math.pi, (c.PARTIALS, 1))
        turns = np.arange(1, c.PARTIALS + 1)[:, None] * np.linspace(0.0, 2.0 * math.pi, 2048)
        wave = (amplitude[:, None] * np.cos(turns + phase)).sum(0)  # (2048,) one period
        gain = float(note[row, c.NOTE_FIELDS.index("gain_db")])
        peaks.append(20.0 * math.log10(max(float(np.abs(wave).max()), 1e-6)) + gain)
    return peaks


def build(
    checkpoint: Checkpoint,
    name: str,
    version: str,
    reports: Reports,
) -> dict[str, Any]:
    """The metadata object of an instrument file, without timbre space and stored check.

    Raises:
        ValueError: a report is not of the program that it should be of.
    """
    programs = programs_of(checkpoint.timbres)
    timbres = []
    for timbre, latent in zip(checkpoint.timbres, checkpoint.latents, strict=True):
        low, high = range_of(checkpoint.about, timbre)
        timbres.append(
            {
                "name": timbre,
                "latent": [round(value, 6) for value in latent],
                "low": low,
                "high": high,
                "programs": programs[timbre],
                "sustained": sustained_of(checkpoint.about, timbre),
            }
        )
    parameters = sum(p.numel() for p in checkpoint.generator.parameters())
    return {
        "contract_version": c.CONTRACT_VERSION,
        "name": name,
        "version": version,
        "license": LICENSE,
        "credits": list(CREDITS),
        "created_by": f"rtsynth export, PyTorch {torch.__version__}",
        "parameters": parameters,
        "level_db": level_db(checkpoint),
        "config": json.loads(checkpoint.config.to_json()),  # fine-tuning builds the network by it
        "timbres": timbres,
        "card": card(checkpoint, name, parameters, reports, CREDITS),
    }
