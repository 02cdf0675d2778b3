# SPDX-License-Identifier: BSD-3-Clause
"""Conversion of a fitted model to plain C99."""
