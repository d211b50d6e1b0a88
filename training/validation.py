"""The figure that training is steered by: error on pitches that were never trained on.

Every timbre is played from its one latent, as an exported instrument plays it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from rtsynth import contract as c
from training import step_noise
from training.crops import Library, Note
from training.model import Generator

Floats = npt.NDArray[np.float32]
Play = Callable[[list[Note], int], tuple[Floats, Floats]]
"""(notes, steps) -> frames (notes, steps * 8, 161) and note values (notes, NOTE_VALUES)."""

TOP_DB = 20.0  # the partials that make a note's sound: this far below its loudest


def pick(library: Library, held_out: bool, per_timbre: int) -> list[list[Note]]:
    """Notes of each timbre, spread evenly over its keyboard."""
    picked = []
    for timbre in range(len(library.timbres)):
        notes = [n for n in library.notes if n.timbre == timbre and n.held_out == held_out]
        places = np.linspace(0, len(notes) - 1, min(per_timbre, len(notes))).round()
        picked.append([notes[int(i)] for i in places])
    return picked


def top_errors(made: Floats, real: Floats) -> Floats:
    """Absolute errors in dB of the partials in the top `TOP_DB` of a note, flat."""
    partials = real[:, : c.PARTIALS]  # (frames, 128)
    loud = partials >= partials.max() - TOP_DB
    errors: Floats = np.abs(made[: len(real), : c.PARTIALS] - partials)[loud]
    return errors


def held_out_error(library: Library, play: Play, per_timbre: int, steps: int) -> dict[str, float]:
    """Median error in dB of each timbre, and over all of them under "all"."""
    result: dict[str, float] = {}
    everything = []
    for name, notes in zip(library.timbres, pick(library, True, per_timbre), strict=True):
        if not notes:
            continue
        made, _ = play(notes, steps)
        errors = []
        for row, note in enumerate(notes):
            real = library.excerpt(note, 0, min(note.frames, steps * c.FRAMES_PER_STEP))
            errors.append(top_errors(made[row], real))
        joined = np.concatenate(errors)
        result[name] = float(np.median(joined))
        everything.append(joined)
    if everything:
        result["all"] = float(np.median(np.concatenate(everything)))
    return result


def torch_player(generator: Generator, latents: torch.Tensor) -> Play:
    """Play notes with a PyTorch generator, on whatever device it is."""

    def play(notes: list[Note], steps: int) -> tuple[Floats, Floats]:
        device = latents.device
        first = np.full(len(notes), -c.CONTEXT_STEPS)
        random = np.random.default_rng(1)
        drawn = step_noise.draw(random, first, steps + 2 * c.CONTEXT_STEPS)
        noise = torch.from_numpy(drawn).to(device)
        key = torch.tensor([n.key for n in notes], device=device)
        velocity = torch.tensor([n.velocity for n in notes], device=device)
        latent = latents[[n.timbre for n in notes]]
        with torch.no_grad():
            frames, note = generator(key, velocity, latent, torch.zeros_like(key), noise)
        return frames.float().cpu().numpy(), note.float().cpu().numpy()

    return play
