# SPDX-License-Identifier: BSD-3-Clause
"""The git hooks run the linters of `nox -s lint`, in the same versions."""

import re
import tomllib

from oracle.paths import ROOT

HOOKS = (ROOT / ".pre-commit-config.yaml").read_text()
LINT = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["lint"]


def test_hooks_have_the_versions_of_the_group_lint():
    pinned = set(re.findall(r"[\w-]+==[\w.]+", HOOKS))
    assert pinned == {text for text in LINT if "==" in text}
