"""Commands that a report or a message shows, as they can be pasted into the shell that it was printed in."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

STORE: Final = "artifacts"
"""The store of the present folder, which no command needs to be told."""


def pasted(verb: str, model: Path, *words: str) -> str:
    """The command of a verb for the model in this folder of a store."""
    store = [] if str(model.parent) == STORE else ["--artifacts", str(model.parent)]
    return shlex.join([program(), *verb.split(), *words, "--name", model.name, *store])


def program() -> str:
    """The command `twinserve` of this environment: its name where a shell finds it by that, else its path."""
    beside = Path(sys.executable).parent / "twinserve"
    found = shutil.which("twinserve")
    if not beside.is_file() or (found is not None and Path(found).resolve() == beside.resolve()):
        return "twinserve"
    return str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)
