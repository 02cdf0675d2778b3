# SPDX-License-Identifier: BSD-3-Clause
"""Benchmarks of neuract and its peers; README.md says how to run them and why they are fair."""
