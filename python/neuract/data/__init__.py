# SPDX-License-Identifier: BSD-3-Clause
"""Sources of rows that may be more than memory holds, for `fit`, and predictions of them."""

from neuract.data._batches import Arrays, Batches
from neuract.data._parquet import Parquet
from neuract.data._predict import predict
from neuract.data._source import Source

__all__ = ["Arrays", "Batches", "Parquet", "Source", "predict"]
