# SPDX-License-Identifier: BSD-3-Clause
"""Print the libraries that a wheel's shared objects need: `python .ci/libraries.py FILE.whl`, with pyelftools."""

import io
import sys
import zipfile

from elftools.elf.elffile import ELFFile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.endswith(".so"):
            dynamic = ELFFile(io.BytesIO(wheel.read(name))).get_section_by_name(".dynamic")
            print(*(tag.needed for tag in dynamic.iter_tags("DT_NEEDED")))
