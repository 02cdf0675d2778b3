# SPDX-License-Identifier: BSD-3-Clause
"""Our fitted estimator compared with scikit-learn's."""

import numpy as np
import pytest
import sklearn
from sklearn.utils.fixes import parse_version


def not_before(version):
    """Skip a test of a feature that an older scikit-learn lacks."""
    if parse_version(sklearn.__version__) < parse_version(version):
        pytest.skip(f"scikit-learn {sklearn.__version__} cannot do this; {version} can")


def assert_same_model(ours, theirs, tolerance=1e-6):
    """Assert that every fitted number is equal, relative to the largest of its array."""
    curves = ("loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_", "loss_")
    same = ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_")
    for ours_part, theirs_part in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        assert ours_part.shape == theirs_part.shape
        scale = np.abs(theirs_part).max()
        np.testing.assert_allclose(ours_part, theirs_part, rtol=0, atol=tolerance * scale)
    for name in curves:
        expected = getattr(theirs, name)
        if expected is None:
            assert getattr(ours, name) is None
        else:
            np.testing.assert_allclose(getattr(ours, name), expected, rtol=tolerance)
    for name in same:
        assert getattr(ours, name) == getattr(theirs, name), name
