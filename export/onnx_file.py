"""Write a generator as ONNX, compare it with PyTorch, and put the instrument's metadata in."""

from __future__ import annotations

import base64
import io
import json
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from export import calibration
from export.graph import IR_VERSION, OPSET
from export.playing import playing_graph
from export.products import Scale
from export.sessions import inputs_of, open_session, run, run_torch
from rtsynth import contract as c
from training.model import Generator
from training.readers import ENCODER_FRAMES, TimbreEncoder

TOLERANCE = 5e-4  # frames: dB. Note values: their unit, or a part of those larger than 1
# Between the timbres the generator is steep: a latent's last bit can move a level by 1e-4 dB in
# either program. There the limit is 1e-5 of the range of 100 dB.
PRIOR_TOLERANCE = 1e-3
ROUNDING_LIMIT_DB = 0.1  # rms, see `calibration.loss`
SIZE_LIMIT_BYTES = 16_000_000
ENCODER_TOLERANCE = 1e-4
PARITY_ROUNDS = 48
ENCODER_KEY = c.METADATA_KEY + ".encoder"  # base64 of the encoder's graph
# The trained weights lie in the file beside the graph that is played, in half precision: no node
# reads them, `export.read_back` does. Each tensor is named after its parameter.
GENERATOR_WEIGHTS = "trained.generator."
ENCODER_WEIGHTS = "trained.encoder."


class ExportError(Exception):
    """The instrument would not be what was trained, or is too large."""


def convert(generator: Generator, scales: Mapping[str, Scale] | None = None) -> onnx.ModelProto:
    """The generator as it is played, with a free batch and a free number of steps.

    In float32, or with the places of `scales` in 8-bit integers.
    """
    return playing_graph(generator.eval(), scales or {})[0].model()


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
        inputs = inputs_of(random, 1 + turn % 9, (4, 1, 16, 37)[turn // 2 % 4])
        if turn % 2 == 0:
            rows = random.integers(0, len(latents), len(inputs[c.INPUT_LATENT]))
            inputs[c.INPUT_LATENT] = np.asarray(latents, np.float32)[rows]
        for ours, theirs in zip(run(session, inputs), run_torch(generator, inputs), strict=True):
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
    inputs = inputs_of(random, 2, 4)
    inputs[c.INPUT_LATENT] = np.asarray([latents[0], latents[-1]], np.float32)
    inputs[c.INPUT_KEY][:] = (60.0, 43.0)
    inputs[c.INPUT_VELOCITY][:] = (100.0, 56.0)
    inputs[c.INPUT_STEP][:] = (0.0, 24.0)
    frames, note = run(open_session(model), inputs)
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
            `PRIOR_TOLERANCE`, rounding to 8 bits changes the sound by more than
            `ROUNDING_LIMIT_DB`, or the file is larger than `SIZE_LIMIT_BYTES`.
    """
    exact = convert(generator).SerializeToString()
    difference = worst_difference(generator, exact, latents)
    if difference.too_large():
        raise ExportError(
            f"ONNX Runtime and PyTorch differ by {difference.stored:.2g} dB on stored latents "
            f"(limit {TOLERANCE:g}), {difference.prior:.2g} on others (limit {PRIOR_TOLERANCE:g})"
        )
    timbres = metadata["timbres"]
    model = convert(generator, calibration.scales(generator, timbres))
    played = model.SerializeToString()
    lost = calibration.loss(exact, played, timbres)
    if not lost.rms <= ROUNDING_LIMIT_DB:
        raise ExportError(
            f"rounded to 8 bits the instrument differs by {lost.rms:.2g} dB rms "
            f"(limit {ROUNDING_LIMIT_DB:g})"
        )
    whole = {**metadata, "eight_bit": True, "check": stored_check(played, latents)}
    whole["card"] += (
        f"\nLargest difference from PyTorch on export: {difference.stored:.2g} dB on stored "
        f"latents, {difference.prior:.2g} dB on latents from the prior. Rounding to 8 bits then "
        f"changes the partials within {calibration.AUDIBLE_DB:.0f} dB of their note's loudest by "
        f"{lost.rms:.2f} dB rms, {lost.largest:.1f} dB at most, over all timbres.\n"
    )
    encoded = base64.b64encode(encoder_graph(encoder)).decode("ascii")
    for key, text in ((c.METADATA_KEY, json.dumps(whole, sort_keys=True)), (ENCODER_KEY, encoded)):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, text
    for start, network in ((GENERATOR_WEIGHTS, generator), (ENCODER_WEIGHTS, encoder)):
        model.graph.initializer.extend(_weights(start, network))
    data = bytes(model.SerializeToString())
    if len(data) > SIZE_LIMIT_BYTES:
        raise ExportError(f"{len(data)} bytes, more than {SIZE_LIMIT_BYTES}")
    return data


def _weights(start: str, network: torch.nn.Module) -> Iterator[onnx.TensorProto]:
    """A network's parameters in half precision."""
    for name, parameter in network.named_parameters():
        values = parameter.detach().numpy().astype(np.float16)
        if not np.isfinite(values).all():
            raise ExportError(f"{name} has weights that half precision cannot hold")
        yield numpy_helper.from_array(values, start + name)
