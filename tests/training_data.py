"""A tiny synthetic data set in the layout of the real one, and a tiny configuration."""

import json
from pathlib import Path
from unittest import mock

import numpy as np

from rtsynth import contract as c
from training.config import Config

TINY = Config(
    width=32,
    middle_width=24,
    frame_width=24,
    condition_width=24,
    note_width=24,
    encoder_width=16,
    discriminator_width=16,
    batch=8,
    course_width=24,
    crop_frames=64,
    long_factor=4,
    adversary_start=0.12,
    prior_rows=2,
    adversary_rows=4,
    penalty_every=2,
    warmup_steps=5,
    precision="32-true",
)
NAMES = ("piano", "organ")
FRAMES = 120


def write_data_set(folder: Path) -> Path:
    """Two timbres, a key in seven, two velocities: a decaying one and a sustained one."""
    random = np.random.default_rng(0)
    for number, name in enumerate(NAMES):
        rows: list[dict[str, object]] = []
        frames = []
        for key in range(c.KEY_LOW, c.KEY_HIGH + 1, 7):
            for velocity in (40, 110):
                rows.append(_row(name, number, key, velocity, len(rows) * FRAMES))
                frames.append(_frames(key, velocity, number, random))
        (folder / name).mkdir(parents=True)
        np.save(folder / name / "frames.npy", np.concatenate(frames).astype(np.float16))
        (folder / name / "notes.json").write_text(json.dumps(rows), "utf-8")
    about = {
        "contract_version": c.CONTRACT_VERSION,
        "soundfont": "none",
        "timbres": list(NAMES),
        "sustained": {"piano": False, "organ": True},
        "programs": {"piano": 0, "organ": 19},
        "ranges": {"piano": [21, 108], "organ": [36, 96]},
    }
    (folder / "dataset.json").write_text(json.dumps(about), "utf-8")
    return folder


def _row(name: str, number: int, key: int, velocity: int, start: int) -> dict[str, object]:
    return {
        "timbre": name,
        "program": 19 * number,
        "key": key,
        "velocity": velocity,
        "start": start,
        "frames": FRAMES,
        "inharmonicity_log10": -4.0,
        "gain_db": -20.0,
        "tail_db_per_s": 0.0 if number else -20.0,
        "release_db_per_s": -80.0,
        "width": 0.25,
        "detune_cents": [0.0] + [10.0 * number] * (c.DETUNED_PARTIALS - 1),
        "pitched": True,
        "cents": 0.0,
        "held_out": key % 6 == 3,
        "held_out_velocity": False,
        "sustained": bool(number),
    }


def _frames(key: int, velocity: int, number: int, random: np.random.Generator) -> np.ndarray:
    time_s = np.arange(FRAMES)[:, None] * c.HOP_S
    k = np.arange(1, c.PARTIALS + 1)
    slope = 6.0 + 3.0 * number + 0.03 * (127 - velocity)
    partials = -slope * np.log2(k) - (0.0 if number else 20.0) * time_s
    partials = np.where(k * c.key_hz(key) > c.NOISE_TOP_HZ, c.FLOOR_DB, partials)
    bands = -60.0 + random.normal(0.0, 3.0, (FRAMES, c.NOISE_BANDS))
    levels = np.maximum(np.concatenate([partials, bands], 1), c.FLOOR_DB)
    vibrato = 15.0 * number * np.sin(2.0 * np.pi * (5.5 * time_s + random.random()))
    return np.concatenate([levels, vibrato], 1)


def export_tiny(folder: Path, steps: int) -> Path:
    """Train `steps` steps on tiny data and export: data, last.pt and tiny.onnx in `folder`."""
    from training import engine
    from training.crops import Library
    from training.trainer import Trainer

    trainer = Trainer(TINY, Library.open(write_data_set(folder / "data")), engine.alone())
    for _ in range(steps):
        trainer.step(0.3)
    trainer.save(folder / "last.pt")
    export_quickly(folder / "last.pt", folder / "tiny.onnx", "Tiny")
    return folder


def export_quickly(checkpoint: Path, output: Path, name: str, *options: str) -> None:
    """Export a checkpoint; of its timbre space a few draws are looked at."""
    from export import __main__ as command
    from export import timbre_space

    with mock.patch.object(timbre_space, "DRAWS", 8):
        assert command.main([str(checkpoint), "-o", str(output), "--name", name, *options]) == 0
