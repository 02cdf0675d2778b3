# SPDX-License-Identifier: BSD-3-Clause
"""Graph: an ONNX graph to which nodes and constants are added one by one. Imports onnx."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from neuract._typing import Array

ML, ML_OPSET = "ai.onnx.ml", 2
"""The domain of LabelEncoder, and the version from which it has text and numbers."""


class Graph:
    """A growing ONNX graph; values are names. Numbers and arrays become constants of the graph's dtype.

    taken: the names of inputs, which may be any; no other value gets one of them.
    """

    def __init__(self, dtype: str, taken: Collection[str] = ()) -> None:
        self.dtype = np.dtype(dtype)
        self.taken = frozenset(taken)
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self._names: dict[bytes, str] = {}
        self._shared: dict[str, str] | None = None

    @property
    def real(self) -> int:
        """Returns ONNX's number for the dtype."""
        return int(TensorProto.FLOAT if self.dtype == np.float32 else TensorProto.DOUBLE)

    @property
    def uses_ml(self) -> bool:
        """Returns whether it has nodes of that domain."""
        return any(node.domain == ML for node in self.nodes)

    def as_dtype(self, dtype: str) -> Graph:
        """Returns the same graph, whose constants get another dtype."""
        other = copy(self)
        other.dtype = np.dtype(dtype)
        return other

    def sharing(self) -> Graph:
        """Returns the same graph, which adds a node that it has added before no second time."""
        other = copy(self)
        other._shared = {}
        return other

    def free(self, name: str) -> str:
        """Returns the name, or one made of it if an input has it."""
        while name in self.taken:
            name = f"output_{name}"
        return name

    def add(self, operator: str, *inputs: str | float | Array, **attributes: Any) -> str:
        """Adds a node; returns the name of its first output."""
        names = [value if isinstance(value, str) else self.constant(np.asarray(value, self.dtype)) for value in inputs]
        if self._shared is None:
            return self._added(operator, names, attributes)
        key = repr((operator, names, attributes))
        if key not in self._shared:
            self._shared[key] = self._added(operator, names, attributes)
        return self._shared[key]

    def _added(self, operator: str, inputs: list[str], attributes: dict[str, Any]) -> str:
        output = self.free(f"{operator.lower()}_{len(self.nodes)}")
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def constant(self, value: Array, name: str | None = None) -> str:
        """Adds a constant of the array's dtype; returns its name. Without a name, equal values share one constant."""
        if name is None:
            key = repr((value.dtype, value.shape)).encode() + value.tobytes()
            name = self._names.setdefault(key, f"constant_{len(self._names)}")
        name = self.free(name)
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def call_last(self, name: str) -> str:
        """Renames the output of the node added last; returns the name, another one if an input has it."""
        name = self.free(name)
        self.nodes[-1].output[0] = name
        return name
