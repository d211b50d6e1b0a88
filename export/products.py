"""Matrix products of a graph, in float32 or with 8-bit integers.

Weights are 8-bit with a scale for each output; what they are multiplied with is 8-bit with one
scale and one zero for each place in the network, found once on notes of the instrument. So a page
does not depend on what else is made in the same run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from torch import nn

from export.graph import RUNTIME_DOMAIN, Array, Graph

WEIGHT_TOP: Final = 127
VALUE_TOP: Final = 255


class Scale(NamedTuple):
    """How real numbers lie on 0..255: value = (number - zero) * step."""

    step: float
    zero: int

    @staticmethod
    def of(low: float, high: float) -> Scale:
        """The scale that just holds a range, and 0 exactly."""
        low, high = min(low, 0.0), max(high, 0.0)
        step = float(np.float32(max(high - low, 1e-9) / VALUE_TOP))
        return Scale(step, round(-low / step))


class Factor(NamedTuple):
    """The left side of products: a value (batch, time, n), as integers where `scale` is given."""

    value: str
    scale: Scale | None = None


def weights_of(layer: nn.Module) -> tuple[Array, Array]:
    """A layer's weights (inputs, outputs) and bias (outputs,), in double precision."""
    if not isinstance(layer, nn.Linear):
        raise TypeError(f"{type(layer).__name__} is not a linear layer")
    weights = layer.weight.detach().double().numpy().T
    bias: nn.Parameter | None = layer.bias
    if bias is None:
        return weights, np.zeros(weights.shape[1])
    return weights, bias.detach().double().numpy()


class Products:
    """Puts products into a graph; those at the places of `scales` are of integers."""

    def __init__(self, graph: Graph, scales: Mapping[str, Scale]) -> None:
        self.graph = graph
        self.places: dict[str, str] = {}  # the value at each place, in float32
        self._scales = scales

    def factor(self, value: str, place: str) -> Factor:
        """What stands at a place of the network, ready to be multiplied."""
        self.places[place] = value
        scale = self._scales.get(place)
        if scale is None:
            return Factor(value)
        step, zero = self._stored(scale)
        return Factor(self.graph.node("QuantizeLinear", value, step, zero), scale)

    def windows(self, factor: Factor, rows: str, width: int) -> Factor:
        """Lay neighbours side by side: `rows` (n, taps) says which, `width` is taps * channels."""
        value = self.graph.node("Gather", factor.value, rows, axis=1)
        flat = self.graph.node("Reshape", value, self.graph.integers([0, -1, width]))
        return factor._replace(value=flat)

    def cut(self, factor: Factor, edge: int) -> Factor:
        """Without `edge` steps on either side."""
        return factor._replace(value=self.graph.cut(factor.value, edge, -edge)) if edge else factor

    def linear(self, factor: Factor, layer: nn.Module) -> str:
        """A layer of the network."""
        return self.product(factor, *weights_of(layer))

    def product(self, factor: Factor, weights: Array, bias: Array | None = None) -> str:
        """(batch, time, inputs) x (inputs, outputs) + (outputs,): (batch, time, outputs)."""
        g = self.graph
        if factor.scale is None:
            value = g.node("MatMul", factor.value, g.constant(weights))
            return value if bias is None else g.add(value, g.constant(bias))
        step, zero = self._stored(factor.scale)
        steps = (np.maximum(np.abs(weights).max(0), 1e-9) / WEIGHT_TOP).astype(np.float32)
        whole = g.constant(np.rint(weights / steps), np.int8)
        given = (factor.value, whole, step, g.constant(steps), zero)
        end = () if bias is None else ("", g.constant(bias))
        return g.node("MatMulIntegerToFloat", *given, *end, domain=RUNTIME_DOMAIN)

    def _stored(self, scale: Scale) -> tuple[str, str]:
        return self.graph.constant(scale.step), self.graph.constant(scale.zero, np.uint8)
