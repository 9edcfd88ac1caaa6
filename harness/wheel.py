"""The wheel of this checkout, and an environment in which it is installed as users install it.

The environment has the libraries of the one that runs the tests, by way of a `.pth` file, so nothing is downloaded.
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


def outside(folder: Path) -> Mapping[str, str]:
    """The environment variables of a command that knows nothing of the checkout."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}


def done(command: Sequence[str | Path], folder: Path) -> str:
    """The output of a command that runs in a folder, without the checkout on its path; asserts that it succeeds."""
    process = subprocess.run(command, cwd=folder, env=outside(folder), capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return process.stdout


def build(folder: Path) -> Path:
    """Build the wheel into a folder; its backend is part of `uv`."""
    folder.mkdir(parents=True, exist_ok=True)
    done([sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT], folder)
    (path,) = folder.glob("*.whl")
    return path


def install(wheel: Path, folder: Path) -> Path:
    """Make an environment in a folder and install the wheel; returns its interpreter."""
    folder.mkdir(parents=True, exist_ok=True)
    done([sys.executable, "-m", "venv", "--without-pip", folder], folder)
    python = folder / "bin" / "python"
    done([sys.executable, "-m", "uv", "pip", "install", "--no-deps", "--python", python, wheel], folder)
    site = Path(done([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip())
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for name in COMMANDS:
        command = python.with_name(name)
        command.write_text(f"#!{python}\nimport runpy\n\nrunpy.run_module({name!r}, run_name='__main__')\n")
        command.chmod(0o755)
    return python
