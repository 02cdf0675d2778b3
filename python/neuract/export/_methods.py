# SPDX-License-Identifier: BSD-3-Clause
"""The methods that write a fitted model for other programs and for people: to_onnx, to_c, to_js and report.

Each imports what it needs when it is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy.typing as npt

from neuract._checks import boolean
from neuract._typing import FilePath, FittedModel
from neuract.export._model import ExportedModel

if TYPE_CHECKING:
    from onnx import ModelProto

    from neuract.columns._columns import Columns


class Exportable:
    """Methods of every FittedModel."""

    def _frame_columns(self) -> Columns | None:
        """Returns the columns of a frame: see neuract._typing.AskedModel."""
        return None

    def to_onnx(
        self: FittedModel,
        path: FilePath | None = None,
        *,
        opset: int = 18,
        target_dtype: Literal["float32", "float64"] = "float32",
    ) -> ModelProto:
        """Converts the fitted model to the Open Neural Network Exchange format, for ONNX Runtime and others.

        Parameters
        ----------
        path : str, bytes, path-like or None, default=None
            Also write the model to this file, which usually has the suffix .onnx.
        opset : int, default=18
            Version of the operators, from 13 to 25, but not newer than the installed onnx knows.
        target_dtype : {"float32", "float64"}, default="float32"
            Dtype of the input, the weights, the computation and the outputs. The model may have the other one. Dates
            are double in any case.

        Returns
        -------
        onnx.ModelProto
            Input ``X`` of shape (rows, features), for any number of rows. A classifier has two outputs: ``label`` of
            shape (rows,), or (rows, labels) for several labels per row, and ``probabilities`` of shape
            (rows, n_classes). Other models have ``variable`` of shape (rows, outputs), even if they have one output.

            A tabular estimator has in place of ``X`` an input of shape (rows, 1) for each column that it uses, by name:
            strings for text and categories, "" for a missing one; for dates days since 1970-01-01, for durations days;
            NaN for a missing number or date. An output with the name of a column has ``output_`` before its own. The
            graph has all members of the model, and the mean of their outputs.

        Raises
        ------
        ImportError
            If onnx is not installed.
        ValueError
            If the opset is not supported, or ONNX cannot have the name of a column or a class.
        NotFittedError
            If the model is not fitted.

        Examples
        --------
        >>> import numpy as np
        >>> import neuract as na
        >>> net = na.Network([na.Dense(3, "tanh"), na.Dense(1, "linear")], epochs=2)
        >>> model = net.fit(np.eye(4), np.arange(4)).to_onnx()
        >>> [node.op_type for node in model.graph.node]
        ['Gemm', 'Tanh', 'Gemm']
        """
        exported = ExportedModel.of(self)
        try:
            from neuract.export.onnx._model import save_onnx
        except ModuleNotFoundError as error:
            raise ImportError("to_onnx needs the package onnx, which is not installed: pip install onnx") from error
        return save_onnx(exported, path, opset, target_dtype)

    def to_c(self: FittedModel, path: FilePath, *, static_memory: bool = False) -> None:
        """Writes the fitted model as plain C99, for programs and devices without Python.

        The two files need a compiler and math.h. The code allocates no memory, and computes in float even if the model
        has dtype float64.

        Parameters
        ----------
        path : str, bytes or path-like
            ``folder/name`` or ``folder/name.c``: name.c and name.h are written to the folder. All names in them begin
            with this name, so it may have letters, digits and _ only.
        static_memory : bool, default=False
            Keep the outputs of hidden layers in static arrays, for small stacks, and not on the stack. Only one thread
            at a time can then call the function. A comment in name.h gives the number of bytes.

        Raises
        ------
        ValueError
            If names in C cannot begin with the name, or if text in C cannot have a level (with U+0000, for example).
        NotFittedError
            If the model is not fitted.

        Notes
        -----
        ``void name_predict(const float *x, float *y)`` computes from one row x of NAME_N_INPUTS numbers the
        NAME_N_OUTPUTS numbers of `predict`, or of `predict_proba` if the model is a classifier. The label of a
        classifier is then ``name_classes[name_label(y)]``. Compiled with ``-DNAME_SELF_TEST``, name.c is a program that
        computes three rows and returns 0 if their outputs are those of the model.

        Of a TabularClassifier or TabularRegressor the function is ``void name_predict(const double *numbers, const int
        *levels, float *y)``. ``numbers[NAME_NUMBER_AGE]`` is the number of the column "age", NAN if it is missing; a
        bool is 0 or 1, a duration in days, a date in days since 1970-01-01. ``levels[NAME_LEVELS_JOB]`` is what ``int
        name_level_job(const char *text)`` gives for a text: NULL and "" are missing, and 0 is an unknown level. name.h
        has every column with its name. The numbers of a regressor are in the unit of y. All members are in the file,
        and compute one after the other in the same working memory.

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

        save_c(ExportedModel.of(self), path, boolean(static_memory, "static_memory"))

    def to_js(self: FittedModel, path: FilePath) -> None:
        """Writes the fitted model as one module of JavaScript, for browsers, Node.js and their like.

        The module needs no other file. It has the engine of the page that `report` writes, less than 10 kB, and the
        weights as float32. It computes in the dtype of the model.

        Parameters
        ----------
        path : str, bytes or path-like
            ``folder/name.js`` or ``folder/name.mjs``, an ES module; without either suffix it is name.js. Next to it
            stand ``name.test.mjs``, a self-test for ``node name.test.mjs``, and declarations for TypeScript,
            ``name.d.ts`` or ``name.d.mts``. Files that exist are replaced.

        Raises
        ------
        NotFittedError
            If the model is not fitted.

        Notes
        -----
        ``predict(row)`` takes one row: an array in the order of ``inputs``, or an object by their names, which may have
        more names. ``null``, ``undefined``, ``NaN`` and ``""`` are missing values. For a TabularClassifier or
        TabularRegressor ``inputs`` are the columns of the frame that the model uses; a date is a ``Date``, ISO text, or
        days since 1970-01-01, a duration is days. A value that `predict` refuses is a TypeError with the name of the
        column.

        It gives what `predict` gives: a number, an array of several numbers, or of a classifier ``{label,
        probabilities}``, with probabilities in the order of ``classes``. The module also exports ``outputs``, the names
        of these numbers, and ``sizes``. Whole numbers beyond 2^53 are labels of type BigInt.

        Examples
        --------
        >>> from pathlib import Path
        >>> import numpy as np
        >>> import neuract as na
        >>> net = na.Network([na.Dense(3, "tanh"), na.Dense(1, "linear")], epochs=2)
        >>> net.fit(np.eye(4), np.arange(4)).to_js("price.mjs")
        >>> sorted(path.name for path in Path().glob("price.*"))
        ['price.d.mts', 'price.mjs', 'price.test.mjs']
        """
        from neuract.export.js._module import save_js

        save_js(self, path)

    def report(
        self: FittedModel,
        path: FilePath,
        X: Any = None,
        y: npt.ArrayLike | None = None,
        *,
        target_name: str | Sequence[str] | None = None,
        unit: str | None = None,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        scaler: Any = None,
    ) -> None:
        """Writes an HTML file that shows the model in a browser, and needs no other file and no network.

        The page opens with the prediction for one row, and with what each input adds to it. You can move the inputs.
        With y it then compares the predictions with y: a confusion matrix or residuals, the calibration of
        probabilities, and the importance of each column. Details follow: for every neuron z, y, its threshold and
        whether it fires, the diagnosis with its warnings, learning curves, a picture and a table of the layers.

        The page computes the network itself and agrees with `predict`. For tabular models it shows the table of the
        columns, and the inputs are the columns of the frame, in its units. Of a model with several networks, its
        members, the page predicts with all, shows how far they disagree, and shows the neurons of one, which you
        choose. Pictures of layers and learning need matplotlib. A file has at most 2 MB, or with several members 20 MB:
        if float64 weights would exceed that, they are stored as float32, and if float32 weights would exceed it, the
        part that moves is left out.

        Parameters
        ----------
        path : str, bytes or path-like
            The file; it is replaced if it exists.
        X : array-like, sparse matrix or frame, as `fit` takes it, or None, default=None
            Rows for the diagnosis and for the ranges of the sliders; 12 of them, evenly spread, are stored in the file
            as examples to start from. None: no diagnosis, and sliders from -3 to 3, or for tabular models of the range
            that the scaling tells apart.
        y : array-like or None, default=None
            Targets of X. Take rows that the training has not seen, since those that it has seen flatter the model.
        target_name : str, sequence of str or None, default=None
            What is predicted, such as "price"; for several outputs one name each. None: the name of y, if it has one.
        unit : str or None, default=None
            Unit of predicted numbers, such as "$".
        feature_names : sequence of str or None, default=None
            A name for each column of X. None: those of the model, of X or of the scaler, else x0, x1, ... A tabular
            model has those of its frame.
        class_names : sequence of str or None, default=None
            A name for each class or label, in the order of `classes_`. None: the classes themselves.
        scaler : fitted transformer or None, default=None
            With what X has been scaled, such as a StandardScaler. The page then has the original units. Any object will
            do that has the methods `transform` and `inverse_transform` and takes each column by itself. Of a
            transformer that is not linear the page has about 250 points in the range of X.

        Raises
        ------
        ValueError
            If X, y, the names or the scaler do not fit the model, or the model is not fitted.

        Notes
        -----
        What an input adds is its integrated gradient (Sundararajan et al. 2017, arXiv:1703.01365) on the straight way
        from a typical row: means of numbers, or for tabular models medians, and the most frequent levels. The parts add
        up to the difference of the two predictions. Where a threshold of a neuron breaks this, the page says how much
        is left.

        Examples
        --------
        >>> import neuract as na
        >>> net = na.Network([na.Dense(2), na.Dense(1, "sigmoid")], random_state=0, epochs=1)
        >>> net.fit([[0.0], [1.0]], [0, 1]).report("network.html")
        """
        from neuract.report._file import write

        words = {"target_name": target_name, "unit": unit, "feature_names": feature_names, "class_names": class_names}
        write(self, path, X, y, scaler=scaler, **words)
