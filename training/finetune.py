"""Teach an instrument new timbres: ``python -m training.finetune I.onnx --data d --out runs/mine``.

The networks are read back from the instrument file. Each timbre of the data set (a few notes do)
gets a latent, and latents and generator are trained on its notes for some minutes. Old timbres
stay: half of each batch replays them. The run's last.pt has all timbres, and is exported like any
other.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from export import read_back
from export.checkpoint import Checkpoint
from rtsynth import contract as c
from training import engine, losses, step_noise
from training.config import Config
from training.crops import Batch, Crops, Library
from training.replay import Replay
from training.shards import DataSetError
from training.trainer import CHECKPOINT_VERSION
from training.validation import held_out_error, torch_player

LEARNING_RATE = 3e-4
LATENT_RATE = 2e-2
ROWS = 16  # of a batch that are new notes; as many are replayed
LATENT_SHARE = 0.1  # of the run in which only the new latents move
REPLAY_WEIGHT = 1.0
AVERAGE_DECAY = 0.99
LATENT_JITTER = 0.03
SHOWN_STEPS = 36  # 1.5 s of each note are compared before and after
SHOWN_NOTES = 12


class FineTuner:
    """A generator that learns new timbres beside those of its teacher."""

    def __init__(self, teacher: Checkpoint, library: Library, config: Config) -> None:
        """Start from the teacher's weights, and from what its encoder hears.

        Raises:
            ValueError: a timbre of the data set has the name of an old one, or no notes.
        """
        known = set(teacher.timbres) & set(library.timbres)
        if known:
            raise ValueError(f"the instrument has a timbre {sorted(known)[0]}: give another name")
        self.config = config
        self.library = library
        self.teacher = teacher
        self.crops = Crops(library, config, torch.device("cpu"))
        self.replay = Replay(teacher, config)
        self.generator = copy.deepcopy(teacher.generator).train().requires_grad_(True)
        self.average = copy.deepcopy(teacher.generator)
        self.latents = nn.Parameter(self._heard())
        weights: dict[str, Any] = {"params": list(self.generator.parameters())}
        latents: dict[str, Any] = {"params": [self.latents], "weight_decay": 0.0}
        self.optimizer = torch.optim.AdamW([weights, latents], betas=(0.9, 0.98))
        self.steps = 0
        self.elapsed_s = 0.0

    @torch.no_grad()
    def _heard(self) -> Tensor:
        """What the encoder says of each new timbre, the mean over its notes: (timbres, 16)."""
        turns = range(len(self.library.timbres))
        read = [self.teacher.encoder(*self.crops.openings(t))[0] for t in turns]
        return torch.stack([mean.mean(0) for mean in read])

    def step(self, progress: float) -> dict[str, float]:
        """One update; `progress` 0..1 is the place in the schedule."""
        torch.manual_seed(engine.seed_of(self.config.seed, self.steps))
        self._set_rates(progress)
        batch = self.crops.batch(self.steps, 0.0)
        loss, figures = self._new_loss(batch)
        if progress >= LATENT_SHARE:
            inputs = self.replay.draw(self.steps, len(batch.key), batch.frames.shape[1])
            old = self.replay.loss(self.generator, inputs)
            figures["replay"] = float(old.detach())
            loss = loss + REPLAY_WEIGHT * old
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.generator.parameters(), self.config.gradient_clip)
        self.optimizer.step()
        self._average_weights()
        self.steps += 1
        return figures

    def _set_rates(self, progress: float) -> None:
        floor = self.config.final_rate_share
        scale = floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
        weights, latents = self.optimizer.param_groups
        weights["lr"] = LEARNING_RATE * scale if progress >= LATENT_SHARE else 0.0
        latents["lr"] = LATENT_RATE * scale

    @torch.no_grad()
    def _average_weights(self) -> None:
        decay = min(AVERAGE_DECAY, (1.0 + self.steps) / (10.0 + self.steps))
        pairs = zip(self.average.parameters(), self.generator.parameters(), strict=True)
        for ours, theirs in pairs:
            ours.lerp_(theirs, 1.0 - decay)

    def _new_loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """Training's loss, without its adversary, on the new notes."""
        rows, later = len(batch.key), batch.later
        latent = self.latents[batch.timbre]
        latent = latent + LATENT_JITTER * torch.randn_like(latent)
        told = (batch.key, batch.velocity, latent, batch.step)
        key, velocity, latent, step = (torch.cat([x, x[:later]]) for x in told)  # with twins
        steps = batch.frames.shape[1] // c.FRAMES_PER_STEP + 2 * c.CONTEXT_STEPS
        noise = step_noise.draw(self._random(), step.long().numpy() - c.CONTEXT_STEPS, steps)
        made, note = self.generator(key, velocity, latent, step, torch.from_numpy(noise))
        terms = losses.spectral_terms(
            made[:rows], made[rows:], batch.frames, batch.step, self.config
        )
        values = losses.note_loss(note[:rows], batch.note, batch.frames, self.config)
        loss = losses.spectral_loss(terms, self.config) + self.config.note_weight * values
        return loss, {name: float(value.detach()) for name, value in terms._asdict().items()}

    def _random(self) -> np.random.Generator:
        return np.random.default_rng([self.config.seed, self.steps, 4])

    def held_out_error(self) -> dict[str, float]:
        """Median error in dB of each new timbre on keys that are not trained on."""
        play = torch_player(self.average, self.latents.detach())
        return held_out_error(self.library, play, SHOWN_NOTES, SHOWN_STEPS)

    def save(self, path: Path) -> None:
        """Write what `export` reads: the old timbres, then the new ones."""
        about, new = dict(self.teacher.about), self.library.about
        for field in ("sustained", "programs", "ranges"):
            about[field] = {**about[field], **new[field]}
        about["soundfont"] = f"{about['soundfont']}, then on {new['soundfont']}"
        about["notes"] = new["notes"]
        state = {
            "checkpoint_version": CHECKPOINT_VERSION,
            "config": self.config.to_json(),
            "timbres": [*self.teacher.timbres, *self.library.timbres],
            "about": json.dumps(about),
            "steps": self.steps,
            "elapsed_s": self.elapsed_s,
            "frozen": True,
            "latents": torch.cat([torch.tensor(self.teacher.latents), self.latents.detach()]),
            "generator": self.generator.state_dict(),
            "average": self.average.state_dict(),
            "encoder": self.teacher.encoder.state_dict(),
        }
        fresh = path.with_suffix(".partial")
        torch.save(state, fresh)
        fresh.replace(path)


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m training.finetune", description=__doc__)
    parser.add_argument("instrument", type=Path, help="the .onnx file to start from")
    parser.add_argument("--data", type=Path, required=True, help="data set folder")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=5.0, help="length of the run")
    parser.add_argument("--steps", type=int, help="length of the run, if it is reached sooner")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


def run(tuner: FineTuner, minutes: float, steps: int | None) -> None:
    """Train until the minutes or steps are used up."""
    bar = tqdm(total=100.0, unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}")
    progress = 0.0
    while progress < 1.0:
        began = time.monotonic()
        figures = tuner.step(progress)
        tuner.elapsed_s += time.monotonic() - began
        progress = tuner.elapsed_s / (60.0 * minutes)
        if steps is not None:
            progress = max(progress, tuner.steps / steps)
        bar.update(100.0 * min(progress, 1.0) - bar.n)
        shown = (f"{name} {value:.2f} dB" for name, value in figures.items() if name != "pitch")
        bar.set_postfix_str(f"step {tuner.steps}, {', '.join(shown)}")
    bar.close()


def main(argv: list[str] | None = None) -> int:
    """Run the command; 1 and one line where it cannot."""
    args = parse(argv)
    torch.set_num_threads(args.threads)
    try:
        library = Library.open(args.data)
        teacher = read_back.read(args.instrument)
        config = dataclasses.replace(teacher.config, batch=ROWS, seed=args.seed)
        tuner = FineTuner(teacher, library, config)
        args.out.mkdir(parents=True, exist_ok=True)
    except (read_back.ReadBackError, DataSetError, ValueError, OSError) as error:
        sys.stderr.write(f"training.finetune: {error}\n")
        return 1
    before = tuner.held_out_error()
    run(tuner, args.minutes, args.steps)
    tuner.save(args.out / "last.pt")
    after = tuner.held_out_error()
    for name, now in after.items():
        sys.stdout.write(
            f"{name}: {before[name]:.2f} dB from the encoder alone, now {now:.2f} dB "
            "(median error of partials on keys not trained on)\n"
        )
    drift = tuner.replay.drift_db(tuner.average)
    sys.stdout.write(f"old timbres moved by {drift:.2f} dB; {tuner.steps} steps\n")
    sys.stdout.write(f"{args.out / 'last.pt'}: now python -m export\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
