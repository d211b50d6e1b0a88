"""Read the networks of an instrument file back into PyTorch, to train on from there.

The exporter is run on networks of the same configuration whose weights are chance, so that each
weight can be recognised in its graph; what stands in the same place of the file's graph is the
trained weight.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from export import onnx_file
from export.checkpoint import Checkpoint
from rtsynth import contract as c
from training.config import Config
from training.model import Generator
from training.readers import TimbreEncoder

PARITY_DB = 1e-3  # between the file's stored output and the networks read back

Array = npt.NDArray[Any]
Network = TypeVar("Network", bound=nn.Module)


class ReadBackError(Exception):
    """The file's networks cannot be told; the message is one line."""


def read(path: Path) -> Checkpoint:
    """The networks, latents and timbres of an instrument file, as a checkpoint has them.

    Raises:
        ReadBackError: it is no instrument, has no configuration or no encoder, or its graph is
            not the one that this program exports.
    """
    try:
        model = onnx.load(str(path))
        stored = {entry.key: entry.value for entry in model.metadata_props}
        about = json.loads(stored[c.METADATA_KEY])
        config = Config.from_dict(about["config"])
        encoder_model = onnx.load_from_string(base64.b64decode(stored[onnx_file.ENCODER_KEY]))
    except KeyError as error:
        raise ReadBackError(f"{path} holds no {error}: export it again from its run") from error
    except Exception as error:
        raise ReadBackError(f"{path} is no instrument that can be trained on: {error}") from error
    generator, encoder = Generator(config), TimbreEncoder(config)
    _fill(generator, onnx_file.convert(_at_random(generator)), model, path)
    template = onnx.load_from_string(onnx_file.encoder_graph(_at_random(encoder)))
    _fill(encoder, template, encoder_model, path)
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


def _at_random(network: Network) -> Network:
    """Give every weight a value that no other has."""
    random = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random) * 0.02)
    return network


def _fill(
    network: nn.Module, template: onnx.ModelProto, model: onnx.ModelProto, path: Path
) -> None:
    """Give a network the weights of `model`; `template` is the network as it is, exported."""
    missing = dict(network.named_parameters())
    for ours, theirs in _paired_tensors(template, model, path):
        for name, parameter in missing.items():
            turned = _turned(parameter.detach().numpy(), ours)
            if turned is None:
                continue
            if theirs.shape != ours.shape:
                raise ReadBackError(f"{path}: {name} is {theirs.shape} where {ours.shape} is due")
            with torch.no_grad():
                parameter.copy_(torch.from_numpy((theirs.T if turned else theirs).copy()))
            del missing[name]
            break
    if missing:
        raise ReadBackError(f"{path}: weights not found in its graph: {', '.join(missing)}")


def _turned(parameter: Array, tensor: Array) -> bool | None:
    """Whether a tensor of the graph is a parameter transposed; None where it is another one."""
    if parameter.shape == tensor.shape and np.array_equal(parameter, tensor):
        return False
    if parameter.T.shape == tensor.shape and np.array_equal(parameter.T, tensor):
        return True
    return None


def _paired_tensors(
    template: onnx.ModelProto, model: onnx.ModelProto, path: Path
) -> Iterator[tuple[Array, Array]]:
    """Stored tensors that stand in the same place of two graphs of the same shape."""
    (nodes, tensors), (other_nodes, other_tensors) = _parts(template), _parts(model)
    if [node.op_type for node in nodes] != [node.op_type for node in other_nodes]:
        raise ReadBackError(
            f"{path} was exported by another version of this program or of PyTorch: train on from "
            "its run, or export it again"
        )
    for node, other in zip(nodes, other_nodes, strict=True):
        for name, other_name in zip(node.input, other.input, strict=True):
            if name in tensors and other_name in other_tensors:
                yield (
                    numpy_helper.to_array(tensors[name]),
                    numpy_helper.to_array(other_tensors[other_name]),
                )


def _parts(model: onnx.ModelProto) -> tuple[list[onnx.NodeProto], dict[str, onnx.TensorProto]]:
    """A graph's nodes and stored tensors; the exporter names equal tensors by Identity nodes."""
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Identity" and node.input[0] in tensors:
            tensors[node.output[0]] = tensors[node.input[0]]
        else:
            nodes.append(node)
    return nodes, tensors


def _check(generator: Generator, check: dict[str, Any], path: Path) -> None:
    """Play the file's stored check with the network that was read back."""
    noise, frames = (
        np.frombuffer(base64.b64decode(check[name]), np.float32).reshape(check[f"{name}_shape"])
        for name in ("noise", "frames")
    )
    told = (np.asarray(check[name], np.float32) for name in onnx_file.INPUTS[:-1])
    made, _ = onnx_file.run_torch(
        generator.eval(), dict(zip(onnx_file.INPUTS, [*told, noise.copy()], strict=True))
    )
    difference = float(np.abs(made - frames).max())
    if not difference <= PARITY_DB:
        raise ReadBackError(f"{path}: the network read back differs by {difference:.2g} dB")
