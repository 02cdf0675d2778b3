# SPDX-License-Identifier: BSD-3-Clause
"""GitHub's workflows: they run each session of noxfile.py, by pinned actions, with the rights that they need."""

import re

import pytest

from oracle.paths import ROOT

# The write permissions of a workflow's jobs.
RIGHTS = {
    "docs": {"deploy": {"id-token", "pages"}},
    "wheels": {"publish": {"id-token"}, "release": {"attestations", "contents", "id-token"}},
}
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


def jobs(path):
    """Returns the text of each job by its name."""
    names_and_texts = re.split(r"^  (\w+):\n", path.read_text().partition("\njobs:\n")[2], flags=re.M)[1:]
    return dict(zip(names_and_texts[::2], names_and_texts[1::2], strict=True))


def rights(text):
    return set(re.findall(r"([\w-]+): write\b", text))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_have_no_rights_of_their_own(path):
    text = path.read_text()
    assert "\npermissions: {}\n" in text
    assert not rights(text.partition("\njobs:\n")[0])
    assert {name: rights(job) for name, job in jobs(path).items() if rights(job)} == RIGHTS.get(path.stem, {})
    assert "secrets." not in text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_that_may_write_runs_nothing_of_the_repository_and_not_for_pull_requests(path):
    for job in filter(rights, jobs(path).values()):
        assert re.search(r"^    if: github\.event_name == 'push'", job, re.M)
        assert all(command.startswith("gh release create ") for command in re.findall(r"run: *(.*)", job))
        assert "checkout" not in job


def test_nothing_is_published_before_the_version_is_checked_and_all_files_are_made():
    release = jobs(ROOT / ".github" / "workflows" / "wheels.yml")
    assert "needs: [version, wheels, sdist]\n" in release["publish"]
    assert "needs: publish\n" in release["release"]
    assert "python .ci/release.py " in release["version"]
    assert "attestations: true" in release["publish"]
    assert re.search(r"uses: actions/attest@.*\n *with:\n *subject-path: dist/\*\n", release["release"])
