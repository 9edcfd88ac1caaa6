"""The wheel of this checkout, and fresh environments with it: nothing is downloaded.

The libraries that the wheel depends on are those of the environment that runs the tests, by way of a `.pth` file.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from harness import ROOT

COMMANDS: Final = ("gunicorn", "uvicorn", "flask")
"""Commands of the libraries, which pip would have written."""


def done(command: Sequence[str | Path], folder: Path, more: Mapping[str, str] | None = None) -> str:
    """The output of a command, run in a folder without the checkout on its path."""
    process = subprocess.run(command, cwd=folder, env=clean(folder, more), capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def clean(folder: Path, more: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """An environment with no settings but these."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "UV_OFFLINE": "1", "UV_NO_CONFIG": "1", **(more or {})}


def build_wheel(folder: Path) -> Path:
    """The wheel of this checkout; its backend is part of `uv`."""
    done([sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], folder)
    (path,) = folder.glob("*.whl")
    return path


def environment(folder: Path, *options: str) -> Path:
    """The interpreter of a new environment, which finds the libraries."""
    done([sys.executable, "-m", "venv", *options, folder], folder.parent)
    program = folder / "bin" / "python"
    site = Path(done([program, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip())
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return program


def installed(wheel: Path, folder: Path) -> Path:
    """The interpreter of a new environment with the wheel in it."""
    program = environment(folder, "--without-pip")
    done([sys.executable, "-m", "uv", "pip", "install", "--no-deps", "--python", program, wheel], folder)
    for name in COMMANDS:
        command = program.with_name(name)
        command.write_text(f"#!{program}\nimport runpy\n\nrunpy.run_module({name!r}, run_name='__main__')\n")
        command.chmod(0o755)
    return program
