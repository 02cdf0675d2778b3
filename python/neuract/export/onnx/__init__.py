# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as an ONNX graph, alone and in pipelines that skl2onnx converts."""
