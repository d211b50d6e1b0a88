"""A small network that names the pitch and the timbre of a note, trained here on real notes.

What it makes of made notes is what pitch accuracy, entropy, inception score, Frechet and kernel
distances are computed from. It is kept beside the data set, with a mark of what it was trained on.
"""

from __future__ import annotations

import json
import pickle
import time
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from rtsynth import contract as c
from training.evaluation import logmel

PITCHES: Final = c.KEY_HIGH - c.KEY_LOW + 1
FEATURES: Final = 64  # of the penultimate layer

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Recipe:
    """How it is trained."""

    timbres: tuple[str, ...]
    soundfont: str
    notes: int
    seed: int
    steps: int
    batch: int = 64
    rate: float = 2e-3
    shift_frames: int = 1  # so far are the notes moved in time at random
    noise: float = 0.02  # added to the levels, which are 0..1
    format: int = 1

    def as_text(self) -> str:
        """All of it as JSON."""
        return json.dumps(asdict(self))

    def file(self, folder: Path) -> Path:
        """Where a classifier trained by this recipe is kept."""
        return folder / f"classifier-{zlib.crc32(self.as_text().encode()):08x}.pt"


class Network(nn.Module):
    """Convolutions over time and frequency, a mean over time, two heads."""

    def __init__(self, timbres: int) -> None:
        super().__init__()
        sizes = ((2, 16), (16, 32), (32, 48), (48, 64))
        layers: list[nn.Module] = []
        for inside, outside in sizes:
            layers += [nn.Conv2d(inside, outside, 3, 2, 1), nn.BatchNorm2d(outside), nn.GELU()]
        self.convolutions = nn.Sequential(*layers)  # (batch, 64, FRAMES / 16, BANDS / 16)
        self.dense = nn.Linear(64 * logmel.BANDS // 16, 192)
        self.features = nn.Linear(192, FEATURES)
        self.pitch = nn.Linear(FEATURES, PITCHES)
        self.timbre = nn.Linear(FEATURES, timbres)

    def forward(self, mels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features, and logits of pitch and timbre, from mels (batch, 2, FRAMES, BANDS)."""
        flat = self.convolutions(mels).mean(2).flatten(1)  # (batch, 64 * BANDS / 16)
        features = functional.gelu(self.features(functional.gelu(self.dense(flat))))
        dropped = functional.dropout(features, 0.2, self.training)
        return features, self.pitch(dropped), self.timbre(dropped)


@dataclass(frozen=True)
class Heard:
    """What the classifier makes of sounds."""

    features: Floats  # (sounds, FEATURES)
    pitch: Floats  # (sounds, PITCHES) probabilities
    timbre: Floats  # (sounds, timbres) probabilities


@dataclass
class Classifier:
    """A trained network."""

    network: Network
    recipe: Recipe
    seconds: float  # that training took

    def hear(self, mels: logmel.Half) -> Heard:
        """Classify sounds, (sounds, 2, FRAMES, BANDS)."""
        parts = []
        self.network.eval()
        with torch.no_grad():
            for first in range(0, len(mels), 256):
                given = torch.from_numpy(mels[first : first + 256].astype(np.float32))
                features, pitch, timbre = self.network(given)
                parts.append((features, pitch.softmax(1), timbre.softmax(1)))
        joined = (torch.cat(each).double().numpy() for each in zip(*parts, strict=True))
        return Heard(*joined)

    def save(self, folder: Path) -> None:
        """Keep it beside the data set."""
        folder.mkdir(parents=True, exist_ok=True)
        path = self.recipe.file(folder)
        partial = path.with_suffix(".partial")
        weights = self.network.state_dict()
        kept = {"recipe": self.recipe.as_text(), "weights": weights, "seconds": self.seconds}
        torch.save(kept, partial)
        partial.replace(path)


def load(folder: Path, recipe: Recipe) -> Classifier | None:
    """The classifier that was kept, if it was trained by this recipe."""
    try:
        kept: dict[str, Any] = torch.load(
            recipe.file(folder), map_location="cpu", weights_only=True
        )
        if kept["recipe"] != recipe.as_text():
            return None
        network = Network(len(recipe.timbres))
        network.load_state_dict(kept["weights"])
        return Classifier(network, recipe, float(kept["seconds"]))
    except (OSError, KeyError, RuntimeError, EOFError, pickle.PickleError):
        return None


def train(
    recipe: Recipe,
    mels: logmel.Half,
    keys: npt.NDArray[np.int64],
    timbres: npt.NDArray[np.int64],
) -> Classifier:
    """Train on real notes: mels (notes, 2, FRAMES, BANDS), MIDI keys and timbre numbers."""
    began = time.perf_counter()
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    network = Network(len(recipe.timbres)).train()
    optimiser = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps)
    pitch_targets = torch.from_numpy(keys - c.KEY_LOW)
    timbre_targets = torch.from_numpy(timbres)
    with tqdm(total=recipe.steps, desc="classifier", unit="step") as bar:
        for rows in _batches(random, len(mels), recipe.batch, recipe.steps):
            given = _augmented(mels[rows], recipe, random)
            _, pitch, timbre = network(given)
            loss = functional.cross_entropy(pitch, pitch_targets[rows])
            loss = loss + functional.cross_entropy(timbre, timbre_targets[rows])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            bar.update()
    return Classifier(network, recipe, time.perf_counter() - began)


def _batches(random: np.random.Generator, count: int, size: int, steps: int) -> Any:
    """So many rows of numbers below `count`, each number once before any comes again."""
    left = np.empty(0, np.int64)
    for _ in range(steps):
        if len(left) < min(size, count):
            left = random.permutation(count)
        yield left[:size]
        left = left[size:]


def _augmented(mels: logmel.Half, recipe: Recipe, random: np.random.Generator) -> Tensor:
    given = mels.astype(np.float32)
    shift = int(random.integers(-recipe.shift_frames, recipe.shift_frames + 1))
    given = np.roll(given, shift, axis=2)
    given += recipe.noise * random.standard_normal(given.shape, np.float32)
    return torch.from_numpy(given)
