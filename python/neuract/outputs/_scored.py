# SPDX-License-Identifier: BSD-3-Clause
"""The methods of a Network that compare its outputs with targets: predict_classes, score and evaluate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuract.outputs._kinds import Classes, Labels, OfClassifier, Outputs, Quantiles
from neuract.outputs._scores import accuracy, d2, r2

if TYPE_CHECKING:
    from neuract._typing import Array, FittedNetwork


class Scored:
    """The methods."""

    def predict_classes(self: FittedNetwork, X: Any) -> Array:
        """Returns the most probable class of each row: a text label if `fit` got text, else the number of the class.

        With several sigmoid outputs, which are the probabilities of labels, returns 0 or 1 for each of them.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (rows, features)

        Returns
        -------
        ndarray of shape (rows,) or (rows, n_out)

        Raises
        ------
        ValueError
            If the network predicts numbers.

        Examples
        --------
        >>> import neuract as na
        >>> net = na.Network([na.Dense(1, "sigmoid")], optimizer="lbfgs", random_state=0)
        >>> net.fit([[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"]).predict_classes([[0.2], [2.9]])
        array(['low', 'high'], dtype='<U4')
        """
        meaning = meaning_of(self)
        if not isinstance(meaning, OfClassifier):
            raise ValueError(
                f"this network predicts numbers: its output is {self.layers[-1].activation} with "
                f"{self.loss_function!r}. Classes need softmax, or sigmoid with log_loss or focal"
            )
        return meaning.answers(self.predict(X))

    def score(self: FittedNetwork, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> float:
        """Returns the accuracy for classes, R² for numbers, and the mean D² for quantiles. Larger is better.

        Accuracy is the share of rows whose class (for several labels, all of them) is predicted. R² is
        1 - Σ (y - ŷ)² / Σ (y - mean y)², the mean over the outputs. D² is 1 - loss / loss of the best constant, for
        each quantile. R² and D² are at most 1, and 0 for the best constant prediction. Parameters are those of `fit`.
        """
        _, (_, score) = _evaluated(self, X, y, sample_weight)
        return score

    def evaluate(
        self: FittedNetwork, X: Any, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> dict[str, float]:
        """Returns a dict of the mean loss, as `loss` gives it, and of the score under its name.

        The name is "accuracy", "r2" or "d2"; `score` explains them. Parameters are those of `fit`.

        Examples
        --------
        >>> import neuract as na
        >>> net = na.Network([na.Dense(1, "linear")]).set_parameters([[[2.0]]])
        >>> net.evaluate([[0.0], [1.0], [2.0], [3.0]], [0, 2, 4, 8])
        {'loss': 0.5, 'r2': 0.8857142857142857}
        """
        loss, (name, score) = _evaluated(self, X, y, sample_weight)
        return {"loss": loss, name: score}

    def __sklearn_tags__(self: FittedNetwork) -> Any:
        """Returns what scikit-learn's cross-validation asks of a model."""
        from sklearn.utils import ClassifierTags, InputTags, RegressorTags, Tags, TargetTags

        classifies = isinstance(meaning_of(self), OfClassifier)
        return Tags(
            estimator_type="classifier" if classifies else "regressor",
            target_tags=TargetTags(required=True, multi_output=self.layers[-1].units > 1),
            classifier_tags=ClassifierTags() if classifies else None,
            regressor_tags=None if classifies else RegressorTags(),
            input_tags=InputTags(sparse=True),
        )


def _evaluated(network: FittedNetwork, X: Any, y: Any, sample_weight: Any) -> tuple[float, tuple[str, float]]:
    """Returns the loss, and the score below its name."""
    data = network._data(X, y, sample_weight)
    outputs = network._known().predict(data.x, network.n_threads)
    return network._loss(data), score_of(meaning_of(network), data.targets, outputs, data.sample_weight)


def score_of(meaning: Outputs, truth: Array, outputs: Array, weights: Array | None) -> tuple[str, float]:
    """Returns name and number of the score for checked targets and a network's outputs."""
    if isinstance(meaning, Quantiles):
        return "d2", d2(truth[:, 0], meaning.columns(outputs), meaning.quantiles, weights)
    if isinstance(meaning, Labels):
        return "accuracy", accuracy(truth > 0.5, meaning.chosen(outputs), weights)
    if isinstance(meaning, Classes):
        numbers = truth.ravel() if outputs.shape[1] > 1 else truth.ravel() > 0.5  # which may be probabilities
        return "accuracy", accuracy(numbers, meaning.chosen(outputs), weights)
    return "r2", r2(truth, outputs, weights)


def meaning_of(network: FittedNetwork) -> Outputs:
    """Returns the meaning of the outputs, where numbers of classes count as their labels."""
    meaning, loss, units = network._meaning(), network.loss_function, network.layers[-1].units
    if isinstance(meaning, OfClassifier):
        return meaning
    if loss.quantiles:
        return Quantiles(loss.quantiles)
    if meaning.kind == "classes":  # softmax
        return Classes(np.arange(units))
    if loss.of == "probabilities":
        return Classes(np.arange(2)) if units == 1 else Labels(np.arange(units))
    return meaning
