"""Write a generator as ONNX, compare it with PyTorch, and put the instrument's metadata in."""

from __future__ import annotations

import base64
import io
import json
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import torch

from rtsynth import contract as c
from training import step_noise
from training.model import Generator
from training.readers import ENCODER_FRAMES, TimbreEncoder

Floats = npt.NDArray[np.float32]
INPUTS = (c.INPUT_KEY, c.INPUT_VELOCITY, c.INPUT_LATENT, c.INPUT_STEP, c.INPUT_NOISE)
OPSET = 17  # LayerNormalization; known to every ONNX Runtime since 1.12
IR_VERSION = 8
TOLERANCE = 1e-4  # frames: dB. Note values: their unit, or a part of those larger than 1
# Between the timbres the generator is steep: a latent's last bit can move a level by 1e-4 dB in
# either program. There the limit is 1e-5 of the range of 100 dB.
PRIOR_TOLERANCE = 1e-3
SIZE_LIMIT_BYTES = 16 * 1024 * 1024
ENCODER_TOLERANCE = 1e-4
PARITY_ROUNDS = 48
ENCODER_KEY = c.METADATA_KEY + ".encoder"  # base64 of the encoder's graph


class ExportError(Exception):
    """The instrument would not be what was trained, or is too large."""


def random_inputs(random: np.random.Generator, batch: int, steps: int) -> dict[str, Floats]:
    """Inputs from the whole range that the runtime asks for."""
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


def run_torch(generator: Generator, inputs: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Frames and note values by PyTorch."""
    with torch.no_grad():
        frames, note = generator(*(torch.from_numpy(inputs[name]) for name in INPUTS))
    return frames.numpy(), note.numpy()


def generate_with(generator: Generator) -> Callable[..., tuple[Floats, Floats]]:
    """`run_torch` as a function of the inputs in the order of `INPUTS`."""

    def generate(*inputs: Floats) -> tuple[Floats, Floats]:
        return run_torch(generator, dict(zip(INPUTS, inputs, strict=True)))

    return generate


def convert(generator: Generator) -> onnx.ModelProto:
    """Trace the generator with a free batch and a free number of steps."""
    example = random_inputs(np.random.default_rng(0), 2, 6)
    outputs = {c.OUTPUT_FRAMES: {0: "batch", 1: "frames"}, c.OUTPUT_NOTE: {0: "batch"}}
    free = {c.INPUT_NOISE: {0: "batch", 1: "steps_and_context"}}
    tensors = tuple(torch.from_numpy(example[name]) for name in INPUTS)
    return _traced(generator.eval(), tensors, list(INPUTS), outputs | free)


def _traced(
    module: torch.nn.Module,
    example: tuple[torch.Tensor, ...],
    inputs: list[str],
    free: dict[str, dict[int, str]],
) -> onnx.ModelProto:
    """A module as ONNX; `free` has the free axes of all outputs, and of inputs beside the batch."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is old, and what we need
        torch.onnx.export(
            module,
            example,
            cast(Any, buffer),
            input_names=inputs,
            output_names=[name for name in free if name not in inputs],
            dynamic_axes={**{name: {0: "batch"} for name in inputs}, **free},
            opset_version=OPSET,
            do_constant_folding=True,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    model.ir_version = IR_VERSION
    model.producer_name = "rtsynth export"
    onnx.checker.check_model(model)
    return model


class _Mean(torch.nn.Module):
    """The encoder as an instrument file holds it: the mean alone."""

    def __init__(self, encoder: TimbreEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, frames: torch.Tensor, key: torch.Tensor, velocity: torch.Tensor) -> Any:
        """(batch, ENCODER_FRAMES, FRAME_VALUES), (batch,), (batch,) -> (batch, LATENT_SIZE)."""
        return self.encoder(frames, key, velocity)[0]


def encoder_graph(encoder: TimbreEncoder) -> bytes:
    """The timbre encoder as an ONNX graph of its own, checked against PyTorch.

    Inputs: frames (batch, ENCODER_FRAMES, FRAME_VALUES), key (batch,), velocity (batch,); output:
    mean (batch, LATENT_SIZE).

    Raises:
        ExportError: ONNX Runtime and PyTorch differ by more than `ENCODER_TOLERANCE`.
    """
    random = np.random.default_rng(5)
    frames = random.uniform(c.FLOOR_DB, 0.0, (3, ENCODER_FRAMES, c.FRAME_VALUES))
    frames[..., c.FRAME_PITCH] *= 0.2
    given = {
        "frames": frames.astype(np.float32),
        "key": np.asarray([30.0, 60.0, 90.0], np.float32),
        "velocity": np.asarray([20.0, 90.0, 127.0], np.float32),
    }
    tensors = tuple(torch.from_numpy(values) for values in given.values())
    mean = _Mean(encoder).eval()
    model = _traced(mean, tensors, list(given), {"mean": {0: "batch"}}).SerializeToString()
    (ours,) = open_session(model).run(["mean"], given)
    with torch.no_grad():
        difference = float(np.abs(ours - mean(*tensors).numpy()).max())
    if not difference <= ENCODER_TOLERANCE:
        raise ExportError(f"the encoder differs from PyTorch by {difference:.2g}")
    return bytes(model)


def open_session(model: bytes) -> ort.InferenceSession:
    """A single-threaded CPU session, as the real-time side uses it."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Difference(NamedTuple):
    """Largest absolute difference between PyTorch and ONNX Runtime, frames in dB."""

    stored: float  # on the instrument's own latents
    prior: float  # on latents drawn from the prior

    def too_large(self) -> bool:
        """Whether the file must not be written; a NaN is too large."""
        return not (self.stored <= TOLERANCE and self.prior <= PRIOR_TOLERANCE)


def worst_difference(generator: Generator, model: bytes, latents: list[list[float]]) -> Difference:
    """Compare PyTorch and ONNX Runtime on random inputs.

    Frames are compared in dB. Note values are too, or dB/s, but where they are larger than 1 (a
    release of -1000 dB/s) the difference is taken relative to PyTorch's value.
    """
    session = open_session(model)
    random = np.random.default_rng(1)
    worst = [0.0, 0.0]
    for turn in range(PARITY_ROUNDS):
        inputs = random_inputs(random, 1 + turn % 9, (4, 1, 16, 37)[turn // 2 % 4])
        if turn % 2 == 0:
            rows = random.integers(0, len(latents), len(inputs[c.INPUT_LATENT]))
            inputs[c.INPUT_LATENT] = np.asarray(latents, np.float32)[rows]
        answers = session.run([c.OUTPUT_FRAMES, c.OUTPUT_NOTE], inputs)
        for ours, theirs in zip(answers, run_torch(generator, inputs), strict=True):
            if ours.shape != theirs.shape:
                raise ExportError(f"shapes differ: ONNX {ours.shape}, PyTorch {theirs.shape}")
            # a NaN on either side must not pass as "no difference"
            size = np.maximum(np.abs(theirs), 1.0) if ours.ndim == 2 else 1.0
            difference = float((np.abs(ours - theirs) / size).max())
            difference = difference if np.isfinite(difference) else float("inf")
            worst[turn % 2] = max(worst[turn % 2], difference)
    return Difference(*worst)


def stored_check(model: bytes, latents: list[list[float]]) -> dict[str, Any]:
    """An input and its output, by which a loader knows that it plays what was exported."""
    random = np.random.default_rng(2)
    inputs = random_inputs(random, 2, 4)
    inputs[c.INPUT_LATENT] = np.asarray([latents[0], latents[-1]], np.float32)
    inputs[c.INPUT_KEY][:] = (60.0, 43.0)
    inputs[c.INPUT_VELOCITY][:] = (100.0, 56.0)
    inputs[c.INPUT_STEP][:] = (0.0, 24.0)
    frames, note = open_session(model).run([c.OUTPUT_FRAMES, c.OUTPUT_NOTE], inputs)
    noise = inputs.pop(c.INPUT_NOISE)
    return {
        **{name: values.tolist() for name, values in inputs.items()},
        "noise": base64.b64encode(noise.tobytes()).decode("ascii"),
        "noise_shape": list(noise.shape),
        "frames": base64.b64encode(frames.tobytes()).decode("ascii"),
        "frames_shape": list(frames.shape),
        "note": note.tolist(),
    }


def build(
    generator: Generator,
    encoder: TimbreEncoder,
    latents: list[list[float]],
    metadata: dict[str, Any],
) -> bytes:
    """The bytes of a self-contained instrument file.

    Raises:
        ExportError: ONNX Runtime and PyTorch differ by more than `TOLERANCE` or
            `PRIOR_TOLERANCE`, or the file is larger than `SIZE_LIMIT_BYTES`.
    """
    model = convert(generator)
    bare = model.SerializeToString()
    difference = worst_difference(generator, bare, latents)
    if difference.too_large():
        raise ExportError(
            f"ONNX Runtime and PyTorch differ by {difference.stored:.2g} dB on stored latents "
            f"(limit {TOLERANCE:g}), {difference.prior:.2g} on others (limit {PRIOR_TOLERANCE:g})"
        )
    whole = {**metadata, "check": stored_check(bare, latents)}
    whole["card"] += (
        f"\nLargest difference from PyTorch on export: {difference.stored:.2g} dB on stored "
        f"latents, {difference.prior:.2g} dB on latents from the prior.\n"
    )
    encoded = base64.b64encode(encoder_graph(encoder)).decode("ascii")
    for key, text in ((c.METADATA_KEY, json.dumps(whole, sort_keys=True)), (ENCODER_KEY, encoded)):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, text
    data = bytes(model.SerializeToString())
    if len(data) > SIZE_LIMIT_BYTES:
        raise ExportError(f"{len(data)} bytes, more than {SIZE_LIMIT_BYTES}")
    return data
