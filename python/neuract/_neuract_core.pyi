"""The seam's signatures. Arrays are C-contiguous, of the network's dtype unless said otherwise.

The contracts are in csrc/neuract.h.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

_Array = npt.NDArray[Any]
_Layer = tuple[int, str, float, bool, npt.NDArray[np.float64] | None, float, npt.NDArray[np.float64]]
_Input = tuple[str, int, int, int, npt.NDArray[np.float64] | None, float]

def simd_built() -> dict[str, bool]: ...
def simd_chosen() -> str: ...
def fail_allocation(n: int) -> None: ...
def allocations() -> tuple[int, int]: ...
def apply_activation(name: str, parameter: float, derivative: bool, dtype: str, z: _Array, y: _Array) -> None: ...
def apply_softmax(dtype: str, rows: int, n: int, z: _Array, y: _Array) -> None: ...
def all_finite(x: _Array) -> bool: ...
def rows_are_sorted(
    n_rows: int, n_features: int, columns: npt.NDArray[np.int32], starts: npt.NDArray[np.int64]
) -> bool: ...

class _SparseRows(Protocol):
    """Of na_rows."""

    @property
    def values(self) -> _Array: ...
    @property
    def columns(self) -> npt.NDArray[np.int32]: ...
    @property
    def starts(self) -> npt.NDArray[np.int64]: ...

class Network:
    n_inputs: int
    n_numbers: int
    n_out: int
    def __init__(self, dtype: str, n_inputs: int, layers: list[_Layer], inputs: list[_Input] = ...) -> None: ...
    @property
    def size(self) -> int: ...
    def copy_out(self, out: _Array) -> None: ...
    def copy_in(self, values: _Array) -> None: ...
    def get_input(self, input: int, out: _Array) -> None: ...
    def set_input(self, input: int, values: _Array) -> None: ...
    def get(self, layer: int, part: str, out: _Array) -> None: ...
    def set(self, layer: int, part: str, values: _Array) -> None: ...
    def predict(self, rows: int, x: _Array | _SparseRows, y: _Array, n_threads: int) -> None: ...
    def predict_directly(self, x: object) -> _Array | None: ...
    def predict_shuffled(
        self,
        rows: int,
        x: _Array,
        n_sets: int,
        sets: npt.NDArray[np.int64],
        orders: npt.NDArray[np.uint32],
        y: _Array,
        n_threads: int,
    ) -> None: ...
    def inspect(
        self,
        rows: int,
        x: _Array | _SparseRows,
        outputs: Sequence[_Array] | None,
        fired: Sequence[npt.NDArray[np.bool_]] | None,
        n_threads: int,
    ) -> None: ...
    def diagnose(
        self,
        rows: int,
        x: _Array | _SparseRows,
        limits: npt.NDArray[np.float64],  # two a layer
        activities: npt.NDArray[np.float64],  # of na_activity, for each input and each neuron
        n_threads: int,
    ) -> None: ...
    def input_gradients(self, rows: int, x: _Array, gradients: _Array, n_threads: int) -> None: ...
    def explain(
        self,
        rows: int,
        x: _Array,
        baseline: _Array,  # a row
        places: npt.NDArray[np.int64],  # for each number of the first layer, in `values`
        n_places: int,
        bounds: _Array | None,  # the lowest of each output, then the highest
        tolerance: float,
        values: _Array,  # rows × n_places × outputs
        outputs: _Array,
        base: _Array,
        n_threads: int,
    ) -> None: ...

_Shares = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]  # of the learning rate; of dropout and decay

class Ensemble:
    def __init__(self, networks: list[Network]) -> None: ...
    def predict(self, rows: list[int], x: Sequence[_Array], y: list[_Array], n_threads: int) -> None: ...
    def predict_directly(self, x: object, n_threads: int) -> _Array | None: ...

class Order:
    rows: int
    def __init__(self, rows: int | npt.NDArray[np.int64], bit_generator: np.random.BitGenerator) -> None: ...
    @property
    def numbers(self) -> npt.NDArray[np.uint32]: ...
    def of_others(self, rows: int) -> Order: ...
    def shuffle(self) -> None: ...

class Trainer:
    network: Network
    seed: int
    batch_size: int
    steps: int
    def __init__(
        self,
        network: Network,
        *,
        loss: str,
        loss_parameters: npt.NDArray[np.float64],
        own_loss: Callable[[_Array, _Array], tuple[_Array, _Array]] | None,
        optimizer: str,
        optimizer_parameters: npt.NDArray[np.float64],
        alpha: float,
        l1: float,
        max_grad_norm: float,  # 0: none
        batch_size: int,
        seed: int,
        n_threads: int,
    ) -> None: ...
    def watched(self) -> tuple[float, float]: ...
    def run(
        self,
        rows: int,
        x: _Array | _SparseRows,
        targets: _Array,
        sample_weight: _Array | None,
        order: Order | None,
        learning_rate: float,
        ended: list[tuple[float, float]],
        passes: int = 1,
        watch: bool = False,
        schedule: _Shares | None = None,
    ) -> None: ...
    def undo(self) -> None: ...
    def set_threads(self, n_threads: int) -> None: ...
    def gradients(
        self,
        rows: int,
        x: _Array | _SparseRows,
        targets: _Array,
        sample_weight: _Array | None,
        inputs: _Array | None = None,  # rows × numbers of the first layer
    ) -> float: ...
    def reserve(self, rows: int, x: _Array | _SparseRows) -> None: ...
    def loss(self, rows: int, x: _Array | _SparseRows, targets: _Array, sample_weight: _Array | None) -> float: ...
    def get(self, array: str, layer: int, part: str, out: _Array) -> None: ...
    def set(self, array: str, layer: int, part: str, values: _Array) -> None: ...
    def get_input(self, array: str, input: int, out: _Array) -> None: ...
    def set_input(self, array: str, input: int, values: _Array) -> None: ...

class Members:
    def __init__(self, trainers: list[Trainer]) -> None: ...
    def run(
        self,
        rows: int,
        x: _Array | _SparseRows,
        targets: _Array,
        sample_weight: _Array | None,
        orders: list[Order],
        rates: list[float],
        schedules: Sequence[_Shares | None],
        n_threads: int,
    ) -> list[float | None]: ...
