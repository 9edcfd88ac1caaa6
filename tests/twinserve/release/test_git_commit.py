"""The commit of a folder is known where git is, and else there is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

from twinserve.release.git_commit import git_commit

AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.org")


def test_the_commit_that_is_checked_out_is_named(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", *AUTHOR, "commit", "-q", "--allow-empty", "-m", "first"], cwd=tmp_path, check=True)
    commit = git_commit(tmp_path)
    assert commit is not None
    assert len(commit) == 40


def test_a_folder_outside_of_any_repository_has_none(tmp_path: Path) -> None:
    assert git_commit(tmp_path) is None
    assert git_commit(tmp_path / "missing") is None
