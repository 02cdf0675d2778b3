# SPDX-License-Identifier: BSD-3-Clause
"""ONNX Runtime: Gemm and activation nodes, with all graph optimizations."""

from __future__ import annotations

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper, numpy_helper

from benchmarks.cases import Case
from benchmarks.data import Data

OPSET, IR_VERSION = 17, 8


class Session:
    def __init__(self, case: Case, data: Data, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        model = exported(case, data).SerializeToString()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.session.run(None, {"y0": x})[0]


def exported(case: Case, data: Data) -> ModelProto:
    nodes, constants, y = [], [], "y0"
    functions = [case.hidden.title()] * (len(data.weights) - 1)
    for layer, function in enumerate([*functions, "Softmax" if case.classifies else None], 1):
        constants.append(numpy_helper.from_array(data.weights[layer - 1], f"weights{layer}"))
        constants.append(numpy_helper.from_array(data.biases[layer - 1], f"biases{layer}"))
        nodes.append(helper.make_node("Gemm", [y, f"weights{layer}", f"biases{layer}"], [f"z{layer}"]))
        y = f"z{layer}"
        if function:
            nodes.append(helper.make_node(function, [y], [f"y{layer}"]))
            y = f"y{layer}"
    real = TensorProto.DOUBLE if case.dtype == "float64" else TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("y0", real, ["rows", case.sizes[0]])]
    outputs = [helper.make_tensor_value_info(y, real, ["rows", case.sizes[-1]])]
    graph = helper.make_graph(nodes, case.name, inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
