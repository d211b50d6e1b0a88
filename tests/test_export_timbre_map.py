"""The map: alike means near, labels do not cover each other, and a picture comes out."""

from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import tiny_directions

from export import timbre_map
from rtsynth import contract, instrument
from rtsynth.metadata import Timbre
from rtsynth.timbres import blend


def test_features_do_not_hear_loudness(bundled: Path) -> None:
    frames = np.random.default_rng(0).uniform(-60, 0, (2, 3, contract.FRAME_VALUES))
    louder = frames + 6.0
    heard = timbre_map._heard(frames.astype(np.float32))
    np.testing.assert_allclose(heard, timbre_map._heard(louder.astype(np.float32)), atol=1e-3)
    assert heard.max() == timbre_map.SPAN


def test_a_morph_lies_between_and_a_twin_on_the_spot(bundled: Path) -> None:
    loaded = instrument.load(bundled)
    first, last = loaded.metadata.timbres[0], loaded.metadata.timbres[-1]
    last = replace(last, low=first.low, high=first.high)
    timbres = [first, replace(first, name="twin"), blend("middle", [first, last], [0.5, 0.5]), last]
    heard = timbre_map.features(loaded.generate, timbres)
    apart = np.linalg.norm(heard - heard[0], axis=1)
    assert apart[1] == pytest.approx(0.0, abs=1e-3)
    assert apart[2] > 1.0
    flat = timbre_map.flatten(heard)
    assert flat.shares.sum() > 0.9
    np.testing.assert_allclose(flat.places[0], flat.places[1], atol=1e-3)


def test_families() -> None:
    def of(*programs: int) -> str:
        return timbre_map.family(Timbre("x", np.zeros(16, np.float32), 0, 127, programs, True))

    assert of(6, 24, 25, 104, 105, 106, 107) == "guitar"
    assert of(40, 41, 42, 48, 88, 89, 90, 92, 93) == "solo strings"
    assert of(89) == "synth pad"
    assert of() == "other"


def test_labels_of_a_crowd_do_not_cover_each_other() -> None:
    figure, axes = plt.subplots(figsize=(11.0, 8.0), dpi=130)
    places = np.random.default_rng(1).normal(size=(54, 2)).astype(np.float32)
    axes.scatter(*places.T)
    names = [f"instrument {i}" for i in range(54)]
    timbre_map._label(figure, axes, places, names, ["k"] * 54)
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in axes.texts]
    assert len(boxes) == 54
    covered = [
        a.width * a.height
        for i, one in enumerate(boxes)
        for other in boxes[:i]
        if (a := one.intersection(one, other)) is not None
    ]
    assert sum(covered) < 0.02 * sum(box.width * box.height for box in boxes)
    plt.close(figure)


def test_a_picture_is_written(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = instrument.load(tiny)
    loaded.metadata = replace(loaded.metadata, directions=tiny_directions())
    monkeypatch.setattr(instrument, "load", lambda name, accelerate: loaded)
    out = tmp_path / "map.png"
    assert timbre_map.main([str(tiny), "-o", str(out)]) == 0
    assert out.stat().st_size > 10_000


def test_what_cannot_be_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert timbre_map.main(["none.onnx", "-o", str(tmp_path / "map.png")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
