"""Run generators on random notes, in ONNX Runtime and in PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import torch

from rtsynth import contract as c
from training import step_noise
from training.model import Generator

Floats = npt.NDArray[np.float32]
Inputs = dict[str, Floats]
INPUTS = (c.INPUT_KEY, c.INPUT_VELOCITY, c.INPUT_LATENT, c.INPUT_STEP, c.INPUT_NOISE)


def inputs_of(random: np.random.Generator, batch: int, steps: int) -> Inputs:
    """Random inputs from the whole range that the runtime asks for."""
    last_step = c.TAKE_PAGES * c.PAGE_FRAMES // c.FRAMES_PER_STEP
    first = np.where(random.random(batch) < 0.5, 0, random.integers(0, last_step, batch))
    values = {
        c.INPUT_KEY: random.integers(c.KEY_LOW, c.KEY_HIGH + 1, batch),
        c.INPUT_VELOCITY: random.integers(1, 128, batch),
        c.INPUT_LATENT: random.standard_normal((batch, c.LATENT_SIZE)),
        c.INPUT_STEP: first,
        c.INPUT_NOISE: step_noise.draw(
            random, first - c.CONTEXT_STEPS, steps + 2 * c.CONTEXT_STEPS
        ),
    }
    return {name: np.asarray(value, np.float32) for name, value in values.items()}


def open_session(model: bytes) -> ort.InferenceSession:
    """A single-threaded CPU session, as the real-time side uses it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", "1")  # right everywhere
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(session: ort.InferenceSession, inputs: Inputs) -> tuple[Floats, Floats]:
    """Frames and note values by ONNX Runtime."""
    frames, note = session.run([c.OUTPUT_FRAMES, c.OUTPUT_NOTE], inputs)
    return frames, note


def run_torch(generator: Generator, inputs: Inputs) -> tuple[Floats, Floats]:
    """Frames and note values by PyTorch."""
    with torch.no_grad():
        frames, note = generator(*(torch.from_numpy(inputs[name]) for name in INPUTS))
    return frames.numpy(), note.numpy()


def generate_with(generator: Generator) -> Callable[..., tuple[Floats, Floats]]:
    """`run_torch` as a function of the inputs in the order of `INPUTS`."""

    def generate(*inputs: Floats) -> tuple[Floats, Floats]:
        return run_torch(generator, dict(zip(INPUTS, inputs, strict=True)))

    return generate
