"""The arms of the ablation: runs that differ in nothing but what is left out."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from training.config import Config
from training.crops import Library, Note
from training.evaluation.playing import Instrument
from training.model import Generator
from training.validation import Floats, Play, torch_player

FULL: Final = "full"
ARMS: Final[dict[str, dict[str, Any]]] = {
    FULL: {},
    "no-adversary": {"adversarial_share": 0.0},
    "no-spectral": {"spectral_weight": 0.0},
    "regression": {"adversarial_share": 0.0, "spread_reward": 0.0, "trend_reward": 0.0},
}
ONNX_SEED: Final = 1


class ArmError(RuntimeError):
    """An arm cannot be read or trained; the message is one line."""


@dataclass(frozen=True)
class Arm:
    """A trained generator."""

    name: str
    play: Play
    timbres: frozenset[str]
    steps: int | None  # None: an instrument file does not say


def read(name: str, path: Path, library: Library) -> Arm:
    """Open an instrument file or a checkpoint.

    Raises:
        ArmError: it is neither, or has no timbre of the data set.
    """
    try:
        arm = _instrument(name, path, library) if path.suffix == ".onnx" else _run(name, path)
    except (KeyError, TypeError, ValueError, RuntimeError, OSError, EOFError) as error:
        raise ArmError(f"{path} cannot be read: {' '.join(str(error).split())[:160]}") from error
    if not arm.timbres & set(library.timbres):
        raise ArmError(f"{path} has none of the data set's timbres")
    return arm


def _instrument(name: str, path: Path, library: Library) -> Arm:
    instrument = Instrument.open(path)

    def play(notes: list[Note], steps: int) -> tuple[Floats, Floats]:
        latents = [instrument.voices[library.timbres[n.timbre]].latent for n in notes]
        keys, velocities = [n.key for n in notes], [n.velocity for n in notes]
        return instrument.frames(latents, keys, velocities, steps, ONNX_SEED)

    return Arm(name, play, frozenset(instrument.voices), None)


def _run(name: str, path: Path) -> Arm:
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    generator = Generator(Config.from_json(state["config"]))
    generator.load_state_dict(state["average"])
    play = torch_player(generator.eval().requires_grad_(False), state["latents"].float())
    return Arm(name, play, frozenset(state["timbres"]), int(state["steps"]))


def train(
    names: list[str], data: Path, out: Path, minutes: float, overrides: dict[str, Any]
) -> dict[str, Path]:
    """Train arms one after the other, all with one seed and as many steps as the first.

    An arm that is there already with these steps is left alone. Returns the checkpoints.

    Raises:
        ArmError: a run failed or was ended early.
    """
    steps: int | None = None
    found = {}
    for name in names:
        folder = out / name
        last = folder / "last.pt"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "overrides.json"
        config.write_text(json.dumps({**overrides, **ARMS[name]}), "utf-8")
        budget = ["--minutes", str(minutes)] if steps is None else ["--steps", str(steps)]
        if steps is None or steps_of(last) < steps:
            _train(["--data", str(data), "--out", str(folder), "--config", str(config), *budget])
        steps = steps_of(last) if steps is None else steps
        if steps_of(last) < max(steps, 1):
            raise ArmError(f"{folder} was ended early: start again to go on from there")
        found[name] = last
    return found


def _train(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "training.train", *arguments, "--resume"]
    done = subprocess.run([*command, "--samples-s", "inf"], check=False)
    if done.returncode != 0:
        raise ArmError(f"training ended with exit code {done.returncode}")


def steps_of(checkpoint: Path) -> int:
    """How many steps a checkpoint has behind it, 0 where there is none."""
    if not checkpoint.exists():
        return 0
    return int(torch.load(checkpoint, map_location="cpu", weights_only=True)["steps"])
