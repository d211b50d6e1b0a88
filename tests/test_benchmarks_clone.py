"""The benchmark of clones: a clone is judged on the key that was recorded and on others."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("librosa")
pytest.importorskip("torch")

from benchmarks import clone as benchmark
from rtsynth import contract, instrument
from training.notes import NotePlan
from training.rendering import LEAD_S, RenderedNote

RATE = 48_000


def render(preset: object, plans: list[NotePlan]) -> list[RenderedNote]:
    """Hollow tones, each after a lead of silence, let go at the end."""
    notes = []
    for plan in plans:
        time_s = np.arange(int(2.0 * RATE)) / RATE
        hz = contract.key_hz(plan.key)
        ks = [k for k in (1, 3, 5, 7, 9, 11) if k * hz < 20_000.0]
        tone = sum(np.sin(2.0 * np.pi * k * hz * time_s + k * k) / k for k in ks)
        held = 0.2 * tone * np.minimum(time_s / 0.02, 1.0)
        held *= 10.0 ** (-100.0 * np.maximum(time_s - 1.5, 0.0) / 20.0)
        audio = np.concatenate([np.zeros(int(LEAD_S * RATE)), held]).astype(np.float32)
        notes.append(RenderedNote(plan, np.stack([audio, audio], axis=1), int(1.6 * RATE)))
    return notes


def test_a_source_is_cloned_and_judged(
    bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "render", render)
    monkeypatch.setattr(benchmark, "find_soundfont", lambda font: tmp_path)
    monkeypatch.setattr(benchmark, "OTHERS", (5,))
    loaded = instrument.load(bundled, accelerate=False)
    row = benchmark.measure(loaded, benchmark.Source("hollow", 71, 62), tmp_path)
    assert set(benchmark.COLUMNS) <= set(row)
    assert row["own_partials_clone"] < row["own_partials_preset"]
    assert row["own_partials_moved"] < 0.5
    mean = benchmark.mean_row([row, row])
    assert mean["other_lsd_clone"] == pytest.approx(row["other_lsd_clone"])
    text = benchmark.show([row, mean])
    assert text.count("hollow") == text.count("mean") == 2


def test_chance_within_eight_frames_is_no_error() -> None:
    real = np.full((160, contract.FRAME_VALUES), -90.0, np.float32)
    real[:, :3] = -10.0
    swing = np.tile(np.array([1.0, -1.0], np.float32), 80)[:, None]
    assert benchmark.partial_error(real + swing, real) == pytest.approx(0.0, abs=1e-4)
    louder = real + 2.0
    assert benchmark.partial_error(louder, real) == pytest.approx(2.0, abs=1e-4)
