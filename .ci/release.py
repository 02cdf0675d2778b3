# SPDX-License-Identifier: BSD-3-Clause
"""Check that all places name the version of pyproject.toml, and print what CHANGELOG.md says of it, as release notes.

With an argument, such as v1.2.3, that must be the version's tag. A version of CHANGELOG.md has a date.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def release_notes(tag: str = "", root: Path = ROOT) -> str:
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    changes = (root / "CHANGELOG.md").read_text()
    section = re.search(rf"^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)\n(.*?)(?=^## |\Z)", changes, re.M | re.S)
    if not section:
        raise SystemExit(f"CHANGELOG.md has no section '## [{version}] - YYYY-MM-DD'")
    date, notes = section.groups()
    named = {
        "tag": (tag or f"v{version}", f"v{version}"),
        "CITATION.cff: version": (found("CITATION.cff", r"^version: (.+)$", root), version),
        "CITATION.cff: date-released": (found("CITATION.cff", r'^date-released: "(.+)"$', root), date),
        "conda/recipe/recipe.yaml: version": (found("conda/recipe/recipe.yaml", r'^  version: "(.+)"$', root), version),
    }
    if wrong := [f"{place} is {has!r}, not {wants!r}" for place, (has, wants) in named.items() if has != wants]:
        raise SystemExit("\n".join(wrong))
    return notes.strip() + "\n"


def found(path: str, pattern: str, root: Path) -> str:
    match = re.search(pattern, (root / path).read_text(), re.M)
    return match[1] if match else ""


if __name__ == "__main__":
    sys.stdout.write(release_notes(*sys.argv[1:]))
