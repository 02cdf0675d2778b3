# SPDX-License-Identifier: BSD-3-Clause
"""The nodes and constants of an ONNX graph, added one by one. Imports onnx, so imported on first use."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from neuract._typing import Array


class Graph:
    """Grows node by node; a value is known by its name. Numbers and arrays become constants of the graph's dtype."""

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self._names: dict[bytes, str] = {}

    @property
    def real(self) -> int:
        """ONNX's number for the dtype."""
        return int(TensorProto.FLOAT if self.dtype == np.float32 else TensorProto.DOUBLE)

    def add(self, operator: str, *inputs: str | float | Array, **attributes: Any) -> str:
        """A node, of which the first output counts; returns that output's name."""
        names = [value if isinstance(value, str) else self.constant(np.asarray(value, self.dtype)) for value in inputs]
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [output], name=output, **attributes))
        return output

    def constant(self, value: Array, name: str | None = None) -> str:
        """A constant in the array's own dtype; without a name of its own once for equal values."""
        if name is None:
            key = repr((value.dtype, value.shape)).encode() + value.tobytes()
            name = self._names.setdefault(key, f"constant_{len(self._names)}")
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def call_last(self, name: str) -> str:
        """Gives the output of the node that was added last another name."""
        self.nodes[-1].output[0] = name
        return name
