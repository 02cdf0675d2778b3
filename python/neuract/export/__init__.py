# SPDX-License-Identifier: BSD-3-Clause
"""Export of fitted models: to_onnx, to_c, to_js and report; the formats are in onnx/, c/ and js/."""
