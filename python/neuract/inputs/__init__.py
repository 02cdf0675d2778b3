# SPDX-License-Identifier: BSD-3-Clause
"""Inputs, checked: arrays, sparse matrices, missing values, sample weights, and the rows of a fit."""
