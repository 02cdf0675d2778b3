# SPDX-License-Identifier: BSD-3-Clause
"""Types that every room uses: arrays, and the methods of a model that the rooms below Network and the estimators call.

`Network` is a FittedNetwork and an estimator a FittedModel. Rooms rely on nothing else of a model.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from neuract.columns._columns import Columns
    from neuract.files._format import Contents
    from neuract.inputs._data import Data
    from neuract.inputs._sparse import SparseRows
    from neuract.layers._dense import Dense
    from neuract.layers._inputs import Input
    from neuract.layers._parameters import Parameters
    from neuract.losses._base import Loss
    from neuract.optimizers import Optimizer
    from neuract.outputs._kinds import Outputs
    from neuract.training._members import Members
    from neuract.training._session import Gradients

Array: TypeAlias = npt.NDArray[Any]
FilePath: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]


@runtime_checkable
class AskedModel(Protocol):
    """A fitted model that predicts: a Network, an estimator, or one that is served. Pictures take it.

    Each method raises NotFittedError if the model is not fitted.
    """

    def _fitted_network(self) -> FittedNetwork:
        """Returns the network itself, or the network of the estimator; of several members the first."""

    def _members(self) -> Members:
        """Returns the networks whose mean predicts, and how they are combined; one for most models."""

    def _meaning(self) -> Outputs:
        """Returns the meaning of the outputs."""

    def _rows(self, X: Any) -> Array | SparseRows:
        """Returns X in the form that the core takes: checked, missing values filled in."""

    def _missing_is_zero(self) -> bool:
        """Returns whether NaN in X counts as 0."""

    def _column_names(self) -> Sequence[str] | None:
        """Returns the names of the columns of `_rows`, or None if they have none."""

    def _frame_columns(self) -> Columns | None:
        """Returns the columns of the frame of which `_rows` makes numbers, or None if X has the numbers itself."""


class SavedModel(Protocol):
    """A Network or an estimator, fitted or not, that files, pickles and copies hold."""

    def _file_bytes(self, training: bool) -> bytes:
        """Returns the bytes of the model's file; training: include the state that a training needs to continue."""

    def save(self, path: FilePath, *, state: bool = False) -> None:
        """Writes the file."""

    def _become(self, contents: Contents) -> None:
        """Becomes the model of a file, which may be a stranger's."""

    def _state(self) -> dict[str, Any]:
        """Returns the parts of the model that a file and a pickle hold."""

    def _set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `_state` gave."""


@runtime_checkable
class FittedModel(AskedModel, SavedModel, Protocol):
    """A fitted Network or estimator, which diagnosis, reports, exports and checkpoints take."""

    def _data(self, X: Any, y: Any, sample_weight: Any = None) -> Data:
        """Returns X, y and the weights in the form that a step of the core takes: checked."""


class FittedNetwork(FittedModel, Protocol):
    """A network with parameters."""

    learning_rate: float
    callbacks: Any

    @property
    def layers(self) -> tuple[Dense, ...]: ...
    @property
    def inputs(self) -> tuple[Input, ...]: ...
    @property
    def loss_function(self) -> Loss: ...
    @property
    def optimizer(self) -> Optimizer: ...
    @property
    def dtype(self) -> str: ...
    @property
    def n_threads(self) -> int | None: ...
    @property
    def epochs(self) -> int: ...
    @property
    def weights(self) -> list[Array]: ...
    @property
    def biases(self) -> list[Array]: ...
    @property
    def slopes(self) -> list[Array | None]: ...
    @property
    def input_parameters(self) -> list[dict[str, Array]]: ...
    @property
    def history_(self) -> dict[str, list[float]]: ...
    @property
    def n_parameters(self) -> int: ...

    def predict(self, X: Any) -> Array: ...
    def forward(self, X: Any) -> list[Array]: ...
    def fired(self, X: Any) -> list[npt.NDArray[np.bool_]]: ...
    def set_parameters(
        self,
        weights: Sequence[npt.ArrayLike] | None = None,
        biases: Sequence[npt.ArrayLike] | None = None,
        slopes: Sequence[npt.ArrayLike | None] | None = None,
        inputs: Sequence[Mapping[str, npt.ArrayLike]] | None = None,
    ) -> FittedNetwork: ...

    def _known(self) -> Parameters:
        """Returns the parameters."""

    def _loss(self, data: Data) -> float:
        """Returns the mean loss over checked rows."""

    def _gradients(self, data: Data) -> Gradients:
        """Returns the mean loss over checked rows and its gradient."""

    def _trained_model(self) -> FittedModel:
        """Returns the model in training: the network, or the estimator that owns it, as if its fit ended now."""
