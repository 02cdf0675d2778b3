# SPDX-License-Identifier: BSD-3-Clause
"""What the outputs of a network mean: classes, labels, numbers or quantiles."""
