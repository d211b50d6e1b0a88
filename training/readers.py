"""The networks that read frames: the discriminators and the timbre encoder. Training only."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rtsynth import contract as c
from training.config import Config
from training.features import NOTE_FEATURES, TIME_FEATURES, note_features, time_features
from training.layers import neighbours

HEARD_FROM_DB = -75.0  # the discriminators do not judge what lies below
UNIT = 20.0  # dB or cents that the readers count as one
SLOW_FROM_FRAMES = 128  # the slowest discriminator wants crops of this length
ENCODER_ONSET_FRAMES = 32
ENCODER_LATER_FRAMES = 48  # every fourth frame after the onset
ENCODER_FRAMES = ENCODER_ONSET_FRAMES + ENCODER_LATER_FRAMES
ENCODER_SPAN = ENCODER_ONSET_FRAMES + 4 * ENCODER_LATER_FRAMES  # frames of a note it looks at


def heard(frames: Tensor) -> Tensor:
    """Frames as the readers see them: about -2..2, levels flat below `HEARD_FROM_DB`."""
    levels, cents = frames[..., : c.FRAME_LEVELS], frames[..., c.FRAME_LEVELS :]
    bent = HEARD_FROM_DB + 5.0 * F.softplus((levels - HEARD_FROM_DB) / 5.0)
    return torch.cat([(bent + 40.0) / UNIT, cents / UNIT], -1)


class Strided(nn.Module):
    """Convolution with stride 2: (batch, time, size) -> (batch, (time - taps) // 2 + 1, width)."""

    def __init__(self, size: int, width: int, taps: int = 4) -> None:
        super().__init__()
        self.taps = taps
        self.map = nn.Linear(taps * size, width)

    def forward(self, x: Tensor) -> Tensor:
        """At least `taps` steps."""
        return F.leaky_relu(self.map(neighbours(x, self.taps)[:, ::2]), 0.2)


class Plain(nn.Module):
    """Convolution over three steps: (batch, time, size) -> (batch, time - 2, width)."""

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.map = nn.Linear(3 * size, width)

    def forward(self, x: Tensor) -> Tensor:
        """At least three steps."""
        return F.leaky_relu(self.map(neighbours(x, 3)), 0.2)


class Scale(nn.Module):
    """One discriminator: a stack of layers, judged by projection on the embedded conditions."""

    def __init__(self, layers: list[nn.Module], width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.score = nn.Linear(width, 1)
        self.embed = nn.Sequential(
            nn.Linear(NOTE_FEATURES + c.LATENT_SIZE + TIME_FEATURES, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
        )

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Judge `x` (batch, time, size), given `condition` (batch, features).

        Returns:
            A score (batch,), and of each layer's output the mean over time and the mean
            deviation from it, (batch, 2 * width): what feature matching compares.
        """
        seen = []
        for layer in self.layers:
            x = layer(x)  # (batch, time, width)
            mean = x.mean(1, keepdim=True)
            seen.append(torch.cat([mean.squeeze(1), (x - mean).abs().mean(1)], -1))
        match = (x * self.embed(condition).unsqueeze(1)).sum(-1)  # (batch, time)
        match = match / math.sqrt(x.shape[-1])
        return (self.score(x).squeeze(-1) + match).mean(-1), seen


class Verdict(NamedTuple):
    """What the discriminators say of a batch."""

    score: Tensor  # (batch, scales)
    features: list[Tensor]  # (batch, any) each, for feature matching


class Discriminator(nn.Module):
    """Three time scales over a crop of frames, all told which note it claims to be.

    The fine one sees single frames, the coarse one 20 ms and how much moves within, the slow one
    steps of 43 ms over crops of half a second and more: swells, drift and vibrato.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        w = config.discriminator_width
        self.fine = Scale([Strided(c.FRAME_VALUES, w), Strided(w, w), Plain(w, w)], w)
        self.coarse = Scale([Plain(2 * c.FRAME_VALUES, w), Plain(w, w)], w)
        self.slow = Scale([Strided(c.FRAME_VALUES, w), Strided(w, w)], w)

    def forward(
        self, frames: Tensor, key: Tensor, velocity: Tensor, latent: Tensor, step: Tensor
    ) -> Verdict:
        """Judge crops (batch, time, 161); a zero latent means any timbre."""
        when = time_features(step * (c.FRAMES_PER_STEP * c.HOP_S))
        condition = torch.cat([note_features(key, velocity), latent, when], -1)
        x = heard(frames)
        four = x.reshape(x.shape[0], -1, 4, x.shape[2])  # (batch, time / 4, 4, 161)
        mean = four.mean(2)
        spread = (four - mean.unsqueeze(2)).abs().mean(2)
        coarse = torch.cat([mean, 2.0 * spread], -1)  # (batch, time / 4, 322)
        lively = x + 3.0 * (four - mean.unsqueeze(2)).reshape(x.shape)  # flicker stands out
        judged = [self.fine(lively, condition), self.coarse(coarse, condition)]
        if x.shape[1] >= SLOW_FROM_FRAMES:
            slow = mean.reshape(x.shape[0], -1, 2, x.shape[2]).mean(2)  # (batch, time / 8, 161)
            slow = slow + 3.0 * (slow - slow.mean(1, keepdim=True))  # movement stands out
            judged.append(self.slow(slow, condition))
        score = torch.stack([score for score, _ in judged], -1)
        return Verdict(score, [seen for _, layers in judged for seen in layers])


class TimbreEncoder(nn.Module):
    """Reads what instrument plays off one of its notes.

    It is told the note's key and velocity, and it is trained on reconstructing *other* notes, so
    that the latent has no reason to hold either.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        w = config.encoder_width
        self.layers = nn.Sequential(Strided(c.FRAME_VALUES, w), Strided(w, w), Plain(w, w))
        self.head = nn.Sequential(
            nn.Linear(2 * w + c.FRAME_VALUES + NOTE_FEATURES, w),
            nn.LeakyReLU(0.2),
            nn.Linear(w, 2 * c.LATENT_SIZE),
        )

    def forward(self, frames: Tensor, key: Tensor, velocity: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, ENCODER_FRAMES, 161) -> mean and log variance, (batch, LATENT_SIZE) each."""
        x = heard(frames)
        h = self.layers(x)  # (batch, time, width)
        summary = [h.mean(1), h.amax(1), x.mean(1), note_features(key, velocity)]
        mean, spread = self.head(torch.cat(summary, -1)).chunk(2, -1)
        return mean, spread.clamp(-8.0, 2.0)
