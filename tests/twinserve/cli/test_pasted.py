"""A command that is shown can be pasted into the shell that it was printed in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twinserve.cli.pasted import pasted, program


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The programs of an environment that is not in the search path; the command only says what it was given."""
    programs = tmp_path / "my project" / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "twinserve").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (programs / "twinserve").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return programs


def test_a_shell_that_does_not_find_the_command_is_given_its_path(
    environment: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A short one in the project's folder, and one that works from elsewhere."""
    for folder, shown in (
        (environment.parents[1], ".venv/bin/twinserve"),
        (tmp_path, "my project/.venv/bin/twinserve"),
    ):
        monkeypatch.chdir(folder)
        assert program() == shown
        line = pasted("promote", tmp_path / "a store" / "tumor", "2")
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines() == ["promote", "2", "--name", "tumor", "--artifacts", str(tmp_path / "a store")]


def test_a_shell_that_finds_the_command_is_given_its_name(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(environment), prepend=":")
    assert pasted("list", Path("artifacts/tumor")) == "twinserve list --name tumor"


def test_another_environment_s_command_of_that_name_is_not_taken_for_it(
    environment: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    shutil.copy(environment / "twinserve", tmp_path / "other")
    monkeypatch.setenv("PATH", str(tmp_path / "other"), prepend=":")
    monkeypatch.chdir(environment.parents[1])
    assert program() == ".venv/bin/twinserve"
