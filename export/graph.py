"""Write ONNX graphs node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = npt.NDArray[Any]
OPSET = 17  # LayerNormalization; known to every ONNX Runtime since 1.12
RUNTIME_DOMAIN = "com.microsoft"  # ONNX Runtime's own operators: MatMulIntegerToFloat
IR_VERSION = 8
END = 2**62  # of a cut: where the tensor ends


class Graph:
    """Nodes, constants, inputs and outputs. A value is the name of a tensor."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, shape: Sequence[str | int]) -> str:
        """A float32 input; a name in `shape` is a free size."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, value: str, shape: Sequence[str | int]) -> None:
        """Give a float32 value out under its name."""
        self._outputs.append(helper.make_tensor_value_info(value, TensorProto.FLOAT, shape))

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        """A stored tensor; equal ones are stored once."""
        array = np.array(values, dtype, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self.store(f"c{len(self._constants)}", array)
        return self._known[key]

    def integers(self, values: Any) -> str:
        """A stored tensor of int64: sizes, places, axes."""
        return self.constant(values, np.int64)

    def store(self, name: str, array: Array) -> str:
        """A tensor under a name, whether a node reads it or not."""
        self._constants[name] = numpy_helper.from_array(array, name)
        return name

    def node(
        self,
        operator: str,
        *inputs: str,
        name: str | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> str:
        """The one output of a new node; an empty input is left out."""
        name = name or f"{operator.lower()}_{len(self._nodes)}"
        self._add(operator, inputs, [name], domain, attributes)
        return name

    def split(self, value: str, sizes: Sequence[int], axis: int = 2) -> list[str]:
        """A value in parts of the given sizes."""
        names = [f"part_{len(self._nodes)}_{i}" for i in range(len(sizes))]
        self._add("Split", (value, self.integers(list(sizes))), names, "", {"axis": axis})
        return names

    def cut(self, value: str, first: int, last: int, axis: int = 1) -> str:
        """From `first` to before `last`, which count from the end where they are negative."""
        ends = (self.integers([each]) for each in (first, last, axis))
        return self.node("Slice", value, *ends)

    def add(self, one: str, other: str) -> str:
        """Their sum."""
        return self.node("Add", one, other)

    def times(self, one: str, other: str) -> str:
        """Their product, element by element."""
        return self.node("Mul", one, other)

    def silu(self, value: str) -> str:
        """The value times its sigmoid: ONNX Runtime makes one operation of it."""
        return self.times(value, self.node("Sigmoid", value))

    def _add(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: list[str],
        domain: str,
        attributes: dict[str, Any],
    ) -> None:
        node = helper.make_node(
            operator, list(inputs), outputs, name=outputs[0], domain=domain, **attributes
        )
        self._nodes.append(node)

    def model(self) -> onnx.ModelProto:
        """The whole, checked."""
        graph = helper.make_graph(
            self._nodes, "generator", self._inputs, self._outputs, list(self._constants.values())
        )
        domains = sorted({node.domain for node in self._nodes if node.domain})
        opsets = [helper.make_opsetid("", OPSET), *(helper.make_opsetid(d, 1) for d in domains)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        model.producer_name = "rtsynth export"
        onnx.checker.check_model(model)
        return model
