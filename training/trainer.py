"""One training step of the min-max game, and all the state that a checkpoint has to hold."""

from __future__ import annotations

import copy
import json
import math
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rtsynth import contract as c
from training import losses
from training.config import Config
from training.crops import Batch, Crops, Library
from training.model import Generator
from training.readers import Discriminator, TimbreEncoder

CHECKPOINT_VERSION = 1


class Trainer:
    """The networks, their optimisers, the timbres' latents and the random state."""

    def __init__(self, config: Config, library: Library, device: torch.device) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.device = device
        self.crops = Crops(library, config, config.seed, device)
        self.generator = Generator(config).to(device)
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.encoder = TimbreEncoder(config).to(device)
        self.discriminator = Discriminator(config).to(device)
        ours = [*self.generator.parameters(), *self.encoder.parameters()]
        self.optimizer = torch.optim.AdamW(
            ours, config.learning_rate, betas=(0.9, 0.98), weight_decay=config.weight_decay
        )
        self.judge_optimizer = torch.optim.Adam(
            self.discriminator.parameters(), config.discriminator_rate, betas=(0.0, 0.99)
        )
        self.latents = torch.zeros(len(library.timbres), c.LATENT_SIZE, device=device)
        self.frozen = False
        self.steps = 0
        self.elapsed_s = 0.0
        self.timbres = library.timbres
        self.about = library.about

    def step(self, progress: float) -> dict[str, float]:
        """Train on one batch; `progress` 0..1 is the place in the schedule."""
        config = self.config
        self._set_rates(progress)
        if progress >= config.freeze_latents_at and not self.frozen:
            self.freeze_latents()
        encoded = 0 if self.frozen else round(config.batch * (1.0 - config.mean_latent_share))
        batch = self.crops.batch(encoded)
        latent, divergence = self._latents_for(batch, encoded)
        share = config.adversarial_share * self._adversary(progress)
        prior = config.prior_rows if share > 0.0 else 0
        made, note = self._play(batch, latent, prior)
        at = made.detach().requires_grad_()  # the loss is differentiated down to the frames
        ours, twin = at[: config.batch], at[config.batch + prior :]
        terms = losses.spectral_terms(ours, twin, batch.frames, batch.step, config)
        (slope,) = torch.autograd.grad(losses.spectral_loss(terms, config), at)
        log = {name: float(value.detach()) for name, value in terms._asdict().items()}
        pull = config.spectral_weight * slope
        if share > 0.0:
            size = share * float(slope.norm())
            pull = pull + self._adversarial_pull(at, latent, batch, prior, size, log)
        note_error = losses.note_loss(note[: config.batch], batch.note)
        rest = config.note_weight * note_error + config.kl_weight * divergence
        self.optimizer.zero_grad()
        torch.autograd.backward([made, rest], [pull, torch.ones_like(rest)])
        clip = nn.utils.clip_grad_norm_(self.generator.parameters(), config.gradient_clip)
        self.optimizer.step()
        if share > 0.0:
            judged = made.detach()
            log["told_apart"] = self._train_discriminator(judged, latent.detach(), batch, prior)
        self._average_weights()
        self.steps += 1
        log |= {"note": float(note_error.detach()), "gradient": float(clip)}
        log["divergence"] = float(divergence.detach())
        return log

    def _play(self, batch: Batch, latent: Tensor, prior: int) -> tuple[Tensor, Tensor]:
        """Make the batch's crops, then `prior` ones with latents from the prior, then twins.

        Twins are the batch's `later` first rows once more, with other noise.
        """
        told = (batch.key, batch.velocity, batch.step)
        rows = batch.mixed[:prior]
        key, velocity, step = (torch.cat([x, x[rows], x[: batch.later]]) for x in told)
        drawn = torch.randn(prior, c.LATENT_SIZE, device=self.device)
        latent = torch.cat([latent, drawn, latent[: batch.later]])
        made, note = self.generator(key, velocity, latent, step, self._noise(len(key)))
        return made, note

    def freeze_latents(self) -> None:
        """Give every timbre its final latent: the mean over its training notes."""
        self.latents = self.encoder_means()
        self.frozen = True

    @torch.no_grad()
    def encoder_means(self) -> Tensor:
        """What the encoder now says of each timbre, (timbres, LATENT_SIZE)."""
        read = [self.encoder(*self.crops.openings(t))[0] for t in range(len(self.timbres))]
        return torch.stack([mean.mean(0) for mean in read])

    def _set_rates(self, progress: float) -> None:
        config = self.config
        floor = config.final_rate_share
        scale = floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
        scale *= min(1.0, (self.steps + 1) / config.warmup_steps)
        self.optimizer.param_groups[0]["lr"] = config.learning_rate * scale
        self.judge_optimizer.param_groups[0]["lr"] = config.discriminator_rate * max(scale, 0.3)

    def _adversary(self, progress: float) -> float:
        """Its share rises from 0 to 1 over the tenth of the schedule after its start."""
        return min(max((progress - self.config.adversary_start) / 0.1, 0.0), 1.0)

    def _noise(self, rows: int) -> Tensor:
        steps = self.config.crop_frames // c.FRAMES_PER_STEP + 2 * c.CONTEXT_STEPS
        return torch.randn(rows, steps, c.STEP_NOISE_SIZE, device=self.device)

    def _latents_for(self, batch: Batch, encoded: int) -> tuple[Tensor, Tensor]:
        """A latent for each row (batch, 16), and the divergence of those that were encoded."""
        shaky = self.latents[batch.timbre]
        shaky = shaky + 0.03 * torch.randn_like(shaky)
        if encoded == 0:
            return shaky, torch.zeros((), device=self.device)
        mean, spread = self.encoder(batch.other_frames, batch.other_key, batch.other_velocity)
        drawn = mean + torch.randn_like(mean) * (0.5 * spread).exp()  # (encoded, 16)
        rows = batch.mixed[:encoded]
        self._follow(mean.detach(), batch.timbre[rows])
        return shaky.index_copy(0, rows, drawn), losses.latent_divergence(mean, spread)

    def _follow(self, mean: Tensor, timbre: Tensor) -> None:
        """Move each timbre's running latent towards what the encoder now says."""
        blend = max(0.03, 1.0 / (self.steps + 1))
        for t in set(timbre.tolist()):
            self.latents[t] = self.latents[t].lerp(mean[timbre == t].mean(0), blend)

    def _judged(self, latent: Tensor, batch: Batch, prior: int) -> tuple[Tensor, ...]:
        """Conditions of the rows that are judged; those from the prior claim no timbre."""
        rows = self._judged_rows(batch)
        blank = torch.zeros(prior, c.LATENT_SIZE, device=self.device)
        both = torch.cat([rows, batch.mixed[:prior]])
        key, velocity, step = batch.key[both], batch.velocity[both], batch.step[both]
        return key, velocity, torch.cat([latent[rows].detach(), blank]), step

    def _judged_rows(self, batch: Batch) -> Tensor:
        return batch.mixed[-self.config.adversary_rows :]

    def _made_rows(self, made: Tensor, batch: Batch, prior: int) -> Tensor:
        behind = self.config.batch
        return torch.cat([made[self._judged_rows(batch)], made[behind : behind + prior]])

    def _real_rows(self, batch: Batch, prior: int) -> Tensor:
        return batch.frames[torch.cat([self._judged_rows(batch), batch.mixed[:prior]])]

    def _adversarial_pull(
        self,
        at: Tensor,
        latent: Tensor,
        batch: Batch,
        prior: int,
        size: float,
        log: dict[str, float],
    ) -> Tensor:
        """The adversary's gradient at the frames, scaled to the norm `size`."""
        config = self.config
        conditions = self._judged(latent, batch, prior)
        self.discriminator.requires_grad_(False)
        score = self.discriminator(self._made_rows(at, batch, prior), *conditions)
        with torch.no_grad():
            real = self.discriminator(self._real_rows(batch, prior), *conditions)
        loss = losses.believed(score, real)
        (push,) = torch.autograd.grad(loss, at)
        self.discriminator.requires_grad_(True)
        scale = size / max(float(push.norm()), 1e-12)
        scale = min(scale, config.adversarial_scale_max)
        log.update(believed=float(loss.detach()), adversarial_scale=scale)
        log["judge_right"] = float((real > score).float().mean())
        return push * scale

    def _train_discriminator(self, made: Tensor, latent: Tensor, batch: Batch, prior: int) -> float:
        config = self.config
        conditions = self._judged(latent, batch, prior)
        real = self._real_rows(batch, prior)
        fake = self._made_rows(made, batch, prior)
        penalise = self.steps % config.penalty_every == 0
        if penalise:
            real, fake = real.requires_grad_(), fake.requires_grad_()
        score_real = self.discriminator(real, *conditions)
        score_fake = self.discriminator(fake, *conditions)
        loss = losses.told_apart(score_fake, score_real)
        total = loss
        if penalise:
            steep = losses.gradient_penalty(score_real, real)
            steep = steep + losses.gradient_penalty(score_fake, fake)
            total = total + 0.5 * config.gradient_penalty * config.penalty_every * steep
        self.judge_optimizer.zero_grad()
        torch.autograd.backward(total)
        self.judge_optimizer.step()
        return float(loss.detach())

    @torch.no_grad()
    def _average_weights(self) -> None:
        decay = min(self.config.average_decay, (1.0 + self.steps) / (10.0 + self.steps))
        pairs = zip(self.average.parameters(), self.generator.parameters(), strict=True)
        for ours, theirs in pairs:
            ours.lerp_(theirs, 1.0 - decay)

    def save(self, path: Path) -> None:
        """Write a checkpoint; a reader sees the old one or the new one, never half of one."""
        state = {
            "checkpoint_version": CHECKPOINT_VERSION,
            "config": self.config.to_json(),
            "timbres": self.timbres,
            "about": json.dumps(self.about),
            "steps": self.steps,
            "elapsed_s": self.elapsed_s,
            "frozen": self.frozen,
            "latents": self.latents,
            "torch_random": torch.get_rng_state(),
            "crops_random": json.dumps(self.crops.random.bit_generator.state),
            **{name: part.state_dict() for name, part in self._parts().items()},
        }
        fresh = path.with_suffix(".partial")
        torch.save(state, fresh)
        os.replace(fresh, path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint of the same timbres."""
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        if state["timbres"] != self.timbres:
            raise ValueError(f"{path} was trained on other timbres: {state['timbres']}")
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.steps, self.elapsed_s = state["steps"], state["elapsed_s"]
        self.frozen, self.latents = state["frozen"], state["latents"]
        torch.set_rng_state(state["torch_random"].cpu())
        self.crops.random.bit_generator.state = json.loads(state["crops_random"])

    def _parts(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "average": self.average,
            "encoder": self.encoder,
            "discriminator": self.discriminator,
            "optimizer": self.optimizer,
            "judge_optimizer": self.judge_optimizer,
        }
