# SPDX-License-Identifier: BSD-3-Clause
"""Models in files: bytes, format, values, and what a network and an estimator consist of."""
