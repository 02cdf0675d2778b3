# SPDX-License-Identifier: BSD-3-Clause
"""Runs commands of the shell in an empty folder."""

import pytest

from neuract.shell._main import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here, capsys):
    def run(*arguments, code=0):
        got = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert got == code, err
        assert "Traceback" not in err
        return err if code else out

    return run
