"""A classifier that tries to tell made crops from real ones: its AUC says how far it gets.

It is trained on one half of the notes and asked about the other. 0.5 is guessing, which is what it
reaches on real notes against other real notes; 1.0 tells every pair apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.stats
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rtsynth import contract as c

Floats = npt.NDArray[np.float32]

CROP_FRAMES: Final = 64
LOWEST_DB: Final = -80.0  # below this nothing is heard, so nothing is told
WIDTH: Final = 48
STEPS: Final = 400
BATCH: Final = 64
RATE: Final = 1e-3
DRAWS: Final = 500  # of the bootstrap, over notes
CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Area:
    """Area under the ROC curve, and where it lies with 95 % confidence."""

    auc: float
    low: float
    high: float


class Judge(nn.Module):
    """Three convolutions over time, a mean, a score: (crops, 64, values) -> (crops,)."""

    def __init__(self, values: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(values, WIDTH, 5, stride=2),
            nn.SiLU(),
            nn.Conv1d(WIDTH, WIDTH, 5, stride=2),
            nn.SiLU(),
            nn.Conv1d(WIDTH, WIDTH, 5, stride=2),
            nn.SiLU(),
        )
        self.head = nn.Linear(WIDTH, 1)

    def forward(self, crops: Tensor) -> Tensor:
        """Higher for what seems made."""
        seen: Tensor = self.layers(crops.transpose(1, 2)).mean(2)  # (crops, WIDTH)
        score: Tensor = self.head(seen).squeeze(1)
        return score


def all_of(crops: Floats) -> Floats:
    """Crops (crops, 64, 161) as they are, and their texture beside: (crops, 64, 322)."""
    return np.concatenate([visible(crops), texture(crops)], -1)


def visible(crops: Floats) -> Floats:
    """Crops (crops, 64, 161) as they are, about -1..1.

    Made ones are rounded as the data set is, or the rounding would give the real ones away.
    """
    rounded = crops.astype(np.float16).astype(np.float32)
    levels = (np.maximum(rounded[..., : c.FRAME_LEVELS], LOWEST_DB) + 40.0) / 40.0
    return np.concatenate([levels, rounded[..., c.FRAME_LEVELS :] / 20.0], -1)


def texture(crops: Floats) -> Floats:
    """What moves around each value's straight line over the crop, four times as large."""
    seen = 4.0 * visible(crops)
    ramp = np.linspace(-1.0, 1.0, CROP_FRAMES, dtype=np.float32)
    ramp /= np.linalg.norm(ramp)
    slope = np.einsum("t,ntv->nv", ramp, seen)[:, None] * ramp[:, None]
    moving: Floats = seen - seen.mean(1, keepdims=True) - slope
    return moving


def told_apart(real: Floats, made: Floats, notes: npt.NDArray[np.int64], seed: int) -> Area:
    """Train and ask. Crops (crops, 64, values) as seen; those of a row come from one note's place.

    `notes` (crops,) names the note of each row: a note is either trained on or asked about.
    """
    random = np.random.default_rng(seed)
    names = random.permutation(np.unique(notes))
    asked = np.isin(notes, names[: len(names) // 2])
    judge = _train(real[~asked], made[~asked], seed)
    score_real, score_made = (_scores(judge, crops[asked]) for crops in (real, made))
    return bootstrapped(score_real, score_made, notes[asked], random)


def floor(real: Floats, notes: npt.NDArray[np.int64], seed: int) -> Area:
    """What the classifier reaches on real notes against other real notes.

    Every note has as many crops as any other.
    """
    names = np.random.default_rng(seed).permutation(np.unique(notes))
    pairs = len(names) // 2
    one, other = (
        np.concatenate([real[notes == name] for name in side])
        for side in (names[:pairs], names[pairs : 2 * pairs])
    )
    return told_apart(one, other, np.repeat(names[:pairs], len(one) // pairs), seed)


def _train(real: Floats, made: Floats, seed: int) -> Judge:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        judge = Judge(real.shape[2])
    random = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(judge.parameters(), RATE, weight_decay=0.05)
    for _ in range(STEPS):
        rows = random.integers(0, len(real), BATCH // 2)
        crops = torch.from_numpy(np.concatenate([real[rows], made[rows]]))
        goal = torch.cat([torch.zeros(len(rows)), torch.ones(len(rows))])
        loss = F.binary_cross_entropy_with_logits(judge(crops), goal)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return judge.eval()


def _scores(judge: Judge, crops: Floats) -> Floats:
    with torch.no_grad():
        found = [judge(part) for part in torch.split(torch.from_numpy(crops), 512)]
    scores: Floats = torch.cat(found).numpy()
    return scores


def area(real: npt.NDArray[np.floating], made: npt.NDArray[np.floating]) -> float:
    """Chance that a made crop scores above a real one (Mann and Whitney 1947), 0..1."""
    ranks = scipy.stats.rankdata(np.concatenate([real, made]))[len(real) :]
    above = float(ranks.sum()) - len(made) * (len(made) + 1) / 2.0
    return above / (len(real) * len(made))


def bootstrapped(
    real: Floats, made: Floats, notes: npt.NDArray[np.int64], random: np.random.Generator
) -> Area:
    """The area, with an interval over redrawn notes: crops of one note are not independent."""
    rows = [np.flatnonzero(notes == note) for note in np.unique(notes)]
    found = []
    for _ in range(DRAWS):
        drawn = np.concatenate([rows[i] for i in random.integers(0, len(rows), len(rows))])
        found.append(area(real[drawn], made[drawn]))
    edge = 0.5 * (1.0 - CONFIDENCE)
    low, high = np.quantile(found, [edge, 1.0 - edge])
    return Area(area(real, made), float(low), float(high))
