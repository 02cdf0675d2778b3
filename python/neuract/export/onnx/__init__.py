# SPDX-License-Identifier: BSD-3-Clause
"""Conversion of a fitted model to ONNX, alone and in pipelines that skl2onnx converts."""
