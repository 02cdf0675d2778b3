# SPDX-License-Identifier: BSD-3-Clause
"""WeightsDisplay: the weights of a layer, as an image for each neuron or as one labelled map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from neuract._typing import Array, AskedModel, FittedNetwork
from neuract.inspection._pipelines import takes_pipelines
from neuract.layers._dense import layer_names
from neuract.plotting._model import names_of_numbers, network_of, output_names
from neuract.plotting._style import INK, MUTED, PLAIN, SIGNED, SMALL, Place, drawable, largest_of, panels_at, shortened
from neuract.plotting._title import set_title

MOST_IMAGES, MOST_IN_MAP = 32, 40  # neurons, unless the user wants more
MOST_INPUTS = 40  # rows of a map
ACROSS = 8  # images


@dataclass(frozen=True)
class LayerWeights:
    """The weights of the shown neurons of a layer.

    Attributes
    ----------
    values : array of shape (inputs, neurons)
    neurons, inputs : list of str
        Their names.
    title : str
    shape : pair of int or None
        Of the image that the inputs are; None: they are no image.
    """

    values: Array
    neurons: Sequence[str]
    inputs: Sequence[str]
    title: str
    shape: tuple[int, int] | None = None


class WeightsDisplay:
    """The weights of a layer: an image for each neuron where the inputs are pixels, else one map, inputs × neurons.

    Blue weights are positive, orange ones negative, white is 0; all neurons have one scale. Weights that are not finite
    are purple. Usually made by `from_estimator`.

    Parameters
    ----------
    weights : LayerWeights

    Attributes
    ----------
    axes_ : ndarray of Axes
        One for each image, or one for the map.
    figure_ : Figure

    Examples
    --------
    >>> import numpy as np
    >>> import neuract as na
    >>> net = na.Network([na.Dense(3), na.Dense(1, "linear")]).set_parameters([np.ones((4, 3)), -np.ones((3, 1))])
    >>> display = na.plotting.WeightsDisplay.from_estimator(net, image_shape=(2, 2))
    >>> [ax.get_title() for ax in display.axes_]
    ['0', '1', '2']
    """

    axes_: npt.NDArray[Any]
    figure_: Figure

    def __init__(self, weights: LayerWeights) -> None:
        self.weights = weights

    @classmethod
    @takes_pipelines
    def from_estimator(
        cls,
        model: AskedModel,
        *,
        layer: int = 0,
        image_shape: tuple[int, int] | None = None,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        max_neurons: int | None = None,
        member: int = 0,
        ax: Place = None,
    ) -> WeightsDisplay:
        """Draws the weights of a layer of a fitted model.

        Parameters
        ----------
        model : Network, fitted estimator or Pipeline
        layer : int, default=0
            Number of the layer, from 0; -1: the output layer.
        image_shape : pair of int or None, default=None
            Height and width of the image whose pixels, row by row, are the inputs of the layer. None: a map with a row
            for each input, of which the 40 with the largest weights are shown.
        feature_names, class_names : list of str or None, default=None
            Names of the columns of X and the outputs. None: those of the model.
        max_neurons : int or None, default=None
            Most neurons to show: those with the largest weights (norm of the incoming × norm of the outgoing ones), in
            their order. None: 32 images, or 40 columns of the map.
        member : int, default=0
            Of a model with several networks, the one to draw, in the order of `networks_`.
        ax : Axes, Figure or None, default=None
            The axes that the panels replace, or an empty figure that pyplot need not know; None: a new figure.

        Returns
        -------
        WeightsDisplay

        Raises
        ------
        ValueError
            If the model has no such layer, or its number of inputs is not height × width.
        """
        network = network_of(model, member)
        number = _number(layer, len(network.layers))
        given = network.weights[number]
        shape = None if image_shape is None else _shape(image_shape, len(given))
        most = (MOST_IN_MAP if shape is None else MOST_IMAGES) if max_neurons is None else max_neurons
        if most < 1:
            raise ValueError(f"max_neurons must be at least 1, got {most}")
        neurons = _strongest(_strength(network, number), most)
        inputs = _strongest(_norms(given, 1), MOST_INPUTS if shape is None else len(given))
        before = names_of_numbers(model, None, feature_names, member) if number == 0 else map(str, range(len(given)))
        names = list(before), _neurons(network, number, output_names(model, class_names))
        shown = [[each[k] for k in some] for each, some in zip(names, (inputs, neurons), strict=True)]
        title = _title(network, number, len(neurons), len(inputs), shape)
        return cls(LayerWeights(given[np.ix_(inputs, neurons)], shown[1], shown[0], title, shape)).plot(ax)

    def plot(self, ax: Place = None) -> WeightsDisplay:
        """Draws the images or the map on a new figure, or in place of `ax`."""
        weights = self.weights
        largest = largest_of(drawable(weights.values))
        norm = Normalize(-largest, largest)
        if weights.shape is None:
            self._draw_map(ax, norm)
        else:
            self._draw_images(ax, norm, weights.shape)
        return self

    def _draw_images(self, ax: Place, norm: Normalize, shape: tuple[int, int]) -> None:
        weights, n = self.weights, len(self.weights.neurons)
        columns = min(ACROSS, n)
        rows = -(-n // columns)
        height = float(np.clip(shape[0] / shape[1], 0.25, 2.5))
        size = (max(3.6, 0.95 * columns + 1.1), 0.6 + rows * (0.28 + 0.8 * height))
        with panels_at(ax, rows, columns, size) as (self.figure_, grid):
            every = grid.ravel()
            self.axes_ = every[:n]
            for panel in every[n:]:
                panel.set_axis_off()
            for panel, name, values in zip(self.axes_, weights.neurons, weights.values.T, strict=True):
                image = drawable(values).reshape(shape)
                panel.imshow(image, cmap=SIGNED, norm=norm, interpolation="nearest")
                panel.set(xticks=[], yticks=[])
                panel.spines[:].set(color=MUTED, linewidth=0.6)
                panel.set_title(shortened(name, 14), fontsize=SMALL, color=MUTED, pad=2.5, **PLAIN)
            self._explain(every.tolist(), norm)
            if not isinstance(ax, Axes):
                self.figure_.suptitle(weights.title, fontsize=SMALL + 1.5, color=INK, **PLAIN)

    def _draw_map(self, ax: Place, norm: Normalize) -> None:
        weights = self.weights
        inputs, n = weights.values.shape
        size = (float(np.clip(0.24 * n + 2.6, 4.2, 11)), float(np.clip(0.21 * inputs + 1.3, 2.2, 10)))
        with panels_at(ax, 1, 1, size) as (self.figure_, grid):
            self.axes_ = grid.ravel()
            panel = self.axes_[0]
            panel.imshow(drawable(weights.values), cmap=SIGNED, norm=norm, interpolation="nearest", aspect="auto")
            across = 90 if max(map(len, weights.neurons)) > 3 else 0
            panel.set_xticks(range(n), map(shortened, weights.neurons), rotation=across, **PLAIN)
            panel.set_yticks(range(inputs), map(shortened, weights.inputs), **PLAIN)
            panel.tick_params(labelsize=SMALL - 1, colors=INK, length=0)
            panel.set_xlabel("neurons", fontsize=SMALL, color=MUTED, **PLAIN)
            panel.set_ylabel("inputs", fontsize=SMALL, color=MUTED, **PLAIN)
            panel.spines[:].set_visible(False)
            set_title(panel, weights.title)
            self._explain([panel], norm)

    def _explain(self, panels: list[Axes], norm: Normalize) -> None:
        bar = self.figure_.colorbar(ScalarMappable(norm, SIGNED), ax=panels, aspect=24, pad=0.02, shrink=0.9)
        lost = "" if np.isfinite(drawable(self.weights.values)).all() else " (purple: not finite)"
        bar.set_label(f"weight{lost}", fontsize=SMALL, color=MUTED, **PLAIN)
        bar.ax.tick_params(labelsize=SMALL - 1, colors=MUTED)
        bar.outline.set_visible(False)


def _number(layer: int, n_layers: int) -> int:
    if not isinstance(layer, (int, np.integer)) or not -n_layers <= layer < n_layers:
        raise ValueError(f"layer must be from {-n_layers} to {n_layers - 1} for this model, got {layer!r}")
    return int(layer) % n_layers


def _shape(given: Sequence[int], n_inputs: int) -> tuple[int, int]:
    whole = all(isinstance(each, (int, np.integer)) and each > 0 for each in given)
    if not whole or len(given) != 2 or prod(given) != n_inputs:
        raise ValueError(
            f"image_shape must be a height and a width whose product is {n_inputs}, the number of inputs of the layer; "
            f"got {given!r}"
        )
    return int(given[0]), int(given[1])


def _norms(weights: Array, axis: int) -> Array:
    """Returns norms along an axis, infinite for those that are not numbers."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.linalg.norm(weights.astype(np.float64), axis=axis)
    return np.where(np.isnan(norms), np.inf, norms)


def _strength(network: FittedNetwork, number: int) -> Array:
    """Returns the norm of each neuron's incoming weights × that of the outgoing ones."""
    outgoing = _norms(network.weights[number + 1], 1) if number + 1 < len(network.weights) else 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        strength: Array = _norms(network.weights[number], 0) * outgoing
    return np.where(np.isnan(strength), np.inf, strength)


def _strongest(strength: Array, most: int) -> npt.NDArray[np.intp]:
    return np.sort(np.argsort(-strength, kind="stable")[:most])


def _neurons(network: FittedNetwork, number: int, outputs: Sequence[str]) -> Sequence[str]:
    last = number == len(network.layers) - 1
    return outputs if last else [str(k) for k in range(network.layers[number].units)]


def _title(network: FittedNetwork, number: int, neurons: int, inputs: int, shape: tuple[int, int] | None) -> str:
    n_in, units = network.weights[number].shape
    told = f"weights of {layer_names(len(network.layers))[number]}"
    if shape is not None:
        return f"{told}: {_part(neurons, units, 'neuron')}, as images of {shape[0]} × {shape[1]}"
    return f"{told}\n{_part(neurons, units, 'neuron')}, {_part(inputs, n_in, 'input')}"


def _part(shown: int, every: int, what: str) -> str:
    return f"{every:,} {what}{'s' * (every != 1)}" if shown == every else f"{shown:,} of {every:,} {what}s"
