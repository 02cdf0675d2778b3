# SPDX-License-Identifier: BSD-3-Clause
"""What a Network's learner holds: parameters, classes and history, their summary, and the loss and its gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from neuract._checks import boolean
from neuract._typing import Array
from neuract.inputs._data import Data
from neuract.inputs._sparse import SparseRows
from neuract.layers._inputs import named
from neuract.layers._parameters import Parameters
from neuract.layers._summary import html_table, table
from neuract.training._learner import Learner
from neuract.training._session import Gradients


class Learned:
    """What the learner of the network holds."""

    _learner: Learner
    n_threads: int | None

    @property
    def weights(self) -> list[Array]:
        """One array of shape (n_in, units) per layer; read-only copies."""
        return self._learner.known().part("weights")

    @property
    def biases(self) -> list[Array]:
        """One array of shape (units,) per layer; read-only copies."""
        return self._learner.known().part("biases")

    @property
    def slopes(self) -> list[Array | None]:
        """The learned alphas of PReLU layers, (units,) or, if shared, (1,); None for other layers. Read-only copies."""
        return [array if array.size else None for array in self._learner.known().part("slopes")]

    @property
    def input_parameters(self) -> list[dict[str, Array]]:
        """What each of the network's inputs has learned, one dict of arrays per input; read-only copies."""
        known = self._learner.known()
        return named(known.inputs, known.n_inputs, known.part("inputs"))

    @property
    def n_parameters(self) -> int:
        """The number of learned parameters: weights, biases, slopes and what inputs learn."""
        return self._learner.known().count

    def set_parameters(
        self,
        weights: Sequence[npt.ArrayLike] | None = None,
        biases: Sequence[npt.ArrayLike] | None = None,
        slopes: Sequence[npt.ArrayLike | None] | None = None,
        inputs: Sequence[Mapping[str, npt.ArrayLike]] | None = None,
    ) -> Self:
        """Sets parameters, in the shapes of `weights`, `biases`, `slopes` and `input_parameters`; None: not changed.

        A network that is not fitted takes its number of inputs from the weights, and can predict afterwards; its biases
        are 0 if you do not give them. `partial_fit` continues from these parameters, `fit` starts from new ones.
        """
        self._learner.set(weights=weights, biases=biases, slopes=slopes, inputs=self._learner.flat(inputs))
        return self

    @property
    def history_(self) -> dict[str, list[float]]:
        """One entry per epoch in each list; see the attributes of the class."""
        if self._learner.history is None:
            raise AttributeError("This Network instance is not fitted yet and has no history_. Call 'fit' first")
        return self._learner.history

    @history_.setter
    def history_(self, history: dict[str, list[float]]) -> None:
        self._learner.history = history

    @property
    def classes_(self) -> Array:
        """The sorted text labels of the classes, (n_classes,), if `fit` got text; there is no such attribute else."""
        if self._learner.classes is None:
            raise AttributeError("This Network instance has no classes_: it was not fitted to text labels")
        return self._learner.classes

    # ---- the loss and derivatives ------------------------------------------------------------------

    def loss(self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> float:
        """Returns the mean loss over the rows, without the penalty. Parameters are those of `fit`."""
        return self._loss(self._data(X, y, sample_weight))

    def gradients(
        self, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None, *, inputs: bool = False
    ) -> Gradients:
        """Returns the mean loss over the rows and its gradient with respect to every parameter.

        Both are without penalty and dropout. Other parameters are those of `fit`. The network does not change.

        Parameters
        ----------
        inputs : bool, default=False
            Add `numbers`: the gradient with respect to X, (rows, features), or for a network with `inputs` with respect
            to the numbers that these make of X. A row's gradient has its share of the mean.

        Examples
        --------
        >>> import neuract as na
        >>> net = na.Network([na.Dense(1, "linear")]).set_parameters([[[2.0], [-1.0]]])
        >>> net.gradients([[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0], inputs=True).numbers  # loss: half the squared error
        array([[ 1. , -0.5],
               [-1. ,  0.5]], dtype=float32)
        """
        return self._learner.gradients(self._data(X, y, sample_weight), boolean(inputs, "inputs"))

    def input_gradients(self, X: Any) -> Array:
        """Returns the derivative of each output with respect to each feature of each row: (rows, features, n_out).

        For a network with `inputs`, the features are the numbers that these make of X. At a kink or a jump the
        derivative is that of one side; a threshold's jump has none.

        Parameters
        ----------
        X : array-like of shape (rows, features)
            Finite numbers; not sparse.

        Examples
        --------
        >>> import neuract as na
        >>> net = na.Network([na.Dense(1, "sigmoid")]).set_parameters([[[2.0], [-1.0]]])
        >>> net.input_gradients([[0.0, 0.0], [3.0, 6.0]])[:, :, 0]
        array([[ 0.5 , -0.25],
               [ 0.5 , -0.25]], dtype=float32)
        """
        x = self._rows(X)
        if not isinstance(x, np.ndarray):
            raise ValueError("input_gradients needs a dense X; X.toarray() makes one")
        return self._learner.known().input_gradients(x, self.n_threads)

    # ---- summary -----------------------------------------------------------------------------------

    def summary(self) -> str:
        """Returns a table: layer, shape, activation, threshold, parameters.

        Examples
        --------
        >>> import neuract as na
        >>> print(na.Network([na.Dense(16), na.Dense(3, "softmax")]).summary())
        layer     shape    activation  threshold  parameters
        hidden 1  ? × 16   ReLU        none                ?
        output    16 × 3   Softmax     none               51
        total                                              ?
        """
        of = self._learner
        return table(of.layers, of.inputs, of.n_inputs)

    def _repr_html_(self) -> str:
        """Returns the summary as an HTML table, for notebooks."""
        of = self._learner
        return html_table(of.layers, of.inputs, of.n_inputs, f"Network: {of.told()}")

    # ---- for the rooms below: neuract._typing.FittedNetwork -----------------------------------------

    def _known(self) -> Parameters:
        return self._learner.known()

    def _loss(self, data: Data) -> float:
        return self._learner.loss(data)

    def _gradients(self, data: Data) -> Gradients:
        return self._learner.gradients(data)

    def _rows(self, X: Any) -> Array | SparseRows:
        raise NotImplementedError

    def _data(self, X: Any, y: Any, sample_weight: Any = None) -> Data:
        raise NotImplementedError
