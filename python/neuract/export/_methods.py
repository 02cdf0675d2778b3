# SPDX-License-Identifier: BSD-3-Clause
"""The methods by which models leave: to_onnx and to_c. What they need is imported when they are called."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Any

from neuract._checks import boolean
from neuract.export._model import ExportedModel

if TYPE_CHECKING:
    from onnx import ModelProto


class Exportable:
    """A fitted model that other programs can run; a subclass says what leaves."""

    def _exported(self) -> ExportedModel:
        raise NotImplementedError

    def to_onnx(
        self, path: str | PathLike[str] | None = None, *, opset: int = 18, target_dtype: str = "float32"
    ) -> ModelProto:
        """The fitted model in the Open Neural Network Exchange format, for ONNX Runtime and others.

        Parameters
        ----------
        path : str, path or None, default=None
            Where to write it, by custom with the suffix .onnx. None: it is only returned.
        opset : int, default=18
            Version of the operators, from 13 to 25, or to the newest that the installed onnx knows.
        target_dtype : {"float32", "float64"}, default="float32"
            Of the input, the weights, the computation and the outputs, whatever dtype the model has.

        Returns
        -------
        onnx.ModelProto
            Input ``X`` of shape (rows, features), any number of rows. Outputs of a classifier: ``label``, (rows,) or
            for several labels a row (rows, labels), and ``probabilities``, (rows, n_classes). Of other models:
            ``variable``, (rows, outputs), also where there is one output.

        Raises
        ------
        ImportError
            If onnx is not installed.
        ValueError
            If the opset is not supported.
        NotFittedError
            If there is nothing to export yet.

        Examples
        --------
        >>> import numpy as np
        >>> import neuract as na
        >>> net = na.Network([na.Dense(3, "tanh"), na.Dense(1, "linear")], epochs=2)
        >>> model = net.fit(np.eye(4), np.arange(4)).to_onnx()
        >>> [node.op_type for node in model.graph.node]
        ['Gemm', 'Tanh', 'Gemm']
        """
        exported = self._exported()
        try:
            from neuract.export.onnx._model import save_onnx
        except ModuleNotFoundError as error:
            raise ImportError("to_onnx needs the package onnx, which is not installed: pip install onnx") from error
        return save_onnx(exported, path, opset, target_dtype)

    def to_c(self, path: str | PathLike[str], *, static_memory: bool = False) -> None:
        """Writes the fitted model as plain C99, for programs and devices without Python.

        The two files need a compiler and math.h. They allocate nothing, and compute in float, whatever dtype the
        model has.

        Parameters
        ----------
        path : str or path
            ``folder/name`` or ``folder/name.c``: name.c and name.h are written there. The name is the beginning of
            every name in them: letters, digits and _.
        static_memory : bool, default=False
            Where a call keeps what hidden layers give: on the stack, or in static arrays, for small stacks. A
            function with static arrays is for one thread at a time. The comment in name.h says how many bytes.

        Raises
        ------
        ValueError
            If the name cannot be the beginning of names in C.
        NotFittedError
            If there is nothing to export yet.

        Notes
        -----
        ``void name_predict(const float *x, float *y)`` makes of one row x of NAME_N_INPUTS numbers the NAME_N_OUTPUTS
        numbers of `predict`, of a classifier those of `predict_proba`; the label is then
        ``name_classes[name_label(y)]``. Compiled with ``-DNAME_SELF_TEST``, name.c is a program that returns 0 where
        three rows give what they gave here.

        Examples
        --------
        >>> from pathlib import Path
        >>> import numpy as np
        >>> import neuract as na
        >>> net = na.Network([na.Dense(3, "tanh"), na.Dense(1, "linear")], epochs=2)
        >>> net.fit(np.eye(4), np.arange(4)).to_c("wine")
        >>> "#define WINE_N_INPUTS 4" in Path("wine.h").read_text()
        True
        """
        from neuract.export.c._source import save_c

        save_c(self._exported(), path, boolean(static_memory, "static_memory"))


class ConvertibleStep(Exportable):
    """An estimator that skl2onnx converts inside a Pipeline: it calls these three methods where a model has them."""

    def onnx_parser(self) -> Callable[..., Any]:
        """For skl2onnx: the function that declares the outputs."""
        from neuract.export.onnx import _skl2onnx

        return _skl2onnx.parser(self)

    def onnx_shape_calculator(self) -> Callable[[Any], None]:
        """For skl2onnx: the function that sets the outputs' types."""
        from neuract.export.onnx import _skl2onnx

        return _skl2onnx.set_types

    def onnx_converter(self) -> Callable[[Any, Any, Any], None]:
        """For skl2onnx: the function that adds the nodes."""
        from neuract.export.onnx import _skl2onnx

        return _skl2onnx.convert
