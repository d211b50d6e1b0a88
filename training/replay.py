"""Keep a generator as it was: notes of its timbres, played again by it and by its teacher.

Learning something new, a network forgets; playing the old notes beside the new ones, with what it
was as the teacher, keeps them (Li and Hoiem 2016, Learning without Forgetting).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from export.checkpoint import Checkpoint
from rtsynth import contract as c
from training import losses, step_noise
from training.config import Config
from training.crops import ONSET_STEPS
from training.features import TIME_SATURATES_S
from training.model import Generator

MORPHED_SHARE = 0.3  # of the notes lie between two timbres
LATENT_JITTER = 0.03
COMPARED_ROUNDS = 8

Inputs = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
"""Key, velocity, latent, step, noise: the generator's inputs, as ``contract.py`` has them."""


class Replay:
    """Notes of an instrument's timbres, and how well another generator plays them."""

    def __init__(self, teacher: Checkpoint, config: Config) -> None:
        self.teacher = teacher.generator
        self.config = config
        self.latents = torch.tensor(teacher.latents)
        ranges = [teacher.about["ranges"][name] for name in teacher.timbres]
        self.low, self.high = np.array(ranges).T

    def draw(self, number: int, rows: int, frames: int) -> Inputs:
        """Notes number `number`: any timbre, key, velocity and time; some are morphs."""
        random = np.random.default_rng([self.config.seed, number, 5])
        one, other = random.integers(0, len(self.latents), (2, rows))
        part = random.random(rows) * (random.random(rows) < MORPHED_SHARE)
        mixed = torch.from_numpy(part.astype(np.float32)).unsqueeze(-1)  # (rows, 1)
        latent = torch.lerp(self.latents[one], self.latents[other], mixed)
        shake = random.standard_normal((rows, c.LATENT_SIZE)).astype(np.float32)
        last = int(TIME_SATURATES_S * c.FRAME_RATE_HZ) // c.FRAMES_PER_STEP
        late = last * random.random(rows) ** 1.5
        onset = random.random(rows) < self.config.onset_share
        step = np.where(onset, random.integers(0, ONSET_STEPS, rows), late).astype(np.int64)
        key = random.integers(self.low[one], self.high[one] + 1)
        velocity = random.uniform(1.0, 127.0, rows)
        steps = frames // c.FRAMES_PER_STEP + 2 * c.CONTEXT_STEPS
        noise = step_noise.draw(random, step - c.CONTEXT_STEPS, steps)
        told = [torch.from_numpy(x.astype(np.float32)) for x in (key, velocity, step)]
        latent = latent + LATENT_JITTER * torch.from_numpy(shake)
        return told[0], told[1], latent, told[2], torch.from_numpy(noise)

    def loss(self, generator: Generator, inputs: Inputs) -> Tensor:
        """How far a generator is from the teacher, in dB, pitch and note values counted in."""
        with torch.no_grad():
            goal, goal_note = self.teacher(*inputs)
        made, note = generator(*inputs)
        pitch = (made - goal)[..., c.FRAME_PITCH].abs().mean()
        values = losses.note_loss(note, goal_note, goal, self.config)
        rest = self.config.pitch_weight * pitch + self.config.note_weight * values
        loss: Tensor = _audible_difference(made, goal) + rest
        return loss

    @torch.no_grad()
    def drift_db(self, generator: Generator) -> float:
        """Mean audible difference in dB of a generator from the teacher, on notes not drawn yet."""
        total = 0.0
        for number in range(COMPARED_ROUNDS):
            inputs = self.draw(2**31 + number, self.config.batch, self.config.crop_frames)
            total += float(_audible_difference(generator(*inputs)[0], self.teacher(*inputs)[0]))
        return total / COMPARED_ROUNDS


def _audible_difference(made: Tensor, goal: Tensor) -> Tensor:
    levels = c.FRAME_LEVELS
    weight = losses.audibility(torch.maximum(goal, made.detach())[..., :levels])
    difference: Tensor = (weight * (made - goal)[..., :levels].abs()).sum() / weight.sum()
    return difference
