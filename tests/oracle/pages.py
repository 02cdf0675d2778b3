# SPDX-License-Identifier: BSD-3-Clause
"""Pages in Markdown whose code can be pasted: blocks of Python, each followed by what it prints, if anything."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.M | re.S)


def examples_of(page: Path) -> list[tuple[str, str]]:
    """The code of each block, and the output that the page shows. Each block of Python must be one of them."""
    text = page.read_text()
    examples = EXAMPLE.findall(text)
    assert len(examples) == text.count("```python") > 0
    return examples


def outputs_of(page: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[str, str]]:
    """Runs the blocks in their order, with the same names -> what the page shows, and what the block prints."""
    names: dict[str, Any] = {"__name__": "page"}
    for code, shown in examples_of(page):
        exec(compile(code, page.name, "exec"), names)
        yield shown, capsys.readouterr().out
