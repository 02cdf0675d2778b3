# SPDX-License-Identifier: BSD-3-Clause
"""Fitted scikit-learn pipelines as models with columns: they then travel as those do."""

from neuract.pipelines._folded import folded

__all__ = ["folded"]
