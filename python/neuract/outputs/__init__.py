# SPDX-License-Identifier: BSD-3-Clause
"""The meaning of a network's outputs: classes, labels, numbers or quantiles; how sure they are."""
