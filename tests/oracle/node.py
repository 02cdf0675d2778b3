# SPDX-License-Identifier: BSD-3-Clause
"""JavaScript run by Node.js, where it is installed."""

import json
import shutil
import subprocess

import pytest

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(not NODE, reason="needs Node.js")


def printed(program, given):
    """Returns the JSON that a program prints; given: what it finds in its input, as JSON."""
    done = subprocess.run([NODE, "-e", program], input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
