# SPDX-License-Identifier: BSD-3-Clause
"""What tests compare with, and what several of them share. `from oracle.twins import twin`: tests/ is on the path."""
