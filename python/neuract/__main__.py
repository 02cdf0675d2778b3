# SPDX-License-Identifier: BSD-3-Clause
"""``python -m neuract``: the shell; without a command, a demonstration. See neuract.shell."""

import sys

if __name__ == "__main__":
    from neuract.shell._main import main

    sys.exit(main(sys.argv[1:]))
