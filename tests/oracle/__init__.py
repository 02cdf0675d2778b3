# SPDX-License-Identifier: BSD-3-Clause
"""The oracle and other helpers of the tests; tests/ is on the path: `from oracle.twins import twin`."""
