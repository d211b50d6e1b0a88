"""Read what an instrument needs from a training checkpoint."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from training.config import Config
from training.model import Generator
from training.readers import TimbreEncoder


@dataclass
class Checkpoint:
    """A trained generator (averaged weights), its encoder and its timbres; evaluation mode, CPU."""

    generator: Generator
    encoder: TimbreEncoder
    latents: list[list[float]]  # (timbres, LATENT_SIZE)
    timbres: list[str]
    about: dict[str, Any]  # the data set's description
    config: Config
    steps: int
    minutes: float


def read(path: Path) -> Checkpoint:
    """Read a checkpoint that `training.trainer.Trainer.save` wrote.

    Raises:
        ValueError: the file is not such a checkpoint.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        config = Config.from_json(state["config"])
        generator = Generator(config)
        generator.load_state_dict(state["average"])
        encoder = TimbreEncoder(config)
        encoder.load_state_dict(state["encoder"])
        return Checkpoint(
            generator=generator.eval().requires_grad_(False),
            encoder=encoder.eval().requires_grad_(False),
            latents=state["latents"].float().tolist(),
            timbres=list(state["timbres"]),
            about=json.loads(state["about"]),
            config=config,
            steps=int(state["steps"]),
            minutes=float(state["elapsed_s"]) / 60.0,
        )
    except (KeyError, TypeError, RuntimeError, EOFError, OSError, pickle.PickleError) as error:
        raise ValueError(f"{path} is not a checkpoint ({type(error).__name__})") from error
