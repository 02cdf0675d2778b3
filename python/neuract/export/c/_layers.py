# SPDX-License-Identifier: BSD-3-Clause
"""One layer as C: constants, sums in tiles that fit into registers, activation and thresholds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuract._typing import Array
from neuract.activations._named import PReLU, Softmax
from neuract.export._model import ExportedLayer
from neuract.export.c._activations import FUNCTIONS, function_name
from neuract.export.c._templates import LAYER
from neuract.export.c._text import array, float_literal, float_literals

TILE = 64  # four registers of AVX-512, eight of AVX2, sixteen of NEON: enough sums to hide the latency of an addition
NARROWEST = 16


class CLayer:
    """A layer; number: counted from 1. member: the end of its names, "" for the only network."""

    def __init__(self, number: int, layer: ExportedLayer, member: str = "") -> None:
        self.number, self.layer, self.name = number, layer, f"{number}{member}"
        self.n_in, self.units = layer.weights.shape

    @property
    def function(self) -> str | None:
        """Returns the name of its activation's function."""
        return function_name(self.layer.activation)

    @property
    def arrays(self) -> dict[str, Array]:
        """Returns its arrays by name. If all neurons share one number, that number is in the code instead."""
        given = {"slopes": self.layer.slopes, "thresholds": self.layer.thresholds}
        several = {name: part for name, part in given.items() if part is not None and np.unique(part).size > 1}
        return {"weights": self.weights, "biases": self.layer.biases} | several

    @property
    def weights(self) -> Array:
        """Returns the weights tile by tile, (n_in, width) each, so that each tile's sums read memory in order."""
        starts = [at for start, end, width in self.tiles for at in range(start, end, width)]
        return np.concatenate([tile.ravel() for tile in np.split(self.layer.weights, starts[1:], axis=1)])

    @property
    def tiles(self) -> list[tuple[int, int, int]]:
        """Returns (start, end, width) for ranges of outputs: whole tiles, then half tiles, then the remainder."""
        found, start, width = [], 0, TILE
        while start < self.units:
            width = width if width >= NARROWEST else self.units - start
            end = start + (self.units - start) // width * width
            found += [(start, end, width)] if end > start else []
            start, width = end, width // 2
        return found

    def constants(self) -> str:
        title = f"/* layer {self.name.replace('_', ' ')}: {self.n_in} x {self.units}, {self.layer.activation} */\n"
        sizes = {"weights": f"{self.n_in} * {self.units}"}
        texts = [
            array(f"static const float {name}_{self.name}[{sizes.get(name, part.size)}]", float_literals(part))
            for name, part in self.arrays.items()
        ]
        return title + "".join(texts)

    def code(self) -> str:
        lines = [*(self._sums(*tile) for tile in self.tiles), *self._activation()]
        return LAYER.format(name=self.name, body="\n    ".join(lines))

    def _sums(self, start: int, end: int, width: int) -> str:
        def call(j: int | str) -> str:
            weights, biases = f"weights_{self.name} + {j} * {self.n_in}L", f"biases_{self.name} + {j}"
            return f"sums_{width}(x, {self.n_in}, {weights}, {biases}, y + {j});"

        if end - start > width:
            return f"for (int j = {start}; j < {end}; j += {width}) {call('j')}"
        return call(start)

    def _activation(self) -> Iterator[str]:
        if isinstance(self.layer.activation, Softmax):
            yield f"softmax(y, {self.units});"
        value = f"activation_{self.function}({self._arguments()})" if self.function else "y[j]"
        if self.layer.thresholds is not None:
            value = f"passed({value}, {self._one_of('thresholds', self.layer.thresholds)})"
        if value != "y[j]":
            yield f"for (int j = 0; j < {self.units}; j++) y[j] = {value};"

    def _arguments(self) -> str:
        assert self.function
        if not FUNCTIONS[self.function].has_parameter:
            return "y[j]"
        f, slopes = self.layer.activation, self.layer.slopes
        if isinstance(f, PReLU) and slopes is not None:
            return f"y[j], {self._one_of('slopes', slopes)}"
        return f"y[j], {float_literal(f.parameter)}"

    def _one_of(self, name: str, part: Array) -> str:
        return f"{name}_{self.name}[j]" if name in self.arrays else float_literal(part.flat[0])
