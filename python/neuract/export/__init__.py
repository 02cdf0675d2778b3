# SPDX-License-Identifier: BSD-3-Clause
"""Export of fitted models: to_onnx, to_c and report; the formats are in onnx/ and c/."""
