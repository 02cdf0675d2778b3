# SPDX-License-Identifier: BSD-3-Clause
"""``python -m neuract COMMAND``: fit, predict, report and show, for tables in files and pipes."""
