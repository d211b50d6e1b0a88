"""Play a few notes of any latent with a generator and measure what is heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from export.attributes import ATTRIBUTES, Floats, measure
from rtsynth import contract as c

# keys, velocities, latents, steps, noise -> frames, note: as `rtsynth.instrument` generates
Generate = Callable[[Floats, Floats, Floats, Floats, Floats], tuple[Floats, Floats]]

STEPS: Final = 24  # 1 s of each note
ROWS: Final = 64  # notes in one run of the generator
SEARCH: Final = ((0.3, 72.0), (0.5, 104.0), (0.7, 88.0))  # place within the range 0..1, velocity
REPORT: Final = ((0.25, 96.0), (0.4, 64.0), (0.6, 112.0), (0.75, 80.0))  # notes not searched on


@dataclass(frozen=True)
class Place:
    """A preset: its latent and the keys it is at home on."""

    name: str
    latent: Floats  # (LATENT_SIZE,)
    low: int
    high: int


def places_of(timbres: Sequence[dict[str, Any]]) -> list[Place]:
    """The presets of an instrument's metadata."""
    return [
        Place(t["name"], np.asarray(t["latent"], np.float32), int(t["low"]), int(t["high"]))
        for t in timbres
    ]


class Probe:
    """Measures attributes of latents, always with the same chance."""

    def __init__(self, generate: Generate) -> None:
        self._generate = generate
        random = np.random.default_rng(11)
        shape = (len(REPORT), STEPS + 2 * c.CONTEXT_STEPS, c.STEP_NOISE_SIZE)
        self._noise = random.standard_normal(shape).astype(np.float32)

    def measure(
        self, latents: Floats, place: Place, notes: Sequence[tuple[float, float]] = SEARCH
    ) -> Floats:
        """Attributes (latents, len(ATTRIBUTES)), the mean over notes of a preset's range."""
        size = len(notes)
        keys = np.array([place.low + w * (place.high - place.low) for w, _ in notes]).round()
        velocities = np.array([velocity for _, velocity in notes], np.float32)
        found = np.empty((len(latents), len(ATTRIBUTES)), np.float32)
        step = max(1, ROWS // size)
        for at in range(0, len(latents), step):
            some = np.repeat(latents[at : at + step], size, axis=0).astype(np.float32)
            times = len(some) // size
            key = np.tile(keys.astype(np.float32), times)
            frames, note = self._generate(
                key,
                np.tile(velocities, times),
                some,
                np.zeros(len(some), np.float32),
                np.tile(self._noise[:size], (times, 1, 1)),
            )
            found[at : at + step] = measure(frames, note, key).reshape(times, size, -1).mean(1)
        return found
