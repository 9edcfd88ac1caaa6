"""Runs a guide of `docs/guides/`: writes its files, runs its commands in order, and compares what they print.

A code block is one of:

- a block whose first line is a comment with a file's name (`# app.py`): that file;
- any other ```` ```python ````: a cell of one Python session (a notebook); the value of its last line is not printed;
- ```` ```sh ````: commands, in one shell for the whole guide, so that a server started with `&` goes on running;
- ```` ```text ```` or ```` ```json ````: what the block before it prints; `...` stands for anything.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)
FILE: Final = re.compile(r"# (\S+\.\w+)\n")
END: Final = "--- end of block ---"
PATIENCE: Final = 300.0
"""Seconds that a block may take."""
SESSION: Final = f"""\
import sys
names = {{"__name__": "__main__"}}
for block in iter(sys.stdin.readline, ""):
    exec(compile(bytes.fromhex(block.strip()).decode(), "<guide>", "exec"), names)
    print({END!r}, flush=True)
"""
"""A program that runs one block of Python for each line of its standard input, in one namespace."""


@dataclass(frozen=True)
class Block:
    """A code block of a guide."""

    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The file that it shows, if it shows one."""
        match = FILE.match(self.text)
        return match[1] if match else None


def blocks(page: str) -> list[Block]:
    """The code blocks of a page, in order."""
    return [Block(match[1], match[2]) for match in BLOCK.finditer(page)]


class Guide:
    """A guide under way, in a folder of its own."""

    def __init__(self, folder: Path, python: Path, patience: float) -> None:
        self._folder, self._patience = folder, patience
        path = f"{python.parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(folder), "PYTHONUNBUFFERED": "1", "MPLBACKEND": "agg"}
        self._environment = environment | {"VIRTUAL_ENV": str(python.parents[1])}
        self._shell = self._start("bash", "--norc", "-e")
        self._session = self._start(str(python), "-c", SESSION)

    def _start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, block: Block) -> str:
        """Run a block or write its file; returns what it printed."""
        if block.file is not None:
            path = self._folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text.partition("\n")[2])
            return ""
        if block.language == "python":
            return self._ask(self._session, block.text.encode().hex())
        return self._ask(self._shell, f"{block.text}\necho; echo '{END}'")

    def _ask(self, process: subprocess.Popen[str], text: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(text + "\n")
        process.stdin.flush()
        lines: list[str] = []
        deadline = threading.Timer(self._patience, os.killpg, (process.pid, signal.SIGKILL))
        deadline.start()
        try:
            for line in process.stdout:
                if line.strip() == END:
                    return "".join(lines).strip()
                lines.append(line)
        finally:
            deadline.cancel()
        raise AssertionError("".join(lines))  # It ended: a command has failed, or the deadline has passed.

    def close(self) -> None:
        """End the sessions and every server that they have started."""
        for process in (self._shell, self._session):
            with suppress(ProcessLookupError):  # It has ended, and so has all that it started.
                os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=30)


@contextmanager
def guide(folder: Path, python: Path, patience: float = PATIENCE) -> Iterator[Guide]:
    """A guide in a folder, with an environment's interpreter and commands."""
    under_way = Guide(folder, python, patience)
    try:
        yield under_way
    finally:
        under_way.close()


def fits(printed: str, shown: str) -> bool:
    """Is this what the guide shows? `...` stands for anything, and white space does not count."""
    pattern = ".*".join(re.escape("".join(part.split())) for part in shown.split("..."))
    return re.search(pattern, "".join(printed.split())) is not None
