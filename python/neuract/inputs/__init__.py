# SPDX-License-Identifier: BSD-3-Clause
"""How X and its weights enter: arrays, sparse matrices, missing values, and the rows of a fit."""
