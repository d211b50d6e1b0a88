"""One training step of the min-max game, and all the state that a checkpoint has to hold."""

from __future__ import annotations

import copy
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from rtsynth import contract as c
from training import engine, game, losses, step_noise
from training.config import Config
from training.crops import Batch, Crops, Library
from training.model import Generator
from training.readers import TimbreEncoder

CHECKPOINT_VERSION = 2


class Trainer:
    """The networks, their optimisers and the timbres' latents.

    All chance of a step follows from the seed, the step's number and the process's rank, so a
    checkpoint holds no random state.
    """

    def __init__(self, config: Config, library: Library, fabric: Fabric) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.fabric = fabric
        self.device = device = fabric.device
        rank, world = fabric.global_rank, fabric.world_size
        self.crops = Crops(library, config, device, rank, world)
        self.generator = Generator(config).to(device)
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.encoder = TimbreEncoder(config).to(device)
        self.adversary = game.Adversary(config, fabric)
        self.optimizer = torch.optim.AdamW(
            self._ours(),
            config.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=config.weight_decay,
        )
        self.latents = torch.zeros(len(library.timbres), c.LATENT_SIZE, device=device)
        self.random = np.random.default_rng(0)  # of the step, see `step`
        self.frozen = False
        self.steps = 0
        self.elapsed_s = 0.0
        self.timbres = library.timbres
        self.about = library.about

    def step(self, progress: float) -> dict[str, float]:
        """Train on one batch; `progress` 0..1 is the place in the schedule."""
        config = self.config
        self._begin_step(progress)
        batch = self.crops.batch(self.steps, 0.0 if self.frozen else 1.0 - config.mean_latent_share)
        rows = len(batch.key)
        latent, divergence = self._latents_for(batch)
        share = config.adversarial_share * self._adversary_share(progress)
        prior = round(config.prior_rows * rows / config.batch) if share > 0.0 else 0
        made, note = self._play(batch, latent, prior)
        at = made.detach().requires_grad_()  # the loss is differentiated down to the frames
        terms = losses.spectral_terms(
            at[:rows], at[rows + prior :], batch.frames, batch.step, config
        )
        (slope,) = torch.autograd.grad(losses.spectral_loss(terms, config), at)
        log = {name: float(value.detach()) for name, value in terms._asdict().items()}
        pull = config.spectral_weight * slope
        if share > 0.0:
            judged = game.choose(batch, latent, prior, config)
            pull = pull + self.adversary.pull(at, judged, share * float(slope.norm()), log)
        note_error = losses.note_loss(note[:rows], batch.note, batch.frames, config)
        rest = config.note_weight * note_error + config.kl_weight * divergence
        log |= {"note": float(note_error.detach()), "divergence": float(divergence.detach())}
        log["gradient"] = self._update([made, rest], [pull, torch.ones_like(rest)])
        if share > 0.0:
            penalise = self.steps % config.penalty_every == 0
            log["told_apart"] = self.adversary.train(made.detach(), judged, penalise)
        self._average_weights()
        self.steps += 1
        return engine.mean_figures(self.fabric, log)

    def _begin_step(self, progress: float) -> None:
        """Set the rates and this step's chance; freeze the latents when it is time."""
        parts = (self.config.seed, self.steps, self.fabric.global_rank)
        torch.manual_seed(engine.seed_of(*parts))
        self.random = np.random.default_rng([*parts, 4])
        self._set_rates(progress)
        if progress >= self.config.freeze_latents_at and not self.frozen:
            self.latents = self.encoder_means()
            self.frozen = True

    def _update(self, ends: list[Tensor], pulls: list[Tensor]) -> float:
        """One update of generator and encoder; returns the norm of the gradient."""
        self.optimizer.zero_grad()
        torch.autograd.backward(ends, pulls)
        engine.share_gradients(self.fabric, self._ours())
        clip = nn.utils.clip_grad_norm_(self.generator.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        return float(clip)

    def _ours(self) -> list[nn.Parameter]:
        return [*self.generator.parameters(), *self.encoder.parameters()]

    def _play(self, batch: Batch, latent: Tensor, prior: int) -> tuple[Tensor, Tensor]:
        """Make the batch's crops, then `prior` ones with latents of no timbre, then twins.

        Twins are the batch's `later` first rows once more, with other noise.
        """
        told = (batch.key, batch.velocity, batch.step)
        rows = batch.mixed[:prior]
        key, velocity, step = (torch.cat([x, x[rows], x[: batch.later]]) for x in told)
        latent = torch.cat([latent, self._invented(latent, prior), latent[: batch.later]])
        steps = batch.frames.shape[1] // c.FRAMES_PER_STEP + 2 * c.CONTEXT_STEPS
        first = step.cpu().numpy().astype(np.int64) - c.CONTEXT_STEPS
        noise = torch.from_numpy(step_noise.draw(self.random, first, steps)).to(self.device)
        with self.fabric.autocast():
            made, note = self.generator(key, velocity, latent, step, noise)
        return made, note

    def _invented(self, latent: Tensor, count: int) -> Tensor:
        """Latents (count, 16) of no timbre: drawn from the prior, or mixed of two of `latent`."""
        pairs = torch.randint(len(latent), (2, count), device=self.device)
        share = torch.rand(count, 1, device=self.device)
        mixed = latent[pairs[0]].lerp(latent[pairs[1]], share)
        drawn = torch.randn(count, c.LATENT_SIZE, device=self.device)
        return torch.where(torch.rand(count, 1, device=self.device) < 0.5, drawn, mixed).detach()

    @torch.no_grad()
    def encoder_means(self) -> Tensor:
        """What the encoder now says of each timbre, the mean over its training notes.

        (timbres, LATENT_SIZE).
        """
        read = [self.encoder(*self.crops.openings(t))[0] for t in range(len(self.timbres))]
        return torch.stack([mean.mean(0) for mean in read])

    def _set_rates(self, progress: float) -> None:
        config = self.config
        floor = config.final_rate_share
        scale = floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
        scale *= min(1.0, (self.steps + 1) / config.warmup_steps)
        self.optimizer.param_groups[0]["lr"] = config.learning_rate * scale
        judge = config.discriminator_rate * max(scale, 0.3)
        self.adversary.optimizer.param_groups[0]["lr"] = judge

    def adversary_begins(self, progress: float) -> bool:
        """Whether the next step, at `progress`, is the first one with the adversary."""
        begins = not self.adversary.optimizer.state and self._adversary_share(progress) > 0.0
        return begins and self.config.adversarial_share > 0.0

    def _adversary_share(self, progress: float) -> float:
        """Rises from 0 to 1 over the tenth of the schedule after the adversary's start."""
        return min(max((progress - self.config.adversary_start) / 0.1, 0.0), 1.0)

    def _latents_for(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """A latent for each row (batch, 16), and the divergence of those that were encoded."""
        shaky = self.latents[batch.timbre]
        shaky = shaky + 0.03 * torch.randn_like(shaky)
        if self.frozen:
            return shaky, torch.zeros((), device=self.device)
        with self.fabric.autocast():
            read = self.encoder(batch.other_frames, batch.other_key, batch.other_velocity)
        mean, spread = (x.float() for x in read)
        drawn = mean + torch.randn_like(mean) * (0.5 * spread).exp()  # (encoded, 16)
        rows = batch.mixed[: len(mean)]
        self._follow(mean.detach(), batch.timbre[rows])
        return shaky.index_copy(0, rows, drawn), losses.latent_divergence(mean, spread)

    def _follow(self, mean: Tensor, timbre: Tensor) -> None:
        """Move each timbre's running latent towards what the encoder now says."""
        marked = torch.cat([mean, torch.ones_like(mean[:, :1])], -1)  # (encoded, 17)
        sums = self.latents.new_zeros(len(self.latents), c.LATENT_SIZE + 1)
        sums = engine.total(self.fabric, sums.index_add(0, timbre, marked))
        count = sums[:, -1:]  # (timbres, 1) of rows that showed the timbre
        blend = max(0.03, 1.0 / (self.steps + 1))
        moved = self.latents.lerp(sums[:, :-1] / count.clamp(min=1.0), blend)
        self.latents = torch.where(count > 0.0, moved, self.latents)

    @torch.no_grad()
    def _average_weights(self) -> None:
        decay = min(self.config.average_decay, (1.0 + self.steps) / (10.0 + self.steps))
        pairs = zip(self.average.parameters(), self.generator.parameters(), strict=True)
        for ours, theirs in pairs:
            ours.lerp_(theirs, 1.0 - decay)

    def save(self, path: Path) -> None:
        """Write a checkpoint; a reader sees the old one or the new one, never half of one."""
        if not self.fabric.is_global_zero:
            return
        state = {
            "checkpoint_version": CHECKPOINT_VERSION,
            "config": self.config.to_json(),
            "timbres": self.timbres,
            "about": json.dumps(self.about),
            "steps": self.steps,
            "elapsed_s": self.elapsed_s,
            "frozen": self.frozen,
            "latents": self.latents,
            **{name: part.state_dict() for name, part in self._parts().items()},
        }
        fresh = path.with_suffix(".partial")
        with fresh.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint of the same timbres.

        Raises:
            ValueError: it was trained on other timbres, or by another version.
        """
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        if state["checkpoint_version"] != CHECKPOINT_VERSION:
            raise ValueError(f"{path} is a checkpoint of version {state['checkpoint_version']}")
        if state["timbres"] != self.timbres:
            raise ValueError(f"{path} was trained on other timbres: {state['timbres']}")
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.steps, self.elapsed_s = state["steps"], state["elapsed_s"]
        self.frozen, self.latents = state["frozen"], state["latents"]

    def _parts(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "average": self.average,
            "encoder": self.encoder,
            "discriminator": self.adversary.discriminator,
            "optimizer": self.optimizer,
            "judge_optimizer": self.adversary.optimizer,
        }
