# SPDX-License-Identifier: BSD-3-Clause
"""docs/shell.md: its commands print what the page says."""

import doctest
import re
import shlex
from pathlib import Path

from neuract.shell._main import main
from oracle.paths import ROOT


def test_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "shell.md").read_text(encoding="utf-8")
    Path("rent.csv").write_text(re.search(r"```text\n(.*?)```", page, re.S)[1], encoding="utf-8")
    examples = [pair for block in re.findall(r"```console\n(.*?)```", page, re.S) for pair in pairs(block)]
    assert len(examples) == 4
    for command, wanted in examples:
        main(shlex.split(command)[3:])
        printed = "".join(capsys.readouterr())
        assert doctest.OutputChecker().check_output(wanted, printed, doctest.ELLIPSIS), (command, printed)


def pairs(block):
    """Yields each command of a block, and what it prints."""
    for part in block.split("$ python")[1:]:
        command, _, output = part.partition("\n")
        yield "python" + command, output
