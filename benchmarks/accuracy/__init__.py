# SPDX-License-Identifier: BSD-3-Clause
"""How accurate models are on real sets, with their defaults: rows of results, which a table sums up."""
