# SPDX-License-Identifier: BSD-3-Clause
"""Model files: their bytes, their format, and the networks and estimators in them."""
