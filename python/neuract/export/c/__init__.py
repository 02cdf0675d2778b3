# SPDX-License-Identifier: BSD-3-Clause
"""A fitted model as plain C."""
