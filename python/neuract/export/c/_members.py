# SPDX-License-Identifier: BSD-3-Clause
"""The networks of a model as C: of one the statements, of several a function each and their weighted mean in double.

The members compute one after the other in the same working memory.
"""

from __future__ import annotations

from neuract._typing import Array
from neuract.activations._named import Softmax
from neuract.export._model import ExportedModel, ExportedNetwork
from neuract.export.c import _templates as templates
from neuract.export.c._inputs import CInputs
from neuract.export.c._layers import CLayer
from neuract.export.c._text import array, double_literal, double_literals


class CMember:
    """A network; number: counted from 1, None for the only one."""

    def __init__(self, network: ExportedNetwork, number: int | None) -> None:
        self.number = number
        member = "" if number is None else f"_of_member_{number}"
        self.layers = [CLayer(place, layer, member) for place, layer in enumerate(network.layers, 1)]
        self.inputs = CInputs(network.inputs, member)

    @property
    def has_softmax(self) -> bool:
        return isinstance(self.layers[-1].layer.activation, Softmax)

    @property
    def scratch(self) -> dict[str, int]:
        """Returns the sizes of the working arrays by name: numbers of the inputs, odd and even hidden layers."""
        hidden = [layer.units for layer in self.layers[:-1]]
        encoded = [self.inputs.numbers] if self.inputs.inputs else []
        sizes = {"encoded": encoded, "odd": hidden[::2], "even": hidden[1::2]}
        return {name: max(of_name) for name, of_name in sizes.items() if of_name}

    @property
    def n_constants(self) -> int:
        return self.inputs.n_constants + sum(part.size for layer in self.layers for part in layer.arrays.values())

    def lines(self, x: str) -> list[str]:
        """Returns the statements that write the outputs for the row x to y."""
        lines = []
        if self.inputs.inputs:
            lines += self.inputs.lines(x, "encoded")
            x = "encoded"
        for layer in self.layers:
            y = "y" if layer is self.layers[-1] else ("even", "odd")[layer.number % 2]
            lines.append(f"layer_{layer.name}({x}, {y});")
            x = y
        return lines


class CMembers:
    """The networks of a model and, of several, their mean."""

    def __init__(self, model: ExportedModel) -> None:
        self.model = model
        numbers = range(1, 1 + len(model.networks)) if model.is_mean else [None]
        self.each = [CMember(network, number) for network, number in zip(model.networks, numbers, strict=True)]

    @property
    def layers(self) -> list[CLayer]:
        return [layer for member in self.each for layer in member.layers]

    @property
    def scratch(self) -> dict[str, int]:
        """Returns the sizes of the arrays of floats in which each member in its turn computes."""
        sizes: dict[str, int] = {}
        for member in self.each:
            sizes |= {name: max(size, sizes.get(name, 0)) for name, size in member.scratch.items()}
        return sizes

    @property
    def n_totals(self) -> int:
        """The size of the array ``total`` of doubles."""
        return self.model.units if self.model.is_mean else 0

    @property
    def told(self) -> str:
        if not self.model.is_mean:
            return "a neural network"
        several = "s" * (len(self.each) > 1)
        return f"the weighted mean of {len(self.each)} neural network{several}"

    # ---- constants -----------------------------------------------------------------------------------

    @property
    def bounds(self) -> dict[str, Array]:
        """The arrays of the lowest and the highest outputs that count, by name; none for a single output."""
        bounds = self.model.members.bounds
        if bounds is None or self.model.units == 1:
            return {}
        return dict(zip(("lowest", "highest"), bounds, strict=True))

    @property
    def n_bytes(self) -> int:
        floats = sum(member.n_constants for member in self.each)
        return 4 * floats + 8 * sum(part.size for part in self.bounds.values())

    def constants(self) -> str:
        return "".join(
            array(f"static const double {name}[{part.size}]", double_literals(part))
            for name, part in self.bounds.items()
        )

    # ---- functions and statements --------------------------------------------------------------------

    def code(self) -> str:
        """Returns the functions that `lines` needs."""
        if not self.model.is_mean:
            return ""
        held = self.model.members.bounds is not None
        parts = [templates.HELD * held, templates.ADD.format(n=self.model.units, output=self._output())]
        return "\n".join(filter(None, [*parts, *map(self._function, self.each)]))

    def _output(self) -> str:
        """Returns the expression of output j as a double."""
        bounds = self.model.members.bounds
        if bounds is None:
            return "(double)outputs[j]"
        low, high = self.bounds or map(double_literal, bounds[:, 0])
        index = "[j]" if self.bounds else ""
        return f"held((double)outputs[j], {low}{index}, {high}{index})"

    def _function(self, member: CMember) -> str:
        assert member.number is not None
        weight = double_literal(self.model.members.weights[member.number - 1])
        working = "".join(f", float *{name}" for name in member.scratch)
        body = "\n    ".join([*member.lines("x"), f"add(y, {weight}, total);"])
        return templates.MEMBER.format(number=member.number, working=working, body=body)

    def lines(self, x: str) -> list[str]:
        """Returns the statements that write the outputs for the row x to y."""
        if not self.model.is_mean:
            return self.each[0].lines(x)
        every = f"for (int j = 0; j < {self.n_totals}; j++)"
        calls = [f"member_{member.number}({', '.join([x, 'y', *member.scratch, 'total'])});" for member in self.each]
        return [f"{every} total[j] = 0;", *calls, f"{every} y[j] = (float)total[j];"]
