"""The adversary's part of a training step: what it wants of the frames, and its own update."""

from __future__ import annotations

from typing import NamedTuple

import torch
from lightning_fabric import Fabric
from torch import Tensor

from rtsynth import contract as c
from training import engine, losses
from training.config import Config
from training.crops import Batch
from training.readers import Discriminator, Verdict


class Judged(NamedTuple):
    """The rows of a step that the discriminators see: some of the batch, then from the prior."""

    real: Tensor  # (judged, time, 161)
    conditions: tuple[Tensor, Tensor, Tensor, Tensor]  # key, velocity, latent, step
    rows: Tensor  # (judged,) places of their twins among the made crops


def choose(batch: Batch, latent: Tensor, prior: int, config: Config) -> Judged:
    """Pick the rows; the `prior` last ones claim no timbre.

    The made crops are the batch's, then those from the prior, which stand beside the first rows
    in `batch.mixed`.
    """
    size = len(batch.key)
    rows = batch.mixed[-max(1, round(size * config.adversary_rows / config.batch)) :]
    blank = torch.zeros(prior, c.LATENT_SIZE, device=latent.device)
    both = torch.cat([rows, batch.mixed[:prior]])
    conditions = (
        batch.key[both],
        batch.velocity[both],
        torch.cat([latent[rows].detach(), blank]),
        batch.step[both],
    )
    made = torch.cat([rows, size + torch.arange(prior, device=rows.device)])
    return Judged(batch.frames[both], conditions, made)


class Adversary:
    """The discriminators and their optimiser."""

    def __init__(self, config: Config, fabric: Fabric) -> None:
        self.config = config
        self.fabric = fabric
        self.discriminator = Discriminator(config).to(fabric.device)
        self.optimizer = torch.optim.Adam(
            self.discriminator.parameters(), config.discriminator_rate, betas=(0.0, 0.99)
        )

    def _judge(self, frames: Tensor, judged: Judged) -> Verdict:
        with self.fabric.autocast():
            score, features = self.discriminator(frames, *judged.conditions)
        return Verdict(score.float(), [f.float() for f in features])

    def pull(self, at: Tensor, judged: Judged, size: float, log: dict[str, float]) -> Tensor:
        """The gradient at the frames `at` that would fool, scaled to the norm `size`."""
        config = self.config
        self.discriminator.requires_grad_(False)
        made = self._judge(at[judged.rows], judged)
        with torch.no_grad():
            real = self._judge(judged.real, judged)
        loss = losses.believed(made.score, real.score)
        features = losses.feature_distance(made.features, real.features)
        (push,) = torch.autograd.grad(loss + config.feature_weight * features, at)
        self.discriminator.requires_grad_(True)
        scale = min(size / max(float(push.norm()), 1e-12), config.adversarial_scale_max)
        log.update(believed=float(loss.detach()), features=float(features.detach()))
        log["judge_right"] = float((real.score > made.score).float().mean())
        log["adversarial_scale"] = scale
        return push * scale

    def train(self, made: Tensor, judged: Judged, penalise: bool) -> float:
        """Update the discriminators on the crops `made`; returns their loss."""
        config = self.config
        real, fake = judged.real, made[judged.rows]
        if penalise:
            real, fake = real.requires_grad_(), fake.requires_grad_()
        score_real = self._judge(real, judged).score
        score_fake = self._judge(fake, judged).score
        loss = losses.told_apart(score_fake, score_real)
        whole = loss
        if penalise:
            steep = losses.gradient_penalty(score_real, real)
            steep = steep + losses.gradient_penalty(score_fake, fake)
            whole = whole + 0.5 * config.gradient_penalty * config.penalty_every * steep
        self.optimizer.zero_grad()
        torch.autograd.backward(whole)
        engine.share_gradients(self.fabric, self.discriminator.parameters())
        self.optimizer.step()
        return float(loss.detach())
