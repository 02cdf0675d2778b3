# SPDX-License-Identifier: BSD-3-Clause
"""What GitHub runs: each session of noxfile.py, by actions that nobody can exchange, with no rights beyond."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_every_session_has_a_job():
    sessions = re.findall(r"^@nox\.session\ndef (\w+)", (ROOT / "noxfile.py").read_text(), re.M)
    listed = re.search(r"session:\s*\[(.*?)\]", (ROOT / ".github" / "workflows" / "checks.yml").read_text())
    assert sorted(listed[1].split(", ")) == sorted(sessions)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_to_commits(path):
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_have_no_rights_of_their_own(path):
    text = path.read_text()
    assert "\npermissions: {}\n" in text
    assert set(re.findall(r"^ +([\w-]+): write", text, re.M)) <= {"id-token"}
    assert "secrets." not in text
