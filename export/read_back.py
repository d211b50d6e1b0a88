"""Read the networks of an instrument file back into PyTorch, to train on from there.

The graph in the file is made for playing: its weights are merged and rounded to 8 bits. The trained
ones lie beside it in half precision.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from export.checkpoint import Checkpoint
from export.onnx_file import ENCODER_WEIGHTS, GENERATOR_WEIGHTS
from export.sessions import INPUTS, run_torch
from rtsynth import contract as c
from training.config import Config
from training.model import Generator
from training.readers import TimbreEncoder

PARITY_DB = 0.5  # rms between the file's stored output, which is rounded, and the networks

Array = npt.NDArray[Any]


class ReadBackError(Exception):
    """The file's networks cannot be told; the message is one line."""


def read(path: Path) -> Checkpoint:
    """The networks, latents and timbres of an instrument file, as a checkpoint has them.

    Raises:
        ReadBackError: it is no instrument, has no configuration or no encoder, or its
            networks do not play what it stores.
    """
    try:
        model = onnx.load(str(path))
        stored = {entry.key: entry.value for entry in model.metadata_props}
        about = json.loads(stored[c.METADATA_KEY])
        config = Config.from_dict(about["config"])
        weights = {
            each.name: numpy_helper.to_array(each)
            for each in model.graph.initializer
            if each.name.startswith((GENERATOR_WEIGHTS, ENCODER_WEIGHTS))
        }
    except KeyError as error:
        raise ReadBackError(f"{path} holds no {error}: export it again from its run") from error
    except Exception as error:
        raise ReadBackError(f"{path} is no instrument that can be trained on: {error}") from error
    generator, encoder = Generator(config), TimbreEncoder(config)
    _fill(generator, GENERATOR_WEIGHTS, weights, path)
    _fill(encoder, ENCODER_WEIGHTS, weights, path)
    _check(generator, about["check"], path)
    return Checkpoint(
        generator=generator.eval().requires_grad_(False),
        encoder=encoder.eval().requires_grad_(False),
        latents=[timbre["latent"] for timbre in about["timbres"]],
        timbres=[timbre["name"] for timbre in about["timbres"]],
        about=_data_set(about),
        config=config,
        steps=0,
        minutes=0.0,
    )


def _data_set(about: dict[str, Any]) -> dict[str, Any]:
    """The description of a data set, as far as the instrument's metadata tells it."""
    timbres = about["timbres"]
    return {
        "soundfont": f"that {about['name']} {about['version']} was trained on",
        "notes": 0,
        "sustained": {each["name"]: each["sustained"] for each in timbres},
        "programs": {each["name"]: (each["programs"] or [0])[0] for each in timbres},
        "ranges": {each["name"]: [each["low"], each["high"]] for each in timbres},
    }


def _fill(network: nn.Module, start: str, stored: Mapping[str, Array], path: Path) -> None:
    """Give a network the weights that are stored under its parameters' names."""
    for name, parameter in network.named_parameters():
        if start + name not in stored:
            raise ReadBackError(f"{path} holds no {start + name}: export it again from its run")
        values = stored[start + name]
        if values.shape != tuple(parameter.shape):
            due = tuple(parameter.shape)
            raise ReadBackError(f"{path}: {name} is {values.shape} where {due} is due")
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))


def _check(generator: Generator, check: dict[str, Any], path: Path) -> None:
    """Play the file's stored check with the network that was read back."""
    noise, frames = (
        np.frombuffer(base64.b64decode(check[name]), np.float32).reshape(check[f"{name}_shape"])
        for name in ("noise", "frames")
    )
    told = (np.asarray(check[name], np.float32) for name in INPUTS[:-1])
    made, _ = run_torch(generator.eval(), dict(zip(INPUTS, [*told, noise.copy()], strict=True)))
    difference = float(np.sqrt(np.square(made - frames).mean()))
    if not difference <= PARITY_DB:
        raise ReadBackError(f"{path}: the network read back differs by {difference:.2g} dB")
