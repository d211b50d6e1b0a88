"""Attributes are what they say; directions and prior are found where we know what they are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export import directions, timbre_space
from export.attributes import ATTRIBUTES, a_weight, measure
from export.probe import Probe, places_of
from rtsynth import contract as c
from rtsynth import instrument
from rtsynth.metadata import DIRECTIONS

FRAMES = 192


def sound(
    fall: Any = 1.0, attack_s: Any = 0.01, noise_db: Any = -40.0, decay: Any = 5.0,
    release: Any = -100.0, gain: Any = -20.0, cents: Any = 0.0, batch: int = 1,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Notes whose partials fall by 6 * `fall` dB an octave; each argument () or (batch,)."""

    def column(value: Any) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, np.float32), (batch,))[:, None]

    time_s = np.arange(FRAMES) * c.HOP_S
    course = 20.0 * np.log10(1.0 - np.exp(-(time_s + 1e-3) / column(attack_s)))
    course = course - column(decay) * time_s  # (batch, frames) dB
    frames = np.full((batch, FRAMES, c.FRAME_VALUES), c.FLOOR_DB, np.float32)
    slope = -20.0 * np.log10(np.arange(1, c.PARTIALS + 1)) * column(fall)
    frames[:, :, : c.PARTIALS] = course[:, :, None] + slope[:, None]
    frames[:, :, c.PARTIALS : c.FRAME_LEVELS] = (course + column(noise_db))[:, :, None] - 15.0
    frames[:, :, c.FRAME_PITCH] = column(cents)
    note = np.zeros((batch, c.NOTE_VALUES), np.float32)
    note[:, c.NOTE_FIELDS.index("gain_db")] = column(gain)[:, 0]
    note[:, c.NOTE_FIELDS.index("tail_db_per_s")] = -column(decay)[:, 0]
    note[:, c.NOTE_FIELDS.index("release_db_per_s")] = column(release)[:, 0]
    return frames, note


def attribute(name: str, **how: Any) -> float:
    return float(measure(*sound(**how), np.array([60.0]))[0, ATTRIBUTES.index(name)])


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("bright", {"fall": 2.0}, {"fall": 1.0}),
        ("hard", {"attack_s": 0.1}, {"attack_s": 0.01}),
        ("breathy", {"noise_db": -50.0}, {"noise_db": -40.0}),
        ("long", {"decay": 40.0}, {"decay": 10.0}),
        ("long", {"release": -200.0}, {"release": -50.0}),
        ("loudness", {"gain": -30.0}, {"gain": -20.0}),
        ("pitch", {"cents": 0.0}, {"cents": 10.0}),
    ],
)
def test_an_attribute_follows_its_cause(
    name: str, less: dict[str, float], more: dict[str, float]
) -> None:
    assert attribute(name, **more) > attribute(name, **less) + 0.1


def test_attributes_have_their_units() -> None:
    assert attribute("pitch", cents=7.0) == pytest.approx(7.0)
    difference = attribute("loudness", gain=-10.0) - attribute("loudness", gain=-20.0)
    assert difference == pytest.approx(10.0)
    assert attribute("breathy", noise_db=-30.0) - attribute("breathy") == pytest.approx(10, abs=0.3)
    held, let_go = 20.0 / 40.0, 20.0 / 100.0
    assert attribute("long", decay=40.0, attack_s=1e-3) == pytest.approx(
        0.5 * (np.log10(held) + np.log10(let_go)), abs=0.05
    )
    one, low = a_weight(np.array([1000.0, 100.0], np.float32))
    assert 10.0 * np.log10(one) == pytest.approx(0.0, abs=0.05)
    assert 10.0 * np.log10(low) == pytest.approx(-19.1, abs=0.2)


MIX = np.linalg.qr(np.random.default_rng(8).standard_normal((16, 16)))[0]


def generate(
    keys: np.ndarray, velocities: np.ndarray, latents: np.ndarray, steps: np.ndarray,
    noise: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Six causes, each along its own axis of a rotated latent space."""
    cause = latents @ MIX.T
    return sound(
        fall=1.5 - 0.3 * cause[:, 0], attack_s=0.02 * np.exp(-0.6 * cause[:, 1]),
        noise_db=-45.0 + 5.0 * cause[:, 2], decay=10.0 * np.exp(-0.4 * cause[:, 3]),
        gain=-20.0 + 2.0 * cause[:, 4], cents=5.0 * cause[:, 5], batch=len(keys),
    )  # fmt: skip


@pytest.fixture(scope="module")
def timbres() -> list[dict[str, Any]]:
    latents = np.random.default_rng(2).standard_normal((12, 16))
    return [
        {"name": str(i), "latent": latent.tolist(), "low": 40, "high": 80}
        for i, latent in enumerate(latents)
    ]


@pytest.fixture(scope="module")
def found(timbres: list[dict[str, Any]]) -> dict[str, Any]:
    told = timbre_space.describe(generate, timbres)
    return json.loads(json.dumps(told))  # type: ignore[no-any-return]


def test_directions_are_found_and_orthogonal(
    found: dict[str, Any], timbres: list[dict[str, Any]]
) -> None:
    ways = found["directions"]["ways"]
    assert list(ways) == list(DIRECTIONS)
    for about in ways.values():
        assert about["effect"] > 0.8
        assert about["share_monotone"] == 1.0
        assert about["loudness_db"] < 1.5
    probe, place = Probe(generate), places_of(timbres)[0]
    for k, name in enumerate(DIRECTIONS):
        up, down = (np.array(ways[name][side][0]) for side in ("up", "down"))
        latents = (place.latent + np.stack([down, 0 * up, up])).astype(np.float32)
        change = np.diff(probe.measure(latents, place), axis=0)
        assert (change[:, k] > 0.0).all()
        assert np.abs(change[:, ATTRIBUTES.index("pitch")]).max() < 4.0


def test_the_prior_is_the_presets_spread_and_plausible(found: dict[str, Any]) -> None:
    assert found["prior"]["share_plausible"] >= timbre_space.PLAUSIBLE
    assert np.shape(found["prior"]["factor"]) == (16, 16)


def test_an_instrument_file_gets_its_space(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.onnx"
    assert timbre_space.main([str(tiny), "-o", str(out)]) == 0
    text = capsys.readouterr().out
    assert "draws plausible" in text
    metadata = instrument.load(out).metadata
    assert metadata.directions is not None
    assert metadata.directions.names == DIRECTIONS
    assert metadata.directions.up.shape == (4, 2, 16)
    assert instrument.load(out).self_test() < 1e-6
    assert timbre_space.main(["none.onnx"]) == 1


def test_presets_that_are_all_the_same_do_no_harm() -> None:
    one = {"name": "a", "latent": [0.5] * 16, "low": 60, "high": 60}
    told = directions.find(Probe(generate), places_of([one, one]))
    assert np.isfinite(told["ways"]["bright"]["up"]).all()
