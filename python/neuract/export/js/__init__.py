# SPDX-License-Identifier: BSD-3-Clause
"""Conversion of a fitted model to an ES module of JavaScript, by the engine of `neuract.engine`."""
