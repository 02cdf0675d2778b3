# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model for other programs: as ONNX, inside skl2onnx's conversions, and as plain C."""
