"""The git commit of a project, for the lineage of a model."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git_commit(folder: Path) -> str | None:
    """The commit that is checked out there; None where there is no git or no repository."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603  # Fixed words, and whichever git the user has.
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
