# SPDX-License-Identifier: BSD-3-Clause
"""GitHub's workflows: they run each session of noxfile.py, by pinned actions, with the rights that they need."""

import re

import pytest

from oracle.paths import ROOT

# The write permissions of a workflow's last job.
RIGHTS = {"docs": {"id-token", "pages"}, "wheels": {"id-token"}}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Each session's decorator options and name.
SESSIONS = re.findall(r"^@nox\.session(?:\((.*)\))?\ndef (\w+)", (ROOT / "noxfile.py").read_text(), re.M)
NOT_CHECKS = {"dev"}


def test_every_session_has_a_job():
    sessions = [name for options, name in SESSIONS if "default=False" not in options]
    listed = re.search(r"session:\s*\[(.*?)\]", (ROOT / ".github" / "workflows" / "checks.yml").read_text())
    assert sorted(listed[1].split(", ")) == sorted(sessions)


def test_every_session_that_must_be_asked_for_is_asked_for():
    sessions = {name for options, name in SESSIONS if "default=False" in options} - NOT_CHECKS
    workflows = "".join(path.read_text() for path in WORKFLOWS)
    assert len(sessions) >= 2
    assert sessions <= set(re.findall(r"(?:nox -s |session: )(\w+)", workflows))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_to_commits(path):
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_have_no_rights_of_their_own(path):
    text = path.read_text()
    assert "\npermissions: {}\n" in text
    assert set(re.findall(r"([\w-]+): write\b", text)) == RIGHTS.get(path.stem, set())
    assert "secrets." not in text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_that_may_write_runs_nothing_of_the_repository_and_not_for_pull_requests(path):
    jobs = re.split(r"^  (?=\w+:$)", path.read_text().partition("\njobs:\n")[2], flags=re.M)[1:]
    may_write = [job for job in jobs if ": write" in job]
    assert len(may_write) == (path.stem in RIGHTS)
    for job in may_write:
        assert re.search(r"^    if: github\.event_name == 'push'", job, re.M)
        assert "run:" not in job
        assert "checkout" not in job
